#pragma once

#include "api/autoscaling/types.h"
#include "base/fault.h"

namespace autoscaling {

// Refuse configurations that break AWS's rules, or ask for what renkei does not do.
base::Outcome<void> check_tracking(const api::autoscaling::TargetTrackingScalingPolicyConfiguration& configuration);
base::Outcome<void> check_stepping(const api::autoscaling::StepScalingPolicyConfiguration& configuration);

}  // namespace autoscaling
