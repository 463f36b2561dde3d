#include "cloud/access/access.h"

#include "api/ecr/operations.h"
#include "api/ecs/operations.h"
#include "api/s3/operations.h"
#include "api/secretsmanager/operations.h"
#include "cloud/access/request_keys.h"
#include "sqs/service.h"

namespace cloud {
namespace {

namespace policy = iam::policy;
using access::Asked;

constexpr std::size_t kParsedKept = 4096;

constexpr base::FaultShape kJson{"AccessDeniedException", "AccessDenied", 400, true};
// Services that once spoke the query protocol keep its status.
constexpr base::FaultShape kCoral{"AccessDeniedException", "AccessDenied", 403, true, "com.amazon.coral.service"};
constexpr base::FaultShape kQuery{"AccessDenied", "AccessDenied", 403, true};
constexpr base::FaultShape kEc2{"UnauthorizedOperation", "UnauthorizedOperation", 403, true};

const base::FaultShape& shape_of(const api::Service& service, api::Protocol protocol) {
  switch (protocol) {
    case api::Protocol::AwsQuery:
    case api::Protocol::RestXml:
      return kQuery;
    case api::Protocol::Ec2Query:
      return kEc2;
    default:
      return service.query_compatible ? kCoral : kJson;
  }
}

class RolesOfIam : public access::RoleNames {
 public:
  RolesOfIam(const iam::IamService& iam, const std::string& account) : iam_(iam), account_(account) {}
  std::string arn_of(const std::string& name) const override { return iam_.role_arn(account_, name); }

