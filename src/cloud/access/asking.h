#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "cloud/access/asked.h"
#include "cloud/access/input.h"

namespace cloud::access {

// A request on its way to being what it asks for: each service adds to it in its own file.
struct Asking {
  std::string_view operation;
  Input input;
  const service::Call& call;
  const RoleNames& roles;
  std::string prefix;  // "sqs"
  std::vector<Asked> asked{};

  std::string arn(std::string_view service, std::string_view resource) const {
    std::string text = "arn:aws:";
    text.append(service).append(":").append(call.region).append(":").append(call.account).append(":").append(resource);
    return text;
  }
  bool one_of(std::initializer_list<std::string_view> names) const {
    return std::ranges::find(names, operation) != names.end();
  }

  Asked& ask(std::string_view action, std::string resource, std::string shown) {
    asked.push_back({prefix + ":" + std::string(action), std::move(resource), std::move(shown)});
    return asked.back();
  }
  Asked& ask(std::string_view action, const std::string& resource) { return ask(action, resource, resource); }
  Asked& ask(const std::string& resource) { return ask(operation, resource, resource); }
  // What has no resource, and does not name one when it is refused.
  Asked& ask_for_all() { return ask(operation, "*", ""); }

  void pass_role(const std::string& role, std::string_view service) {
    if (!role.empty()) asked.push_back(passing(role, service, roles));
  }
};

void ask_autoscaling(Asking& asking);
void ask_cloudformation(Asking& asking);
void ask_cloudwatch(Asking& asking);
void ask_ec2(Asking& asking);
void ask_ecr(Asking& asking);
void ask_ecs(Asking& asking);
void ask_iam(Asking& asking);
void ask_logs(Asking& asking);
void ask_s3(Asking& asking);
void ask_secretsmanager(Asking& asking);
void ask_sqs(Asking& asking);
void ask_ssm(Asking& asking);
void ask_sts(Asking& asking);

}  // namespace cloud::access
