// Parameter Store and Secrets Manager: what their operations need leave for.

#include "cloud/access/asking.h"

namespace cloud::access {
namespace {

// "arn:aws:ssm:R:A:parameter/a/b" of "/a/b", "/a/b:3" or an ARN.
std::string parameter_arn(const Asking& asking, std::string name) {
  const std::size_t path = name.starts_with("arn:") ? name.find(":parameter/") : 0;
  const std::size_t selector = path == std::string::npos ? path : name.find(':', path + 1);
  if (selector != std::string::npos) name.resize(selector);
  if (name.starts_with("arn:")) return name;
  return asking.arn("ssm", "parameter" + std::string(name.starts_with('/') ? "" : "/") + name);
}

// What a name means only Secrets Manager knows: its ARN ends in characters that were drawn. Access asks it.
void ask_of_secret(Asking& asking, const std::string& id) {
  const bool arn = id.starts_with("arn:");
  Asked& asked = asking.ask(asking.operation, arn ? id : asking.arn("secretsmanager", "secret:" + id), id);
  asked.keys.emplace_back("secretsmanager:secretid", id);
  for (const auto& [member, key] : {std::pair<const char*, const char*>{"VersionId", "secretsmanager:versionid"},
                                    {"VersionStage", "secretsmanager:versionstage"}}) {
    std::string value = asking.input.text(member);
    if (!value.empty()) asked.keys.emplace_back(key, std::move(value));
  }
}

}  // namespace

void ask_ssm(Asking& asking) {
  const Input& in = asking.input;
  if (asking.one_of({"GetParameters", "DeleteParameters"})) {
    for (const std::string& name : in.texts("Names")) asking.ask(parameter_arn(asking, name));
  } else if (asking.operation == "GetParametersByPath") {
    asking.ask(parameter_arn(asking, in.text("Path")));
  } else if (asking.operation == "DescribeParameters") {
    asking.ask(asking.arn("ssm", "*"));
  } else if (asking.one_of({"AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource"})) {
    asking.ask(parameter_arn(asking, in.text("ResourceId")));
  } else {
    asking.ask(parameter_arn(asking, in.text("Name")));
  }
}

void ask_secretsmanager(Asking& asking) {
  const Input& in = asking.input;
  if (asking.one_of({"ListSecrets", "GetRandomPassword"})) {
    asking.ask_for_all();
  } else if (asking.operation == "CreateSecret") {
    const std::string name = in.text("Name");
    asking.ask("CreateSecret", asking.arn("secretsmanager", "secret:" + name), name)
        .keys.emplace_back("secretsmanager:name", name);
  } else {
    ask_of_secret(asking, in.text("SecretId"));
  }
}

}  // namespace cloud::access
