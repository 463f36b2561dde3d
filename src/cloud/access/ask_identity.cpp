// IAM and STS: what their operations need leave for. IAM names what it refuses by kind and name.

#include "cloud/access/asking.h"

namespace cloud::access {
namespace {

std::string or_root(const std::string& path) {
  return path.empty() ? "/" : path;
}

}  // namespace

void ask_iam(Asking& asking) {
  const Input& in = asking.input;
  const std::string own = "arn:aws:iam::" + asking.call.account + ":";
  const std::string role = in.text("RoleName");
  const std::string policy = in.text("PolicyArn");
  if (asking.operation == "CreateRole") {
    Asked& asked = asking.ask(own + "role" + or_root(in.text("Path")) + role);
    const std::string boundary = in.text("PermissionsBoundary");
    if (!boundary.empty()) asked.keys.emplace_back("iam:permissionsboundary", boundary);
  } else if (asking.operation == "CreateServiceLinkedRole") {
    const std::string service = in.text("AWSServiceName");
    const std::string resource = own + "role/aws-service-role/" + service + "/*";
    asking.ask(resource).keys.emplace_back("iam:awsservicename", service);
  } else if (!role.empty()) {
    Asked& asked = asking.ask(asking.operation, asking.roles.arn_of(role), "role " + role);
    if (!policy.empty()) asked.keys.emplace_back("iam:policyarn", policy);
  } else if (asking.operation == "CreatePolicy") {
    const std::string name = in.text("PolicyName");
    asking.ask(asking.operation, own + "policy" + or_root(in.text("Path")) + name, "policy " + name);
  } else if (!policy.empty()) {
    asking.ask(asking.operation, policy, "policy " + policy);
  } else if (asking.operation == "ListPolicies") {
    asking.ask(asking.operation, own + "policy" + or_root(in.text("PathPrefix")), "policy path /");
  } else if (asking.operation == "ListRoles") {
    asking.ask(own + "role" + or_root(in.text("PathPrefix")));
  } else {
    asking.ask("*");
  }
}

// Who one is, everybody may ask.
void ask_sts(Asking& asking) {
  if (asking.operation == "GetCallerIdentity") return;
  Asked& asked = asking.ask(asking.input.text("RoleArn"));
  for (const auto& [member, key] : {std::pair<const char*, const char*>{"ExternalId", "sts:externalid"},
                                    {"RoleSessionName", "sts:rolesessionname"},
                                    {"SourceIdentity", "sts:sourceidentity"}}) {
    std::string value = asking.input.text(member);
    if (!value.empty()) asked.keys.emplace_back(key, std::move(value));
  }
}

}  // namespace cloud::access
