#include <algorithm>
#include <set>

#include "cloudwatch/faults.h"
#include "cloudwatch/operations/common.h"
#include "cloudwatch/operations/operations.h"

namespace cloudwatch {
namespace {

using api::cloudwatch::DescribeAlarmsForMetricInput;
using api::cloudwatch::DescribeAlarmsInput;
using api::cloudwatch::MetricAlarm;

constexpr std::int64_t kPageSizeDefault = 50;

MetricAlarm described(const AlarmRow& row) {
  const AlarmConfiguration& c = row.configuration;
  MetricAlarm alarm;
  alarm.alarm_name = c.name;
  alarm.alarm_arn = row.arn;
  alarm.alarm_description = c.description;
  alarm.alarm_configuration_updated_timestamp = row.configured_at;
  alarm.actions_enabled = c.actions_enabled;
  alarm.ok_actions = c.ok_actions;
  alarm.alarm_actions = c.alarm_actions;
  alarm.insufficient_data_actions = c.insufficient_data_actions;
  alarm.state_value = std::string(name_of(row.state));
  alarm.state_reason = row.state_reason;
  alarm.state_reason_data = row.state_reason_data;
  alarm.state_updated_timestamp = row.state_updated_at;
  alarm.state_transitioned_timestamp = row.state_changed_at;
  alarm.dimensions = dimension_list(c.dimensions);
  if (c.metrics.empty()) {
    alarm.metric_name = c.metric_name;
    alarm.namespace_ = c.name_space;
    (parse_simple_statistic(c.statistic) ? alarm.statistic : alarm.extended_statistic) = c.statistic;
    alarm.period = c.period_seconds;
    alarm.unit = c.unit;
  } else {
    alarm.metrics = c.metrics;
  }
  alarm.evaluate_low_sample_count_percentile = c.low_sample_count;
  alarm.evaluation_periods = c.evaluation_periods;
  alarm.datapoints_to_alarm = c.datapoints_to_alarm;
  alarm.threshold = c.threshold;
  alarm.comparison_operator = c.comparison;
  alarm.treat_missing_data = c.treat_missing_data;
  return alarm;
}

bool has_action(const AlarmConfiguration& c, const std::string& prefix) {
  for (const auto* actions : {&c.ok_actions, &c.alarm_actions, &c.insufficient_data_actions}) {
    if (std::ranges::any_of(*actions, [&](const std::string& action) { return action.starts_with(prefix); })) {
      return true;
    }
  }
  return false;
}

bool wants_metric_alarms(const DescribeAlarmsInput& input) {
  // Composite and log alarms can't be made here, so there are no children and no parents.
  if (input.children_of_alarm_name || input.parents_of_alarm_name) return false;
  return !input.alarm_types || std::ranges::find(*input.alarm_types, "MetricAlarm") != input.alarm_types->end();
}

bool wanted(const DescribeAlarmsInput& input, const std::set<std::string>& names, const AlarmRow& row) {
  if (input.alarm_names && !names.contains(row.configuration.name)) return false;
  if (input.alarm_name_prefix && !row.configuration.name.starts_with(*input.alarm_name_prefix)) return false;
  if (input.state_value && *input.state_value != name_of(row.state)) return false;
  return !input.action_prefix || has_action(row.configuration, *input.action_prefix);
}

// Alarms on metric math are found by none of their metrics, as on AWS: they watch the expression.
bool same_metric(const DescribeAlarmsForMetricInput& input, const AlarmConfiguration& c) {
  const auto& statistic = input.statistic ? input.statistic : input.extended_statistic;
  Dimensions wanted = dimensions_of(input.dimensions);
  Dimensions held = c.dimensions;
  std::ranges::sort(wanted);
  std::ranges::sort(held);
  return c.name_space == input.namespace_ && c.metric_name == input.metric_name && held == wanted &&
         (!statistic || *statistic == c.statistic) && (!input.period || *input.period == c.period_seconds) &&
         (!input.unit || c.unit == input.unit);
}

}  // namespace

base::Outcome<api::cloudwatch::DescribeAlarmsOutput> describe_alarms(State& state, const DescribeAlarmsInput& input,
                                                                     service::Context& ctx) {
  if (input.alarm_names && input.alarm_name_prefix) {
    return invalid_combination("AlarmNames and AlarmNamePrefix can't be specified together.");
  }
  TRY(const std::string after, read_token(input.next_token));
  api::cloudwatch::DescribeAlarmsOutput output;
  output.composite_alarms.emplace();
  output.metric_alarms.emplace();
  if (!wants_metric_alarms(input)) return output;
  const auto page = static_cast<std::size_t>(input.max_records.value_or(kPageSizeDefault));
  const auto names_list = input.alarm_names.value_or(std::vector<std::string>{});
  const std::set<std::string> names(names_list.begin(), names_list.end());
  const std::string prefix = service::scope_prefix(ctx.call) + input.alarm_name_prefix.value_or("");
  for (const auto& [key, row] : state.alarms.table().with_prefix(prefix)) {
    if (!after.empty() && row.configuration.name <= after) continue;
    if (!wanted(input, names, row)) continue;
    if (output.metric_alarms->size() == page) {
      output.next_token = make_token(*output.metric_alarms->back().alarm_name);
      break;
    }
    output.metric_alarms->push_back(described(row));
  }
  return output;
}

base::Outcome<api::cloudwatch::DescribeAlarmsForMetricOutput> describe_alarms_for_metric(
    State& state, const DescribeAlarmsForMetricInput& input, service::Context& ctx) {
  api::cloudwatch::DescribeAlarmsForMetricOutput output;
  output.metric_alarms.emplace();
  for (const auto& [key, row] : state.alarms.table().with_prefix(service::scope_prefix(ctx.call))) {
    if (same_metric(input, row.configuration)) output.metric_alarms->push_back(described(row));
  }
  return output;
}

}  // namespace cloudwatch
