#include <algorithm>
#include <filesystem>
#include <iostream>

#include "api/cloudformation/operations.h"
#include "api/s3/operations.h"
#include "api/sts/operations.h"
#include "cli/commands.h"
#include "cli/follow_stack.h"
#include "cli/local_server.h"
#include "cli/local_template.h"
#include "wire/digest.h"
#include "wire/json.h"

namespace cli {
namespace {

namespace cfn = api::cloudformation;

// A larger template must come from S3 (CloudFormation quotas).
constexpr std::size_t kBodyMax = 51'200;

std::string stack_name(const UpOptions& options) {
  if (!options.stack.empty()) return options.stack;
  std::string name = std::filesystem::path(options.template_path).stem().string();
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '-';
  }
  return name;
}

std::expected<std::vector<cfn::Parameter>, std::string> parameters(const UpOptions& options) {
  std::vector<cfn::Parameter> list;
  for (const std::string& text : options.parameters) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return std::unexpected("--parameter " + text + " is not of the form Key=Value");
    }
    cfn::Parameter parameter;
    parameter.parameter_key = text.substr(0, equals);
    parameter.parameter_value = text.substr(equals + 1);
    list.push_back(std::move(parameter));
  }
  return list;
}

// Where nested templates go: a bucket of the server's own, made when it is first needed.
class TemplateBucket {
 public:
  TemplateBucket(client::Client& client, const Common& common) : client_(client), common_(common) {}

  std::expected<std::string, std::string> upload(const std::string& text) {
    if (name_.empty()) {
      auto identity = client_.call<api::sts::GetCallerIdentity>({});
      if (!identity) return std::unexpected("the account can't be asked for: " + identity.error().to_text());
      const std::string name = "renkei-templates-" + *identity->account + "-" + common_.region;
      api::s3::CreateBucketRequest input;
      input.bucket = name;
      if (common_.region != "us-east-1") {  // the one region that is named by naming none
        input.create_bucket_configuration.emplace();
        input.create_bucket_configuration->location_constraint = common_.region;
      }
      auto made = client_.call<api::s3::CreateBucket>(std::move(input));
      if (!made && made.error().code != "BucketAlreadyOwnedByYou") {
        return std::unexpected("the bucket " + name + " can't be made: " + made.error().to_text());
      }
      name_ = name;
    }
    const std::string key = wire::sha256_hex(text) + ".template";
    if (auto put = client_.put_object(name_, key, text); !put) return std::unexpected(put.error().to_text());
    return "https://s3." + common_.region + ".amazonaws.com/" + name_ + "/" + key;
  }

 private:
  client::Client& client_;
  const Common& common_;
  std::string name_;
};

template <class Input>
void fill(Input& input, const std::string& name, const std::string& body, const std::string& url,
          std::vector<cfn::Parameter> list) {
  input.stack_name = name;
  if (url.empty()) {
    input.template_body = body;
  } else {
    input.template_url = url;
  }
  input.parameters = std::move(list);
  input.capabilities = {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"};
}

struct Begun {
  std::string stack_id;  // "" when there was nothing to change
  bool update = false;
};

std::expected<cfn::Stack, client::Error> describe(client::Client& client, const std::string& name) {
  TRY(auto described, client.call<cfn::DescribeStacks>({.stack_name = name}));
  return described.stacks->front();
}

void print_outputs(const cfn::Stack& stack, bool json) {
  base::Value document;
  TextTable table({"output", "value"});
  for (const auto& output : stack.outputs.value_or(std::vector<cfn::Output>{})) {
    table.add({output.output_key.value_or(""), output.output_value.value_or("")});
    document.set(*output.output_key, output.output_value.value_or(""));
  }
  if (json) {
    base::Value whole;
    whole.set("stack", stack.stack_name);
    whole.set("status", stack.stack_status);
    whole.set("outputs", document.is_null() ? base::Value(base::Value::Object{}) : document);
    std::cout << wire::write_json(whole, wire::JsonLayout::Indented) << "\n";
  } else if (!table.empty()) {
    std::cout << table.to_text();
  }
}

std::expected<Begun, client::Error> begin(client::Client& client, const std::string& name, const std::string& body,
                                          const std::string& url, std::vector<cfn::Parameter> list) {
  const auto existing = describe(client, name);
  if (!existing || existing->stack_status == "REVIEW_IN_PROGRESS") {
    if (!existing && existing.error().code != "ValidationError") return std::unexpected(existing.error());
    cfn::CreateStackInput input;
    fill(input, name, body, url, std::move(list));
    TRY(auto created, client.call<cfn::CreateStack>(std::move(input)));
    return Begun{*created.stack_id, false};
  }
  cfn::UpdateStackInput input;
  fill(input, name, body, url, std::move(list));
  auto updated = client.call<cfn::UpdateStack>(std::move(input));
  if (updated) return Begun{*updated->stack_id, true};
  if (updated.error().message.find("No updates are to be performed") != std::string::npos) return Begun{"", true};
  return std::unexpected(std::move(updated).error());
}

}  // namespace

int up(const UpOptions& options) {
  if (options.speed > 0) {
    if (auto ready = ensure_server(options.common, options.speed); !ready) return fail(ready.error());
  }
  client::Client client = connect(options.common);
  const std::string name = stack_name(options);
  auto list = parameters(options);
  if (!list) return fail(list.error()), 2;
  TemplateBucket bucket(client, options.common);
  const auto upload = [&](const std::string&, const std::string& text) { return bucket.upload(text); };
  auto loaded = load_template(options.template_path, upload);
  if (!loaded) return fail(loaded.error());
  std::string url;
  if (loaded->text.size() > kBodyMax) {
    auto uploaded = bucket.upload(loaded->text);
    if (!uploaded) return fail(uploaded.error());
    url = *uploaded;
  }
  const auto before = describe(client, name);
  std::optional<StackFollower> follower;
  if (before) {
    follower.emplace(client, *before->stack_id);
    if (auto skipped = follower->skip_present(); !skipped) return fail(options.common, "up", skipped.error());
  }
  auto begun = begin(client, name, loaded->text, url, std::move(*list));
  if (!begun) return fail(options.common, "stack " + name, begun.error());
  if (begun->stack_id.empty()) {
    if (!options.common.json) std::cout << "stack " << name << ": nothing to change\n";
    print_outputs(*before, options.common.json);
    return 0;
  }
  if (!follower || *before->stack_id != begun->stack_id) follower.emplace(client, begun->stack_id);
  const auto ended = follower->follow();
  if (!ended) return fail(options.common, "stack " + name, ended.error());
  if (*ended != "CREATE_COMPLETE" && *ended != "UPDATE_COMPLETE") {
    return fail("stack " + name + " ended in " + *ended + ": " + follower->first_cause(),
                *ended == "ROLLBACK_COMPLETE" ? "Mend the cause, then: renkei down " + name + " and up again" : "");
  }
  const auto after = describe(client, begun->stack_id);
  if (!after) return fail(options.common, "stack " + name, after.error());
  print_outputs(*after, options.common.json);
  return 0;
}

}  // namespace cli
