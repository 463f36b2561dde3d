#pragma once

#include "api/autoscaling/operations.h"
#include "autoscaling/scaler.h"
#include "autoscaling/state.h"
#include "base/fault.h"
#include "service/context.h"

// One function per API operation.
namespace autoscaling {

// What operations work on.
struct Parts {
  State& state;
  Scaler& scaler;
};

#define AUTOSCALING_OPERATION(function, Name)                                                                     \
  base::Outcome<api::autoscaling::Name::Output> function(Parts parts, const api::autoscaling::Name::Input& input, \
                                                         service::Context& ctx)

AUTOSCALING_OPERATION(register_scalable_target, RegisterScalableTarget);
AUTOSCALING_OPERATION(deregister_scalable_target, DeregisterScalableTarget);
AUTOSCALING_OPERATION(describe_scalable_targets, DescribeScalableTargets);
AUTOSCALING_OPERATION(put_scaling_policy, PutScalingPolicy);
AUTOSCALING_OPERATION(delete_scaling_policy, DeleteScalingPolicy);
AUTOSCALING_OPERATION(describe_scaling_policies, DescribeScalingPolicies);
AUTOSCALING_OPERATION(describe_scaling_activities, DescribeScalingActivities);
AUTOSCALING_OPERATION(put_scheduled_action, PutScheduledAction);
AUTOSCALING_OPERATION(delete_scheduled_action, DeleteScheduledAction);
AUTOSCALING_OPERATION(describe_scheduled_actions, DescribeScheduledActions);
AUTOSCALING_OPERATION(get_predictive_scaling_forecast, GetPredictiveScalingForecast);
AUTOSCALING_OPERATION(tag_resource, TagResource);
AUTOSCALING_OPERATION(untag_resource, UntagResource);
AUTOSCALING_OPERATION(list_tags_for_resource, ListTagsForResource);

#undef AUTOSCALING_OPERATION

}  // namespace autoscaling
