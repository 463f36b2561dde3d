#include "autoscaling/tracking_alarms.h"

#include <algorithm>

#include "api/cloudwatch/operations.h"
#include "autoscaling/ecs_capacity.h"
#include "autoscaling/faults.h"
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

// The API has no periods in a policy's queries: they are those of its alarms.
std::vector<api::cloudwatch::MetricDataQuery> alarm_queries(
    const std::vector<api::autoscaling::TargetTrackingMetricDataQuery>& math) {
  std::vector<api::cloudwatch::MetricDataQuery> queries;
  for (const auto& query : math) {
    auto& made = queries.emplace_back();
    made.id = query.id;
    made.expression = query.expression;
    made.label = query.label;
    made.return_data = query.return_data;
    if (!query.metric_stat) continue;
    auto& stat = made.metric_stat.emplace();
    stat.metric.namespace_ = query.metric_stat->metric.namespace_;
    stat.metric.metric_name = query.metric_stat->metric.metric_name;
    if (query.metric_stat->metric.dimensions) {
      stat.metric.dimensions.emplace();
      for (const auto& [name, value] : *query.metric_stat->metric.dimensions) {
        stat.metric.dimensions->push_back({name, value});
      }
    }
    stat.period = kPeriodSeconds;
    stat.stat = query.metric_stat->stat;
    stat.unit = query.metric_stat->unit;
  }
  return queries;
}

void watch(PutMetricAlarmInput& input, const TrackedMetric& metric) {
  if (!metric.math.empty()) {
    input.metrics = alarm_queries(metric.math);
    return;
  }
  input.metric_name = metric.name;
  input.namespace_ = metric.name_space;
  input.dimensions.emplace();
  for (const auto& [name, value] : metric.dimensions) input.dimensions->push_back({name, value});
  input.statistic = metric.statistic;
  input.unit = metric.unit;
  input.period = kPeriodSeconds;
}

PutMetricAlarmInput alarm_input(const PolicyRow& policy, Side side, service::Context& ctx) {
  const TrackedMetric metric = tracked_metric(*policy.tracking, policy.resource);
  const bool high = side == Side::High;
  PutMetricAlarmInput input;
  input.alarm_name =
      "TargetTracking-" + policy.resource.resource_id + (high ? "-AlarmHigh-" : "-AlarmLow-") + base::uuid(ctx.random);
  input.alarm_description = "DO NOT EDIT OR DELETE. For TargetTrackingScaling policy " + policy.action_arn() + ".";
  input.alarm_actions = std::vector<std::string>{policy.action_arn()};
  watch(input, metric);
  input.evaluation_periods = high ? kHighPeriods : kLowPeriods;
  input.threshold = high ? policy.tracking->target_value : policy.tracking->target_value * kLowTenths / 10;
  input.comparison_operator = high ? "GreaterThanThreshold" : "LessThanThreshold";
  return input;
}

base::Outcome<void> make_alarm(service::Context& ctx, PolicyRow& policy, Side side) {
  PutMetricAlarmInput input = alarm_input(policy, side, ctx);
  const std::string name = input.alarm_name;
  const auto put = service::call<api::cloudwatch::PutMetricAlarm>(std::move(input), ctx);
  // What is wrong with the alarm is wrong with the policy's metrics.
  if (!put && put.error().shape == &api::cloudwatch::faults::ValidationException) {
    return validation(put.error().message);
  }
  CHECK(put);
  policy.alarms.push_back({.alarm_arn = ctx.arn("cloudwatch", "alarm:" + name), .alarm_name = name});
  return {};
}

}  // namespace

namespace {

TrackedMetric customized(const api::autoscaling::CustomizedMetricSpecification& custom) {
  TrackedMetric metric;
  if (custom.metrics && !custom.metrics->empty()) {
    metric.math = *custom.metrics;
    return metric;
  }
  metric.name_space = custom.namespace_.value_or("");
  metric.name = custom.metric_name.value_or("");
  metric.statistic = custom.statistic.value_or("");
  metric.unit = custom.unit;
  if (custom.dimensions) {
    for (const auto& dimension : *custom.dimensions) metric.dimensions.emplace_back(dimension.name, dimension.value);
  }
  return metric;
}

// "app/<name>/<id>/targetgroup/<name>/<id>": the load balancer, then the target group.
TrackedMetric requests_per_target(const std::string& label) {
  const auto split = label.find("/targetgroup/");
  TrackedMetric metric;
  metric.name_space = "AWS/ApplicationELB";
  metric.name = "RequestCountPerTarget";
  metric.dimensions = {{"LoadBalancer", label.substr(0, split)}, {"TargetGroup", label.substr(split + 1)}};
  metric.statistic = "Sum";
  metric.unit = "None";
  return metric;
}

}  // namespace

TrackedMetric tracked_metric(const TargetTrackingScalingPolicyConfiguration& configuration,
                             const ResourceName& resource) {
  if (configuration.customized_metric_specification) return customized(*configuration.customized_metric_specification);
  const auto& predefined = *configuration.predefined_metric_specification;
  const std::string& type = predefined.predefined_metric_type;
  if (type == "ALBRequestCountPerTarget") return requests_per_target(predefined.resource_label.value_or(""));
  const EcsService service = parse_ecs_resource(resource.resource_id).value_or(EcsService{});
  TrackedMetric metric;
  metric.name_space = "AWS/ECS";
  metric.name = type.find("Memory") == std::string::npos ? "CPUUtilization" : "MemoryUtilization";
  metric.dimensions = {{"ClusterName", service.cluster}, {"ServiceName", service.name}};
  metric.statistic = "Average";
  metric.unit = "Percent";
  return metric;
}

bool same_metric(TrackedMetric a, TrackedMetric b) {
  std::ranges::sort(a.dimensions);
  std::ranges::sort(b.dimensions);
  return a.name_space == b.name_space && a.name == b.name && a.statistic == b.statistic &&
         a.dimensions == b.dimensions && a.math == b.math;
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
