#pragma once

// The two alarms that a target tracking policy keeps in CloudWatch.

#include <string>

#include "api/autoscaling/types.h"
#include "autoscaling/rows.h"
#include "base/fault.h"
#include "service/context.h"

namespace autoscaling {

// The metric that a configuration tracks, or its metric math.
struct TrackedMetric {
  std::string name_space;
  std::string name;
  std::vector<std::pair<std::string, std::string>> dimensions;
  std::string statistic;
  std::optional<std::string> unit;
  std::vector<api::autoscaling::TargetTrackingMetricDataQuery> math;  // in place of all that
};
// Of a configuration that has been checked.
TrackedMetric tracked_metric(const api::autoscaling::TargetTrackingScalingPolicyConfiguration& configuration,
                             const ResourceName& resource);
// Whether two policies would track the same: the order of dimensions does not matter.
bool same_metric(TrackedMetric a, TrackedMetric b);

// Replaces the policy's alarms by new ones and notes them in the row.
base::Outcome<void> make_alarms(service::Context& ctx, PolicyRow& policy);
base::Outcome<void> delete_alarms(service::Context& ctx, PolicyRow& policy);

}  // namespace autoscaling
