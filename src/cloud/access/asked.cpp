#include "cloud/access/asked.h"

#include <array>

#include "cloud/access/asking.h"
#include "wire/text.h"

namespace cloud::access {
namespace {

struct Table {
  std::string_view service;  // api id
  std::string_view prefix;   // of its actions
  void (*ask)(Asking&);
};

constexpr std::array<Table, 13> kServices = {{
    {"autoscaling", "application-autoscaling", ask_autoscaling},
    {"cloudformation", "cloudformation", ask_cloudformation},
    {"cloudwatch", "cloudwatch", ask_cloudwatch},
    {"ec2", "ec2", ask_ec2},
    {"ecr", "ecr", ask_ecr},
    {"ecs", "ecs", ask_ecs},
    {"iam", "iam", ask_iam},
    {"logs", "logs", ask_logs},
    {"s3", "s3", ask_s3},
    {"secretsmanager", "secretsmanager", ask_secretsmanager},
    {"sqs", "sqs", ask_sqs},
    {"ssm", "ssm", ask_ssm},
    {"sts", "sts", ask_sts},
}};

}  // namespace

std::vector<Asked> asked_of(const Inquiry& inquiry, const RoleNames& roles) {
  const api::Operation& operation = inquiry.operation;
  const auto known = std::ranges::find(kServices, operation.service->id, &Table::service);
  const std::string prefix(known == kServices.end() ? operation.service->signing_name : known->prefix);
  Asking asking{operation.name, Input(inquiry.input), inquiry.call, roles, prefix};
  if (known == kServices.end()) {
    asking.ask("*");  // a service that has no table yet: by its operation's name alone
  } else {
    known->ask(asking);
  }
  return std::move(asking.asked);
}

Asked passing(const std::string& role, std::string_view service, const RoleNames& roles) {
  const std::string resource = role.starts_with("arn:") ? role : roles.arn_of(role);
  return {"iam:PassRole", resource, resource, {{"iam:passedtoservice", std::string(service)}}};
}

std::string shown_action(std::string_view service, std::string_view action) {
  return service == "sqs" && action.starts_with("sqs:") ? wire::to_lower(action) : std::string(action);
}

}  // namespace cloud::access
