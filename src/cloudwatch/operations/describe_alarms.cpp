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

api::cloudwatch::CompositeAlarm described(const CompositeRow& row, const State& state, const service::Context& ctx) {
  const CompositeConfiguration& c = row.configuration;
  api::cloudwatch::CompositeAlarm alarm;
  alarm.alarm_name = c.name;
  alarm.alarm_arn = row.arn;
  alarm.alarm_description = c.description;
  alarm.alarm_configuration_updated_timestamp = row.configured_at;
  alarm.alarm_rule = c.rule;
  alarm.actions_enabled = c.actions_enabled;
  alarm.ok_actions.emplace();
  alarm.alarm_actions.emplace();
  alarm.insufficient_data_actions.emplace();
  alarm.state_value = std::string(name_of(row.state));
  alarm.state_reason = row.state_reason;
  alarm.state_reason_data = row.state_reason_data;
  alarm.state_updated_timestamp = row.state_updated_at;
  alarm.state_transitioned_timestamp = row.state_changed_at;
  if (!c.suppressor) return alarm;
  alarm.actions_suppressor = c.suppressor;
  alarm.actions_suppressor_wait_period = c.wait_seconds;
  alarm.actions_suppressor_extension_period = c.extension_seconds;
  alarm.actions_suppressed_by = state.composites.suppressed_by(row, ctx);
  if (alarm.actions_suppressed_by) {
    alarm.actions_suppressed_reason = "Actions suppressed by " + *alarm.actions_suppressed_by;
  }
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

// What is asked for, made ready for every alarm.
struct Filter {
  const DescribeAlarmsInput& input;
  std::optional<std::set<std::string>> names;  // if these only
  bool metric = true;
  bool composite = false;

  bool admits(const std::string& name, AlarmState state) const {
    if (names && !names->contains(name)) return false;
    if (input.alarm_name_prefix && !name.starts_with(*input.alarm_name_prefix)) return false;
    return !input.state_value || *input.state_value == name_of(state);
  }
};

// "If you omit AlarmTypes, only metric alarms are returned", but among children and parents, where both kinds are.
base::Outcome<Filter> filter_of(const State& state, const DescribeAlarmsInput& input, const service::Context& ctx) {
  Filter filter{input, {}};
  if (input.alarm_names) filter.names.emplace(input.alarm_names->begin(), input.alarm_names->end());
  if (input.alarm_types) {
    const auto asks_for = [&](const char* type) {
      return std::ranges::find(*input.alarm_types, type) != input.alarm_types->end();
    };
    filter.metric = asks_for("MetricAlarm");
    filter.composite = asks_for("CompositeAlarm");
  }
  const auto& relative = input.children_of_alarm_name ? input.children_of_alarm_name : input.parents_of_alarm_name;
  if (!relative) return filter;
  if (input.alarm_names || input.alarm_name_prefix || input.alarm_types || input.state_value || input.action_prefix ||
      (input.children_of_alarm_name && input.parents_of_alarm_name)) {
    return invalid_combination("ChildrenOfAlarmName and ParentsOfAlarmName can't be specified with other filters.");
  }
  filter.composite = true;
  const std::string key = service::key(ctx, {*relative});
  if (input.children_of_alarm_name) {
    const bool known = state.composites.table().find(key) != nullptr;
    filter.names = known ? state.composites.children_of(key) : std::set<std::string>{};
    return filter;
  }
  filter.names.emplace();
  for (const std::string& parent : state.composites.parents_of(key)) {
    filter.names->insert(state.composites.table().find(parent)->configuration.name);
  }
  return filter;
}

// Names of all alarms that pass, in order.
std::set<std::string> names_of(const State& state, const Filter& filter, const service::Context& ctx) {
  std::set<std::string> names;
  const std::string prefix = service::scope_prefix(ctx.call) + filter.input.alarm_name_prefix.value_or("");
  if (filter.metric) {
    for (const auto& [key, row] : state.alarms.table().with_prefix(prefix)) {
      if (!filter.admits(row.configuration.name, row.state)) continue;
      if (filter.input.action_prefix && !has_action(row.configuration, *filter.input.action_prefix)) continue;
      names.insert(row.configuration.name);
    }
  }
  if (filter.composite && !filter.input.action_prefix) {
    for (const auto& [key, row] : state.composites.table().with_prefix(prefix)) {
      if (filter.admits(row.configuration.name, row.state)) names.insert(row.configuration.name);
    }
  }
  return names;
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
  TRY(const Filter filter, filter_of(state, input, ctx));
  api::cloudwatch::DescribeAlarmsOutput output;
  output.composite_alarms.emplace();
  output.metric_alarms.emplace();
  const std::set<std::string> names = names_of(state, filter, ctx);
  auto room = static_cast<std::size_t>(input.max_records.value_or(kPageSizeDefault));
  std::string last;
  for (auto name = names.upper_bound(after); name != names.end(); ++name, --room) {
    if (room == 0) {
      output.next_token = make_token(last);
      break;
    }
    const std::string key = service::key(ctx, {*name});
    if (const AlarmRow* alarm = state.alarms.table().find(key)) {
      output.metric_alarms->push_back(described(*alarm));
    } else {
      output.composite_alarms->push_back(described(*state.composites.table().find(key), state, ctx));
    }
    last = *name;
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
