#include <set>

#include "ecr/operations.h"
#include "wire/json.h"

namespace ecr {
namespace {

namespace faults = api::ecr::faults;

constexpr std::size_t kLongestLifecyclePolicy = 30'720;

std::unexpected<base::Fault> no_lifecycle_policy(const std::string& name, const service::Context& ctx) {
  return base::fault(faults::LifecyclePolicyNotFoundException,
                     "Lifecycle policy does not exist for the repository with name '" + name + "' " + in_registry(ctx));
}

std::unexpected<base::Fault> no_policy(const std::string& name, const service::Context& ctx) {
  return base::fault(
      faults::RepositoryPolicyNotFoundException,
      "Repository policy does not exist for the repository with name '" + name + "' " + in_registry(ctx));
}

std::unexpected<base::Fault> bad_lifecycle_policy(const std::string& why) {
  return base::fault(faults::InvalidParameterException,
                     "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy "
                     "validation failure: " +
                         why + "'");
}

base::Outcome<void> check_lifecycle_policy(const std::string& text) {
  if (text.size() > kLongestLifecyclePolicy) return bad_lifecycle_policy("the text is too long");
  const auto policy = wire::parse_json(text);
  if (!policy) return bad_lifecycle_policy("the text is no JSON: " + policy.error().reason);
  const base::Value* rules = policy->find("rules");
  if (rules == nullptr || !rules->is_array() || rules->as_array().empty()) return bad_lifecycle_policy("no rules");
  std::set<std::int64_t> priorities;
  for (const base::Value& rule : rules->as_array()) {
    const base::Value* priority = rule.find("rulePriority");
    if (priority == nullptr || !priority->is_integer() || priority->as_integer() < 1) {
      return bad_lifecycle_policy("a rule needs a rulePriority, a whole number from 1");
    }
    if (!priorities.insert(priority->as_integer()).second) {
      return bad_lifecycle_policy("the rulePriority " + priority->to_text() + " occurs twice");
    }
    const base::Value* selection = rule.find("selection");
    const base::Value* action = rule.find("action");
    if (selection == nullptr || selection->find("tagStatus") == nullptr || selection->find("countType") == nullptr ||
        selection->find("countNumber") == nullptr || action == nullptr || action->find("type") == nullptr) {
      return bad_lifecycle_policy("a rule needs a selection with tagStatus, countType and countNumber, and an action");
    }
  }
  return {};
}

}  // namespace

base::Outcome<api::ecr::PutLifecyclePolicy::Output> put_lifecycle_policy(
    State& state, const api::ecr::PutLifecyclePolicy::Input& input, service::Context& ctx) {
  CHECK(state.repository(ctx, input.repository_name, input.registry_id));
  CHECK(check_lifecycle_policy(input.lifecycle_policy_text));
  state.repositories.modify(ctx.change, repository_key(ctx, input.repository_name),
                            [&](auto& row) { row.lifecycle_policy = input.lifecycle_policy_text; });
  api::ecr::PutLifecyclePolicy::Output out;
  out.registry_id = ctx.call.account;
  out.repository_name = input.repository_name;
  out.lifecycle_policy_text = input.lifecycle_policy_text;
  return out;
}

base::Outcome<api::ecr::GetLifecyclePolicy::Output> get_lifecycle_policy(
    State& state, const api::ecr::GetLifecyclePolicy::Input& input, service::Context& ctx) {
  TRY(const RepositoryRow* row, state.repository(ctx, input.repository_name, input.registry_id));
  if (row->lifecycle_policy.empty()) return no_lifecycle_policy(row->name, ctx);
  api::ecr::GetLifecyclePolicy::Output out;
  out.registry_id = ctx.call.account;
  out.repository_name = row->name;
  out.lifecycle_policy_text = row->lifecycle_policy;
  return out;
}

base::Outcome<api::ecr::DeleteLifecyclePolicy::Output> delete_lifecycle_policy(
    State& state, const api::ecr::DeleteLifecyclePolicy::Input& input, service::Context& ctx) {
  TRY(const RepositoryRow* row, state.repository(ctx, input.repository_name, input.registry_id));
  if (row->lifecycle_policy.empty()) return no_lifecycle_policy(row->name, ctx);
  api::ecr::DeleteLifecyclePolicy::Output out;
  out.registry_id = ctx.call.account;
  out.repository_name = row->name;
  out.lifecycle_policy_text = row->lifecycle_policy;
  state.repositories.modify(ctx.change, repository_key(ctx, input.repository_name),
                            [](auto& held) { held.lifecycle_policy.clear(); });
  return out;
}

base::Outcome<api::ecr::SetRepositoryPolicy::Output> set_repository_policy(
    State& state, const api::ecr::SetRepositoryPolicy::Input& input, service::Context& ctx) {
  CHECK(state.repository(ctx, input.repository_name, input.registry_id));
  const auto policy = wire::parse_json(input.policy_text);
  if (!policy || policy->find("Statement") == nullptr) {
    return base::fault(faults::InvalidParameterException,
                       "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy "
                       "provided'");
  }
  state.repositories.modify(ctx.change, repository_key(ctx, input.repository_name),
                            [&](auto& row) { row.policy = input.policy_text; });
  api::ecr::SetRepositoryPolicy::Output out;
  out.registry_id = ctx.call.account;
  out.repository_name = input.repository_name;
  out.policy_text = input.policy_text;
  return out;
}

base::Outcome<api::ecr::GetRepositoryPolicy::Output> get_repository_policy(
    State& state, const api::ecr::GetRepositoryPolicy::Input& input, service::Context& ctx) {
  TRY(const RepositoryRow* row, state.repository(ctx, input.repository_name, input.registry_id));
  if (row->policy.empty()) return no_policy(row->name, ctx);
  api::ecr::GetRepositoryPolicy::Output out;
  out.registry_id = ctx.call.account;
  out.repository_name = row->name;
  out.policy_text = row->policy;
  return out;
}

base::Outcome<api::ecr::DeleteRepositoryPolicy::Output> delete_repository_policy(
    State& state, const api::ecr::DeleteRepositoryPolicy::Input& input, service::Context& ctx) {
  TRY(const RepositoryRow* row, state.repository(ctx, input.repository_name, input.registry_id));
  if (row->policy.empty()) return no_policy(row->name, ctx);
  api::ecr::DeleteRepositoryPolicy::Output out;
  out.registry_id = ctx.call.account;
  out.repository_name = row->name;
  out.policy_text = row->policy;
  state.repositories.modify(ctx.change, repository_key(ctx, input.repository_name),
                            [](auto& held) { held.policy.clear(); });
  return out;
}

}  // namespace ecr