 private:
  const iam::IamService& iam_;
  const std::string& account_;
};

// "repository/NAME" of "arn:aws:ecr:R:A:repository/NAME": the part after the fifth colon.
std::string resource_part(const std::string& arn) {
  std::size_t at = 0;
  for (int colon = 0; colon < 5; ++colon) {
    at = arn.find(':', at);
    if (at == std::string::npos) return "";
    ++at;
  }
  return arn.substr(at);
}

// The text of a resource's own policy: "" if it has none.
std::string repository_policy(const std::string& name, service::Context& ctx) {
  api::ecr::GetRepositoryPolicyRequest request;
  request.repository_name = name;
  const auto answer = service::call<api::ecr::GetRepositoryPolicy>(std::move(request), ctx);
  return answer ? answer->policy_text.value_or("") : "";
}

std::string bucket_policy(const std::string& bucket, service::Context& ctx) {
  api::s3::GetBucketPolicyRequest request;
  request.bucket = bucket;
  const auto answer = service::call<api::s3::GetBucketPolicy>(std::move(request), ctx);
  return answer ? answer->policy.value_or("") : "";
}

std::string secret_policy(const std::string& arn, service::Context& ctx) {
  api::secretsmanager::GetResourcePolicyRequest request;
  request.secret_id = arn;
  const auto answer = service::call<api::secretsmanager::GetResourcePolicy>(std::move(request), ctx);
  return answer ? answer->resource_policy.value_or("") : "";
}

// A secret that is asked for by its name has an ARN that the name does not tell.
void name_secrets(std::vector<Asked>& all, const std::string& id, service::Context& ctx) {
  api::secretsmanager::DescribeSecretRequest request;
  request.secret_id = id;
  const auto answer = service::call<api::secretsmanager::DescribeSecret>(std::move(request), ctx);
  if (!answer || !answer->arn) return;
  for (Asked& asked : all) asked.resource = *answer->arn;
}

// Tasks get the roles that their definition names, so who starts tasks must be allowed to pass them. The operations
// that take a definition by name say nothing of its roles.
std::string definition_started(const access::Inquiry& inquiry) {
  const api::Operation* operation = &inquiry.operation;
  const bool starts = operation == &api::ecs::RunTask::operation() ||
                      operation == &api::ecs::CreateService::operation() ||
                      operation == &api::ecs::UpdateService::operation();
  return starts ? access::Input(inquiry.input).text("taskDefinition") : "";
}

// A role's own trust is missing: the one denial that gives no reason.
bool gives_no_reason(const Asked& asked, const policy::Decision& decision) {
  return asked.action == "sts:AssumeRole" &&
         decision == policy::Decision{policy::Decision::Verdict::NotAllowed, policy::Kind::Resource};
}

}  // namespace

Access::Access(iam::IamService& iam, const sqs::SqsService& sqs, const ec2::Ec2Service& ec2,
               std::function<void(const Denial&)> on_denial)
    : iam_(iam), sqs_(sqs), endpoints_(ec2), on_denial_(std::move(on_denial)) {}

const policy::Document* Access::parsed(const std::string& owner, const std::string& text) {
  if (text.empty()) return nullptr;
  Parsed& kept = parsed_[owner];
  if (kept.text != text) {
    kept.text = text;
    // The owner takes texts that are no policy; those say nothing.
    kept.document = policy::parse(text, policy::Form::Resource).value_or(policy::Document{});
  }
  return &kept.document;
}

const policy::Document* Access::resource_policy(const Asked& asked, service::Context& ctx) {
  if (asked.action.starts_with("sqs:")) {
    const std::string* text = sqs_.policy_of(asked.resource);
    return text == nullptr ? nullptr : parsed(asked.resource, *text);
  }
  if (asked.action == "sts:AssumeRole") return iam_.trust_of(ctx.call.account, asked.resource);
  if (asked.action.starts_with("ecr:") && asked.resource != "*") {
    const std::string part = resource_part(asked.resource);
    return parsed(asked.resource, repository_policy(part.substr(part.find('/') + 1), ctx));
  }
  if (asked.action.starts_with("secretsmanager:") && asked.resource != "*") {
    return parsed(asked.resource, secret_policy(asked.resource, ctx));
  }
  if (asked.action.starts_with("s3:")) {
    const std::string part = resource_part(asked.resource);
    const std::string bucket = part.substr(0, part.find('/'));
    return bucket == "*" ? nullptr : parsed("arn:aws:s3:::" + bucket, bucket_policy(bucket, ctx));
  }
  return nullptr;
}

// An endpoint that is gone lets everything through.
const policy::Document* Access::endpoint_policy(const std::string& id) {
  const ec2::EndpointRow* endpoint = id.empty() ? nullptr : endpoints_.find(id);
  return endpoint == nullptr ? nullptr : parsed(id, endpoint->policy);
}

std::vector<Asked> Access::asked_of(const access::Inquiry& inquiry, service::Context& ctx) const {
  const RolesOfIam roles(iam_, inquiry.call.account);
  std::vector<Asked> all = access::asked_of(inquiry, roles);
  if (inquiry.operation.service->id == "secretsmanager") {
    const std::string id = access::Input(inquiry.input).text("SecretId");
    if (!id.empty()) name_secrets(all, id, ctx);
  }
  const std::string name = definition_started(inquiry);
  if (name.empty()) return all;
  api::ecs::DescribeTaskDefinitionRequest query;
  query.task_definition = name;
  const auto answer = service::call<api::ecs::DescribeTaskDefinition>(std::move(query), ctx);
  if (!answer || !answer->task_definition) return all;
  const auto& definition = *answer->task_definition;
  for (const auto& role : {definition.execution_role_arn, definition.task_role_arn}) {
    if (role) all.push_back(access::passing(*role, "ecs-tasks.amazonaws.com", roles));
  }
  return all;
}

base::Fault Access::deny(const access::Inquiry& inquiry, const Asked& asked, const policy::Decision& decision,
                         const service::Context& ctx) {
  const api::Service& service = *inquiry.operation.service;
  const std::string action = access::shown_action(service.id, asked.action);
  const std::string& who = inquiry.call.principal_arn;
  const std::string& via = inquiry.vpc_endpoint;
  Denial denial{ctx.now,
                who,
                action,
                asked.resource,
                policy::reason_text(decision, action),
                std::string(service.id),
                std::string(inquiry.operation.name),
                inquiry.call.source_address + (via.empty() ? "" : " through " + via),
                inquiry.call.request_id};
  if (on_denial_) on_denial_(denial);
  if (denials_.size() == kDenialsKept) denials_.pop_front();
  denials_.push_back(std::move(denial));
  std::string text = policy::denial_text(who, action, asked.shown, decision);
  if (gives_no_reason(asked, decision)) text.resize(text.rfind(" because no "));
  const base::FaultShape& shape = shape_of(service, inquiry.call.protocol);
  if (&shape == &kEc2) text.insert(0, "You are not authorized to perform this operation. ");
  return {&shape, std::move(text)};
}

std::optional<base::Fault> Access::refusal(const access::Inquiry& inquiry, service::Context& ctx) {
  if (parsed_.size() >= kParsedKept) parsed_.clear();  // now, when nobody holds any of them
  iam::Standing standing = iam_.standing_of(inquiry.call);
  standing.policies.endpoint = endpoint_policy(inquiry.vpc_endpoint);
  for (const Asked& asked : asked_of(inquiry, ctx)) {
    standing.policies.resource = resource_policy(asked, ctx);
    standing.policies.resource_must_allow = asked.action == "sts:AssumeRole";
    const access::RequestKeys keys(standing, inquiry, asked, ctx.now);
    const auto decision = policy::decide({standing.asker, asked.action, asked.resource, keys}, standing.policies);
    if (!decision.allowed()) return deny(inquiry, asked, decision, ctx);
  }
  return std::nullopt;
}

}  // namespace cloud
