#include <algorithm>
#include <set>

#include "autoscaling/faults.h"
#include "autoscaling/operations/common.h"
#include "autoscaling/operations/operations.h"
#include "autoscaling/operations/policy_check.h"
#include "autoscaling/tracking_alarms.h"
#include "base/random.h"

namespace autoscaling {
namespace {

using api::autoscaling::PutScalingPolicyRequest;
using api::autoscaling::ScalingPolicy;

constexpr const char* kTracking = "TargetTrackingScaling";
constexpr const char* kStepping = "StepScaling";

const char* type_of(const PolicyRow& policy) {
  return policy.tracking ? kTracking : kStepping;
}

base::Outcome<PolicyRow> new_policy(const State& state, const PutScalingPolicyRequest& input,
                                    const ResourceName& resource, service::Context& ctx) {
  const auto own = state.policies.with_prefix(policy_prefix(ctx, resource));
  if (static_cast<std::size_t>(std::distance(own.begin(), own.end())) >= State::kPoliciesMax) {
    return limit_exceeded("The limit of 50 scaling policies per scalable target has been reached");
  }
  if (!input.policy_type) return validation("PolicyType must be specified for a new scaling policy");
  PolicyRow row;
  row.name = input.policy_name;
  row.resource = resource;
  row.arn =
      ctx.arn("autoscaling", "scalingPolicy:" + base::uuid(ctx.random) + ":resource/" + resource.service_namespace +
                                 "/" + resource.resource_id + ":policyName/" + input.policy_name);
  row.created_by = base::uuid(ctx.random);
  row.created_at = ctx.now;
  return row;
}

// One policy per metric: two would fight over it.
base::Outcome<void> check_alone(const State& state, const PolicyRow& policy, service::Context& ctx) {
  const TrackedMetric metric = tracked_metric(*policy.tracking, policy.resource);
  for (const auto& [key, other] : state.policies.with_prefix(policy_prefix(ctx, policy.resource))) {
    if (other.name == policy.name || !other.tracking) continue;
    if (same_metric(metric, tracked_metric(*other.tracking, other.resource))) {
      return validation("Only one TargetTrackingScaling policy for a given metric specification is allowed.");
    }
  }
  return {};
}

base::Outcome<void> configure(const State& state, const PutScalingPolicyRequest& input, const std::string& type,
                              PolicyRow& row, service::Context& ctx) {
  if (type == kTracking) {
    if (input.step_scaling_policy_configuration) {
      return validation("StepScalingPolicyConfiguration must not be specified for a TargetTrackingScaling policy");
    }
    if (!input.target_tracking_scaling_policy_configuration) {
      return validation("TargetTrackingScalingPolicyConfiguration must be specified");
    }
    row.tracking = input.target_tracking_scaling_policy_configuration;
    CHECK(check_tracking(*row.tracking));
    CHECK(check_alone(state, row, ctx));
    return make_alarms(ctx, row);
  }
  if (input.target_tracking_scaling_policy_configuration) {
    return validation("TargetTrackingScalingPolicyConfiguration must not be specified for a StepScaling policy");
  }
  if (!input.step_scaling_policy_configuration) {
    return validation("StepScalingPolicyConfiguration must be specified");
  }
  row.stepping = input.step_scaling_policy_configuration;
  return check_stepping(*row.stepping);
}

ScalingPolicy shown(const PolicyRow& row) {
  ScalingPolicy policy;
  policy.policy_arn = row.arn;
  policy.policy_name = row.name;
  policy.service_namespace = row.resource.service_namespace;
  policy.resource_id = row.resource.resource_id;
  policy.scalable_dimension = row.resource.dimension;
  policy.policy_type = type_of(row);
  policy.target_tracking_scaling_policy_configuration = row.tracking;
  policy.step_scaling_policy_configuration = row.stepping;
  policy.alarms = row.alarms;
  policy.creation_time = row.created_at;
  return policy;
}

}  // namespace

base::Outcome<api::autoscaling::PutScalingPolicyResponse> put_scaling_policy(Parts parts,
                                                                             const PutScalingPolicyRequest& input,
                                                                             service::Context& ctx) {
  TRY(const ResourceName resource, resource_of(input.service_namespace, input.resource_id, input.scalable_dimension));
  if (input.policy_type == "PredictiveScaling" || input.predictive_scaling_policy_configuration) {
    return not_supported("Predictive scaling policies");
  }
  if (parts.state.targets.find(target_key(ctx, resource)) == nullptr) {
    return object_not_found("No scalable target registered for " + described(resource));
  }
  const std::string key = policy_key(ctx, resource, input.policy_name);
  const PolicyRow* held = parts.state.policies.find(key);
  PolicyRow row;
  if (held != nullptr) {
    if (input.policy_type && *input.policy_type != type_of(*held)) {
      return validation("The type of the scaling policy " + input.policy_name + " can't be changed");
    }
    row = *held;
  } else {
    TRY(row, new_policy(parts.state, input, resource, ctx));
  }
  const std::string type = held != nullptr ? type_of(*held) : *input.policy_type;
  CHECK(configure(parts.state, input, type, row, ctx));
  api::autoscaling::PutScalingPolicyResponse output;
  output.policy_arn = row.arn;
  output.alarms = row.alarms;
  parts.state.policies.put(ctx.change, key, std::move(row));
  return output;
}

base::Outcome<api::autoscaling::DeleteScalingPolicyResponse> delete_scaling_policy(
    Parts parts, const api::autoscaling::DeleteScalingPolicyRequest& input, service::Context& ctx) {
  TRY(const ResourceName resource, resource_of(input.service_namespace, input.resource_id, input.scalable_dimension));
  const std::string key = policy_key(ctx, resource, input.policy_name);
  const PolicyRow* held = parts.state.policies.find(key);
  if (held == nullptr) {
    return object_not_found("No scaling policy found for " + described(resource) +
                            ", policy name: " + input.policy_name);
  }
  PolicyRow row = *held;
  CHECK(delete_alarms(ctx, row));
  parts.state.policies.erase(ctx.change, key);
  return api::autoscaling::DeleteScalingPolicyResponse{};
}

base::Outcome<api::autoscaling::DescribeScalingPoliciesResponse> describe_scaling_policies(
    Parts parts, const api::autoscaling::DescribeScalingPoliciesRequest& input, service::Context& ctx) {
  CHECK(check_namespace(input.service_namespace));
  if (input.scalable_dimension && !input.resource_id) {
    return validation("If you specify a scalable dimension, you must also specify a resource ID");
  }
  TRY(const std::size_t size, page_size(input.max_results, kPolicyPageSize));
  TRY(const std::string after, read_token(input.next_token));
  const auto list = input.policy_names.value_or(std::vector<std::string>{});
  const std::set<std::string> names(list.begin(), list.end());
  api::autoscaling::DescribeScalingPoliciesResponse output;
  output.scaling_policies.emplace();
  std::string last;
  for (const auto& [key, row] : parts.state.policies.with_prefix(service::scope_prefix(ctx.call))) {
    if (key <= after || (!names.empty() && !names.contains(row.name) && !names.contains(row.arn))) continue;
    if (input.resource_id && *input.resource_id != row.resource.resource_id) continue;
    if (input.scalable_dimension && *input.scalable_dimension != row.resource.dimension) continue;
    if (output.scaling_policies->size() == size) {
      output.next_token = make_token(last);
      break;
    }
    output.scaling_policies->push_back(shown(row));
    last = key;
  }
  return output;
}

}  // namespace autoscaling
