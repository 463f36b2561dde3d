#include "cloudformation/provider.h"

#include <array>

#include "base/ensure.h"
#include "base/random.h"

namespace cloudformation {
namespace {

bool mentions(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// HandlerErrorCode of the resource provider contract, from the service's own error.
std::string_view handler_code(const base::FaultShape& shape) {
  const std::string_view name = shape.query_code.empty() ? shape.name : shape.query_code;
  if (mentions(name, "AlreadyExist") || mentions(name, "QueueNameExists") || mentions(name, "ResourceExists") ||
      mentions(name, ".Duplicate"))
    return "AlreadyExists";
  if (mentions(name, "NotFound") || mentions(name, "NoSuch") || mentions(name, "NonExistent") ||
      mentions(name, "DoesNotExist")) {
    return "NotFound";
  }
  if (mentions(name, "AccessDenied") || mentions(name, "Unauthorized")) return "AccessDenied";
  if (mentions(name, "Throttl")) return "Throttling";
  if (mentions(name, "LimitExceeded")) return "ServiceLimitExceeded";
  if (mentions(name, "Conflict") || mentions(name, "InUse") || mentions(name, "DependencyViolation"))
    return "ResourceConflict";
  if (mentions(name, "Invalid") || mentions(name, "Validation") || mentions(name, "Malformed") ||
      mentions(name, "ClientException")) {
    return "InvalidRequest";
  }
  if (shape.http_status >= 500) return "ServiceInternalError";
  return "GeneralServiceException";
}

// The AWS SDK's name of a service, as its exceptions print it: "Sqs" for AWS::SQS::Queue.
std::string_view sdk_name(std::string_view type) {
  struct Name {
    std::string_view prefix, name;
  };
  static constexpr std::array<Name, 12> kNames = {{{"AWS::SQS::", "Sqs"},
                                                   {"AWS::ECS::", "AmazonECS"},
                                                   {"AWS::ApplicationAutoScaling::", "ApplicationAutoScaling"},
                                                   {"AWS::CloudWatch::", "CloudWatch"},
                                                   {"AWS::Logs::", "CloudWatchLogs"},
                                                   {"AWS::ECR::", "Ecr"},
                                                   {"AWS::IAM::", "Iam"},
                                                   {"AWS::EC2::", "Ec2"},
                                                   {"AWS::S3::", "S3"},
                                                   {"AWS::SSM::", "Ssm"},
                                                   {"AWS::SecretsManager::", "SecretsManager"},
                                                   {"AWS::CloudFormation::", "CloudFormation"}}};
  for (const Name& name : kNames) {
    if (type.starts_with(name.prefix)) return name.name;
  }
  return "Service";
}

std::string wrapped(const Job& job, const std::string& message, std::string_view code) {
  return "Resource handler returned message: \"" + message + "\" (RequestToken: " + base::uuid(job.ctx.random) +
         ", HandlerErrorCode: " + std::string(code) + ")";
}

}  // namespace

std::string Job::text(std::string_view name) const {
  const base::Value* value = properties.find(name);
  return value == nullptr ? "" : value->to_text();
}

Step Provider::poll(const Job& job, Work) {
  return Progress{.physical_id = job.physical_id};
}

void ProviderSet::add(std::unique_ptr<Provider> provider) {
  std::string name(provider->schema().name);
  const bool added = providers_.emplace(std::move(name), std::move(provider)).second;
  ENSURE(added);
}

Provider* ProviderSet::find(std::string_view type) const {
  const auto found = providers_.find(type);
  return found == providers_.end() ? nullptr : found->second.get();
}

Failure handler_failure(const Job& job, const base::Fault& fault) {
  const std::string message = fault.message + " (Service: " + std::string(sdk_name(job.type.name)) +
                              ", Status Code: " + std::to_string(fault.shape->http_status) +
                              ", Request ID: " + base::uuid(job.ctx.random) + ") (SDK Attempt Count: 1)";
  const std::string_view code = handler_code(*fault.shape);
  const std::string_view name = fault.shape->query_code.empty() ? fault.shape->name : fault.shape->query_code;
  const bool may_pass =
      mentions(name, "DependencyViolation") || mentions(name, "InUse") || mentions(name, "ClusterContains");
  return {wrapped(job, message, code), may_pass};
}

Failure handler_failure(const Job& job, std::string_view message, std::string_view code) {
  return {wrapped(job, std::string(message), code)};
}

bool is_not_found(const base::Fault& fault) {
  return handler_code(*fault.shape) == "NotFound";
}

}  // namespace cloudformation
