#include <set>

#include "ecr/operations.h"
#include "wire/json.h"

namespace ecr {
namespace {

namespace faults = api::ecr::faults;

constexpr std::size_t kLongestLifecyclePolicy = 30'720;

// A repository has two policies, which are set, shown and deleted alike.
using PolicyText = std::string RepositoryRow::*;
constexpr PolicyText kLifecycle = &RepositoryRow::lifecycle_policy;
constexpr PolicyText kAccess = &RepositoryRow::policy;

std::unexpected<base::Fault> no_policy(PolicyText which, const std::string& name, const service::Context& ctx) {
  const std::string rest = " policy does not exist for the repository with name '" + name + "' " + in_registry(ctx);
  if (which == kLifecycle) return base::fault(faults::LifecyclePolicyNotFoundException, "Lifecycle" + rest);
  return base::fault(faults::RepositoryPolicyNotFoundException, "Repository" + rest);
}

template <class Op>
typename Op::Output answer(const std::string& repository, const std::string& text, const service::Context& ctx) {
  typename Op::Output out;
  out.registry_id = ctx.call.account;
  out.repository_name = repository;
  if constexpr (requires { out.lifecycle_policy_text; }) {
    out.lifecycle_policy_text = text;
  } else {
    out.policy_text = text;
  }
  return out;
}

template <class Op>
base::Outcome<typename Op::Output> set(PolicyText which, State& state, const typename Op::Input& input,
                                       const std::string& text, service::Context& ctx) {
  state.repositories.modify(ctx.change, repository_key(ctx, input.repository_name),
                            [&](auto& row) { row.*which = text; });
  return answer<Op>(input.repository_name, text, ctx);
}

template <class Op>
base::Outcome<typename Op::Output> get(PolicyText which, State& state, const typename Op::Input& input,
                                       service::Context& ctx) {
  TRY(const RepositoryRow* row, state.repository(ctx, input.repository_name, input.registry_id));
  if ((row->*which).empty()) return no_policy(which, row->name, ctx);
  return answer<Op>(row->name, row->*which, ctx);
}

// Answers what it was.
template <class Op>
base::Outcome<typename Op::Output> erase(PolicyText which, State& state, const typename Op::Input& input,
                                         service::Context& ctx) {
  auto was = get<Op>(which, state, input, ctx);
  if (was) {
    state.repositories.modify(ctx.change, repository_key(ctx, input.repository_name),
                              [&](auto& row) { (row.*which).clear(); });
  }
  return was;
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
  return set<api::ecr::PutLifecyclePolicy>(kLifecycle, state, input, input.lifecycle_policy_text, ctx);
}

base::Outcome<api::ecr::GetLifecyclePolicy::Output> get_lifecycle_policy(
    State& state, const api::ecr::GetLifecyclePolicy::Input& input, service::Context& ctx) {
  return get<api::ecr::GetLifecyclePolicy>(kLifecycle, state, input, ctx);
}

base::Outcome<api::ecr::DeleteLifecyclePolicy::Output> delete_lifecycle_policy(
    State& state, const api::ecr::DeleteLifecyclePolicy::Input& input, service::Context& ctx) {
  return erase<api::ecr::DeleteLifecyclePolicy>(kLifecycle, state, input, ctx);
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
  return set<api::ecr::SetRepositoryPolicy>(kAccess, state, input, input.policy_text, ctx);
}

base::Outcome<api::ecr::GetRepositoryPolicy::Output> get_repository_policy(
    State& state, const api::ecr::GetRepositoryPolicy::Input& input, service::Context& ctx) {
  return get<api::ecr::GetRepositoryPolicy>(kAccess, state, input, ctx);
}

base::Outcome<api::ecr::DeleteRepositoryPolicy::Output> delete_repository_policy(
    State& state, const api::ecr::DeleteRepositoryPolicy::Input& input, service::Context& ctx) {
  return erase<api::ecr::DeleteRepositoryPolicy>(kAccess, state, input, ctx);
}

}  // namespace ecr
