#include <algorithm>
#include <set>

#include "autoscaling/ecs_capacity.h"
#include "autoscaling/faults.h"
#include "autoscaling/operations/common.h"
#include "autoscaling/operations/operations.h"
#include "autoscaling/tracking_alarms.h"
#include "base/random.h"

namespace autoscaling {
namespace {

using api::autoscaling::RegisterScalableTargetRequest;
using api::autoscaling::ScalableTarget;

constexpr std::size_t kArnIdLength = 36;

// Changed only where the caller says so.
void apply(const RegisterScalableTargetRequest& input, TargetRow& row) {
  row.min = input.min_capacity.value_or(row.min);
  row.max = input.max_capacity.value_or(row.max);
  if (!input.suspended_state) return;
  const auto& suspended = *input.suspended_state;
  row.in_suspended = suspended.dynamic_scaling_in_suspended.value_or(row.in_suspended);
  row.out_suspended = suspended.dynamic_scaling_out_suspended.value_or(row.out_suspended);
  row.scheduled_suspended = suspended.scheduled_scaling_suspended.value_or(row.scheduled_suspended);
}

base::Outcome<void> check_bounds(const TargetRow& row) {
  if (row.min < 0 || row.max < 0) return validation("Minimum and maximum capacity must not be negative");
  if (row.min > row.max) return validation("Maximum capacity cannot be less than minimum capacity");
  return {};
}

base::Outcome<TargetRow> new_target(const State& state, const RegisterScalableTargetRequest& input,
                                    const ResourceName& resource, service::Context& ctx) {
  if (!input.min_capacity || !input.max_capacity) {
    return validation("Both the minimum and the maximum capacity must be provided for a new scalable target");
  }
  const auto own = state.targets.with_prefix(service::scope_prefix(ctx.call));
  if (static_cast<std::size_t>(std::distance(own.begin(), own.end())) >= State::kTargetsMax) {
    return limit_exceeded("The limit of 3000 scalable targets of the service namespace ecs has been reached");
  }
  TargetRow row;
  row.resource = resource;
  row.owner = {ctx.call.account, ctx.call.region};
  row.arn =
      ctx.arn("application-autoscaling", "scalable-target/" + base::draw(ctx.random, base::kLowerAlnum, kArnIdLength));
  // ECS targets always go by the service-linked role, whatever role the caller names.
  row.role_arn = "arn:aws:iam::" + ctx.call.account +
                 ":role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"
                 "AWSServiceRoleForApplicationAutoScaling_ECSService";
  row.created_at = ctx.now;
  if (input.tags) row.tags = *input.tags;
  if (row.tags.size() > kTagsMax) return too_many_tags();
  return row;
}

ScalableTarget shown(const TargetRow& row) {
  ScalableTarget target;
  target.service_namespace = row.resource.service_namespace;
  target.resource_id = row.resource.resource_id;
  target.scalable_dimension = row.resource.dimension;
  target.scalable_target_arn = row.arn;
  target.role_arn = row.role_arn;
  target.creation_time = row.created_at;
  target.min_capacity = row.min;
  target.max_capacity = row.max;
  target.suspended_state.emplace();
  target.suspended_state->dynamic_scaling_in_suspended = row.in_suspended;
  target.suspended_state->dynamic_scaling_out_suspended = row.out_suspended;
  target.suspended_state->scheduled_scaling_suspended = row.scheduled_suspended;
  return target;
}

}  // namespace

base::Outcome<api::autoscaling::RegisterScalableTargetResponse> register_scalable_target(
    Parts parts, const RegisterScalableTargetRequest& input, service::Context& ctx) {
  TRY(const ResourceName resource, resource_of(input.service_namespace, input.resource_id, input.scalable_dimension));
  const auto observed = observe(resource.resource_id, ctx);
  if (!observed) return validation(observed.error());
  const std::string key = target_key(ctx, resource);
  const TargetRow* held = parts.state.targets.find(key);
  TargetRow row;
  if (held != nullptr) {
    if (input.tags && !input.tags->empty()) {
      return validation("Tags can only be given to a new scalable target; use TagResource for " + held->arn);
    }
    row = *held;
  } else {
    TRY(row, new_target(parts.state, input, resource, ctx));
  }
  apply(input, row);
  CHECK(check_bounds(row));
  api::autoscaling::RegisterScalableTargetResponse output;
  output.scalable_target_arn = row.arn;
  parts.state.targets.put(ctx.change, key, std::move(row));
  parts.scaler.keep_bounds(ctx, resource, *observed);
  return output;
}

base::Outcome<api::autoscaling::DeregisterScalableTargetResponse> deregister_scalable_target(
    Parts parts, const api::autoscaling::DeregisterScalableTargetRequest& input, service::Context& ctx) {
  TRY(const ResourceName resource, resource_of(input.service_namespace, input.resource_id, input.scalable_dimension));
  const std::string key = target_key(ctx, resource);
  if (parts.state.targets.find(key) == nullptr) {
    return object_not_found("No scalable target found for " + described(resource));
  }
  std::vector<std::string> policies;
  for (const auto& [policy_name, policy] : parts.state.policies.with_prefix(policy_prefix(ctx, resource))) {
    policies.push_back(policy_name);
  }
  for (const std::string& policy : policies) {
    PolicyRow row = *parts.state.policies.find(policy);
    CHECK(delete_alarms(ctx, row));
    parts.state.policies.erase(ctx.change, policy);
  }
  std::vector<std::string> actions;
  for (const auto& [name, action] : parts.state.timetable.table().with_prefix(policy_prefix(ctx, resource))) {
    actions.push_back(name);
  }
  for (const std::string& action : actions) parts.state.timetable.table().erase(ctx.change, action);
  parts.state.targets.erase(ctx.change, key);
  return api::autoscaling::DeregisterScalableTargetResponse{};
}

base::Outcome<api::autoscaling::DescribeScalableTargetsResponse> describe_scalable_targets(
    Parts parts, const api::autoscaling::DescribeScalableTargetsRequest& input, service::Context& ctx) {
  CHECK(check_namespace(input.service_namespace));
  if (input.scalable_dimension && (!input.resource_ids || input.resource_ids->empty())) {
    return validation("If you specify a scalable dimension, you must also specify a resource ID");
  }
  TRY(const std::size_t size, page_size(input.max_results, kPageSize));
  TRY(const std::string after, read_token(input.next_token));
  const auto ids = input.resource_ids.value_or(std::vector<std::string>{});
  const std::set<std::string> wanted(ids.begin(), ids.end());
  api::autoscaling::DescribeScalableTargetsResponse output;
  output.scalable_targets.emplace();
  std::string last;
  for (const auto& [key, row] : parts.state.targets.with_prefix(service::scope_prefix(ctx.call))) {
    if (key <= after || (!wanted.empty() && !wanted.contains(row.resource.resource_id))) continue;
    if (input.scalable_dimension && *input.scalable_dimension != row.resource.dimension) continue;
    if (output.scalable_targets->size() == size) {
      output.next_token = make_token(last);
      break;
    }
    output.scalable_targets->push_back(shown(row));
    last = key;
  }
  return output;
}

}  // namespace autoscaling
