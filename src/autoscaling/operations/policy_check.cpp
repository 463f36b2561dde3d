#include "autoscaling/operations/policy_check.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "autoscaling/faults.h"

namespace autoscaling {
namespace {

using api::autoscaling::StepAdjustment;
using api::autoscaling::StepScalingPolicyConfiguration;
using api::autoscaling::TargetTrackingScalingPolicyConfiguration;

constexpr std::size_t kStepsMax = 20;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

base::Outcome<void> check_cooldown(const std::optional<std::int64_t>& seconds) {
  if (seconds && *seconds < 0) return validation("Cooldown must not be negative");
  return {};
}

// "app/<load balancer>/<id>/targetgroup/<target group>/<id>"
bool is_target_group_label(const std::string& label) {
  const auto split = label.find("/targetgroup/");
  return label.starts_with("app/") && split != std::string::npos && std::ranges::count(label, '/') == 5;
}

base::Outcome<void> check_predefined(const api::autoscaling::PredefinedMetricSpecification& specification) {
  const std::string& type = specification.predefined_metric_type;
  if (type == "ALBRequestCountPerTarget") {
    if (specification.resource_label && is_target_group_label(*specification.resource_label)) return {};
    return validation(
        "A resource label of the form app/<load-balancer-name>/<load-balancer-id>/targetgroup/<target-group-name>/"
        "<target-group-id> must be specified for the predefined metric type " +
        type);
  }
  if (type == "ECSServiceAverageCPUUtilization" || type == "ECSServiceAverageMemoryUtilization") {
    if (!specification.resource_label) return {};
    return validation("A resource label must not be specified for the predefined metric type " + type);
  }
  if (type == "ECSServiceAverageCPUUtilizationHighResolution" ||
      type == "ECSServiceAverageMemoryUtilizationHighResolution") {
    // Services whose metrics are measured every 20 seconds (`monitoring`) can't be made here, so this is AWS's answer.
    return validation("High-resolution metrics are not fully enabled on the ECS service.");
  }
  return validation("The predefined metric type " + type + " is not valid for the service namespace ecs");
}

// Exactly one query returns data; what the expressions say is for CloudWatch to check when the alarms are put.
base::Outcome<void> check_math(const api::autoscaling::CustomizedMetricSpecification& specification) {
  if (specification.metric_name || specification.namespace_ || specification.statistic || specification.unit ||
      (specification.dimensions && !specification.dimensions->empty())) {
    return validation(
        "Metrics must not be specified together with MetricName, Namespace, Dimensions, Statistic or Unit");
  }
  std::size_t returned = 0;
  for (const auto& query : *specification.metrics) {
    if (query.expression.has_value() == query.metric_stat.has_value()) {
      return validation("Exactly one of Expression and MetricStat must be specified for the metric " + query.id);
    }
    if (query.return_data.value_or(true)) ++returned;
  }
  if (returned != 1) return validation("Exactly one of the metrics must have ReturnData set to true");
  return {};
}

base::Outcome<void> check_customized(const api::autoscaling::CustomizedMetricSpecification& specification) {
  if (specification.metrics && !specification.metrics->empty()) return check_math(specification);
  if (!specification.metric_name || !specification.namespace_ || !specification.statistic) {
    return validation("MetricName, Namespace and Statistic must be specified in CustomizedMetricSpecification");
  }
  return {};
}

struct Interval {
  double lower;
  double upper;
};

base::Outcome<Interval> interval_of(const StepAdjustment& step, std::size_t steps) {
  const auto& lower = step.metric_interval_lower_bound;
  const auto& upper = step.metric_interval_upper_bound;
  if (!lower && !upper) {
    return validation(steps == 1 ? "A step adjustment must have a lower or an upper bound"
                                 : "There must be only one step adjustment without a lower or an upper bound");
  }
  const Interval interval{lower.value_or(-kInfinity), upper.value_or(kInfinity)};
  if (interval.lower >= interval.upper) {
    return validation("The upper bound of a step adjustment must be greater than its lower bound");
  }
  return interval;
}

base::Outcome<void> check_steps(const std::vector<StepAdjustment>& steps) {
  std::vector<Interval> intervals;
  for (const StepAdjustment& step : steps) {
    TRY(const Interval interval, interval_of(step, steps.size()));
    intervals.push_back(interval);
  }
  std::ranges::sort(intervals, {}, &Interval::lower);
  for (std::size_t i = 1; i < intervals.size(); ++i) {
    if (intervals[i - 1].upper < intervals[i].lower) return validation("Step adjustments must not have gaps");
    if (intervals[i - 1].upper > intervals[i].lower) return validation("Step adjustments must not overlap");
  }
  if (intervals.front().lower < 0 && intervals.front().lower != -kInfinity) {
    return validation("There must be a step adjustment without a lower bound when one has a negative lower bound");
  }
  if (intervals.back().upper > 0 && intervals.back().upper != kInfinity) {
    return validation("There must be a step adjustment without an upper bound when one has a positive upper bound");
  }
  return {};
}

}  // namespace

base::Outcome<void> check_tracking(const TargetTrackingScalingPolicyConfiguration& configuration) {
  const bool predefined = configuration.predefined_metric_specification.has_value();
  if (predefined == configuration.customized_metric_specification.has_value()) {
    return validation(
        "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified");
  }
  if (!std::isfinite(configuration.target_value) || configuration.target_value <= 0) {
    return validation("TargetValue must be greater than 0");
  }
  CHECK(check_cooldown(configuration.scale_in_cooldown));
  CHECK(check_cooldown(configuration.scale_out_cooldown));
  if (predefined) return check_predefined(*configuration.predefined_metric_specification);
  return check_customized(*configuration.customized_metric_specification);
}

base::Outcome<void> check_stepping(const StepScalingPolicyConfiguration& configuration) {
  if (!configuration.adjustment_type) return validation("AdjustmentType must be specified");
  if (!configuration.step_adjustments || configuration.step_adjustments->empty()) {
    return validation("At least one step adjustment must be specified");
  }
  if (configuration.step_adjustments->size() > kStepsMax) {
    return limit_exceeded("A policy can have at most 20 step adjustments");
  }
  if (configuration.min_adjustment_magnitude) {
    if (*configuration.adjustment_type != "PercentChangeInCapacity") {
      return validation("MinAdjustmentMagnitude can only be specified with PercentChangeInCapacity");
    }
    if (*configuration.min_adjustment_magnitude < 0) return validation("MinAdjustmentMagnitude must not be negative");
  }
  CHECK(check_cooldown(configuration.cooldown));
  return check_steps(*configuration.step_adjustments);
}

}  // namespace autoscaling
