#include "autoscaling/tracking_alarms.h"

#include <algorithm>

#include "api/cloudwatch/operations.h"
#include "autoscaling/ecs_capacity.h"
#include "base/random.h"

namespace autoscaling {
namespace {

using api::autoscaling::TargetTrackingScalingPolicyConfiguration;
using api::cloudwatch::PutMetricAlarmInput;

constexpr std::int64_t kPeriodSeconds = 60;
constexpr std::int64_t kHighPeriods = 3;
constexpr std::int64_t kLowPeriods = 15;
// "Usually more than 10% lower" than the target, says the guide; 10% is what alarms of ECS services show.
constexpr double kLowTenths = 9;

enum class Side : std::uint8_t { High, Low };

PutMetricAlarmInput alarm_input(const PolicyRow& policy, Side side, service::Context& ctx) {
  const TrackedMetric metric = tracked_metric(*policy.tracking, policy.resource);
  const bool high = side == Side::High;
  PutMetricAlarmInput input;
  input.alarm_name =
      "TargetTracking-" + policy.resource.resource_id + (high ? "-AlarmHigh-" : "-AlarmLow-") + base::uuid(ctx.random);
  input.alarm_description = "DO NOT EDIT OR DELETE. For TargetTrackingScaling policy " + policy.action_arn() + ".";
  input.alarm_actions = std::vector<std::string>{policy.action_arn()};
  input.metric_name = metric.name;
  input.namespace_ = metric.name_space;
  input.dimensions.emplace();
  for (const auto& [name, value] : metric.dimensions) input.dimensions->push_back({name, value});
  input.statistic = metric.statistic;
  input.unit = metric.unit;
  input.period = kPeriodSeconds;
  input.evaluation_periods = high ? kHighPeriods : kLowPeriods;
  input.threshold = high ? policy.tracking->target_value : policy.tracking->target_value * kLowTenths / 10;
  input.comparison_operator = high ? "GreaterThanThreshold" : "LessThanThreshold";
  return input;
}

base::Outcome<void> make_alarm(service::Context& ctx, PolicyRow& policy, Side side) {
  PutMetricAlarmInput input = alarm_input(policy, side, ctx);
  const std::string name = input.alarm_name;
  CHECK(service::call<api::cloudwatch::PutMetricAlarm>(std::move(input), ctx));
  policy.alarms.push_back({.alarm_arn = ctx.arn("cloudwatch", "alarm:" + name), .alarm_name = name});
  return {};
}

}  // namespace

TrackedMetric tracked_metric(const TargetTrackingScalingPolicyConfiguration& configuration,
                             const ResourceName& resource) {
  if (configuration.customized_metric_specification) {
    const auto& custom = *configuration.customized_metric_specification;
    TrackedMetric metric{custom.namespace_.value_or(""),
                         custom.metric_name.value_or(""),
                         {},
                         custom.statistic.value_or(""),
                         custom.unit};
    if (custom.dimensions) {
      for (const auto& dimension : *custom.dimensions) metric.dimensions.emplace_back(dimension.name, dimension.value);
    }
    return metric;
  }
  const std::string& type = configuration.predefined_metric_specification->predefined_metric_type;
  const EcsService service = parse_ecs_resource(resource.resource_id).value_or(EcsService{});
  return {"AWS/ECS",
          type == "ECSServiceAverageMemoryUtilization" ? "MemoryUtilization" : "CPUUtilization",
          {{"ClusterName", service.cluster}, {"ServiceName", service.name}},
          "Average",
          "Percent"};
}

bool same_metric(TrackedMetric a, TrackedMetric b) {
  std::ranges::sort(a.dimensions);
  std::ranges::sort(b.dimensions);
  return a.name_space == b.name_space && a.name == b.name && a.statistic == b.statistic && a.dimensions == b.dimensions;
}

base::Outcome<void> make_alarms(service::Context& ctx, PolicyRow& policy) {
  CHECK(delete_alarms(ctx, policy));
  CHECK(make_alarm(ctx, policy, Side::High));
  if (!policy.tracking->disable_scale_in.value_or(false)) CHECK(make_alarm(ctx, policy, Side::Low));
  return {};
}

base::Outcome<void> delete_alarms(service::Context& ctx, PolicyRow& policy) {
  if (policy.alarms.empty()) return {};
  api::cloudwatch::DeleteAlarmsInput input;
  for (const auto& alarm : policy.alarms) input.alarm_names.push_back(alarm.alarm_name);
  CHECK(service::call<api::cloudwatch::DeleteAlarms>(std::move(input), ctx));
  policy.alarms.clear();
  return {};
}

}  // namespace autoscaling
