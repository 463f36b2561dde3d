#include <algorithm>

#include "api/iam/operations.h"
#include "base/fault.h"
#include "cloudformation/operations/operations.h"

namespace cloudformation {
namespace {

constexpr std::size_t kTemplateBodyMax = 51200;  // bytes, CloudFormation quotas
constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kTokensMax = 10;  // per stack

}  // namespace

base::Outcome<std::string> template_text(State& state, const std::optional<std::string>& body,
                                         const std::optional<std::string>& url, service::Context& ctx) {
  if (body && url) return refuse("You can not specify both TemplateURL and TemplateBody");
  if (!body && !url) return refuse("Either Template URL or Template Body must be specified.");
  if (url) return fetch_template(state.source, *url, ctx);
  if (body->size() > kTemplateBodyMax) {
    return refuse(
        "1 validation error detected: Value '" + *body +
        "' at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200");
  }
  return *body;
}

std::vector<GivenParameter> given_parameters(const std::optional<std::vector<cfn::Parameter>>& parameters) {
  std::vector<GivenParameter> given;
  if (!parameters) return given;
  for (const cfn::Parameter& parameter : *parameters) {
    given.push_back({parameter.parameter_key.value_or(""), parameter.parameter_value,
                     parameter.use_previous_value.value_or(false)});
  }
  return given;
}

std::vector<cfn::Parameter> shown_parameters(const State& state, const StackRow& stack, const Deployment& deployment) {
  std::vector<cfn::Parameter> shown;
  const auto source = read_template(state.tables.template_body(stack, deployment));
  if (!source) return shown;
  for (const ParameterDeclaration& declared : source->parameters) {
    const auto value = deployment.parameters.find(declared.name);
    if (value == deployment.parameters.end()) continue;
    cfn::Parameter parameter;
    parameter.parameter_key = declared.name;
    parameter.parameter_value = declared.no_echo ? "****" : value->second;
    const auto resolved = deployment.resolved.find(declared.name);
    if (resolved != deployment.resolved.end()) parameter.resolved_value = declared.no_echo ? "****" : resolved->second;
    shown.push_back(std::move(parameter));
  }
  return shown;
}

base::Outcome<Tags> given_tags(const std::optional<std::vector<cfn::Tag>>& tags) {
  Tags given;
  if (!tags) return given;
  if (tags->size() > kTagsMax) return refuse("A stack may have at most 50 tags.");
  for (const cfn::Tag& tag : *tags) {
    if (tag.key.starts_with("aws:")) {
      return refuse("aws: prefixed tag key names are not allowed for external use.");
    }
    given.emplace_back(tag.key, tag.value);
  }
  return given;
}

std::vector<cfn::Tag> shown_tags(const Tags& tags) {
  std::vector<cfn::Tag> shown;
  for (const auto& [key, value] : tags) {
    cfn::Tag tag;
    tag.key = key;
    tag.value = value;
    shown.push_back(std::move(tag));
  }
  return shown;
}

base::Outcome<std::string> given_role(const std::optional<std::string>& arn, const std::string& before,
                                      service::Context& ctx) {
  if (!arn) return before;
  if (!arn->starts_with("arn:")) return refuse(*arn + " is not a valid RoleARN");
  api::iam::GetRoleRequest request;
  request.role_name = arn->substr(arn->rfind('/') + 1);
  const auto found = service::call<api::iam::GetRole>(std::move(request), ctx);
  const bool trusted =
      found && found->role.arn == *arn && found->role.assume_role_policy_document &&
      found->role.assume_role_policy_document->find("cloudformation.amazonaws.com") != std::string::npos;
  if (!trusted) return refuse("Role " + *arn + " is invalid or cannot be assumed");
  return *arn;
}

base::Outcome<void> check_resource_types(const Blueprint& blueprint,
                                         const std::optional<std::vector<std::string>>& allowed) {
  if (!allowed || allowed->empty()) return {};
  for (const ResourceDeclaration& resource : blueprint.source.resources) {
    const bool fits = std::ranges::any_of(*allowed, [&](const std::string& type) {
      return type == resource.type ||
             (type.ends_with("*") && resource.type.starts_with(type.substr(0, type.size() - 1)));
    });
    if (fits) continue;
    return refuse("Resource type " + resource.type + " is not allowed by parameter ResourceTypes [" + joined(*allowed) +
                  "]");
  }
  return {};
}

std::unexpected<base::Fault> not_supported(const std::string& parameter) {
  return refuse("The parameter " + parameter + " is not supported by renkei yet.");
}

base::Outcome<void> refuse_wishes(const Wishes& wishes) {
  if (wishes.notification_arns && !wishes.notification_arns->empty()) return not_supported("NotificationARNs");
  if (wishes.rollback) {
    const bool triggers = wishes.rollback->rollback_triggers && !wishes.rollback->rollback_triggers->empty();
    if (triggers || wishes.rollback->monitoring_time_in_minutes.value_or(0) > 0) {
      return not_supported("RollbackConfiguration");
    }
  }
  if (wishes.deployment) {
    if (wishes.deployment->mode.value_or("STANDARD") != "STANDARD") return not_supported("DeploymentConfig.Mode");
    if (wishes.deployment->disable_rollback) return not_supported("DeploymentConfig.DisableRollback");
  }
  return {};
}

base::Outcome<void> check_stack_name(const std::string& name) {
  const auto plain = [](unsigned char c) { return c < 128 && (std::isalnum(c) != 0 || c == '-'); };
  const bool good = !name.empty() && name.size() <= 128 && std::isalpha(static_cast<unsigned char>(name[0])) != 0 &&
                    std::ranges::all_of(name, plain);
  if (good) return {};
  return refuse("1 validation error detected: Value '" + name +
                "' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: "
                "[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*");
}

base::Outcome<const StackRow*> stack_or_fault(const State& state, const std::string& name, service::Context& ctx) {
  const StackRow* stack = state.tables.find_stack(ctx.call, name);
  if (stack == nullptr) return refuse("Stack [" + name + "] does not exist");
  return stack;
}

StackRow new_stack(const std::string& name, service::Context& ctx) {
  StackRow row;
  row.name = name;
  row.uuid = base::uuid(ctx.random);
  row.account = ctx.call.account;
  row.region = ctx.call.region;
  row.id = ctx.arn("cloudformation", "stack/" + name + "/" + row.uuid);
  row.created_at = ctx.now;
  return row;
}

base::Outcome<Page> page(std::size_t count, std::size_t size, const std::optional<std::string>& token) {
  std::size_t first = 0;
  if (token) {
    const bool digits = !token->empty() && token->size() < 10 &&
                        std::ranges::all_of(*token, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return refuse("NextToken is invalid.");
    first = std::min<std::size_t>(count, std::stoul(*token));
  }
  const std::size_t last = std::min(count, first + size);
  return Page{first, last, last < count ? std::optional(std::to_string(last)) : std::nullopt};
}

base::Outcome<bool> seen_token(const StackRow& stack, const std::optional<std::string>& token,
                               const std::string& fingerprint) {
  if (!token) return false;
  const auto found = std::ranges::find(stack.tokens, *token, &TokenRow::token);
  if (found == stack.tokens.end()) return false;
  if (found->fingerprint == fingerprint) return true;
  return base::fault(
      cfn::faults::TokenAlreadyExistsException,
      "The client request token " + *token +
          " has already been used for this stack. Retry the request with a different client request token");
}

void remember_token(State& state, const std::string& stack, const std::optional<std::string>& token,
                    const std::string& fingerprint, service::Context& ctx) {
  if (!token) return;
  state.tables.stacks.modify(ctx.change, stack, [&](StackRow& row) {
    row.tokens.push_back({*token, fingerprint});
    if (row.tokens.size() > kTokensMax) row.tokens.erase(row.tokens.begin());
  });
}

}  // namespace cloudformation
