#include "cloudwatch/faults.h"
#include "cloudwatch/operations/common.h"
#include "cloudwatch/operations/operations.h"

namespace cloudwatch {
namespace {

using api::cloudwatch::PutMetricAlarmInput;

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kHour = 3600;

// What AWS has and renkei does not, named one by one.
base::Outcome<void> check_supported(const PutMetricAlarmInput& input) {
  if (input.threshold_metric_id) return not_supported("Alarms on anomaly detection (ThresholdMetricId)");
  if (input.evaluation_criteria) return not_supported("Alarms on PromQL (EvaluationCriteria)");
  if (input.evaluation_interval) return not_supported("Alarms on PromQL (EvaluationInterval)");
  if (input.evaluation_window) return not_supported("Alarms with an EvaluationWindow");
  if (input.comparison_operator && !parse_comparison(*input.comparison_operator)) {
    return not_supported("Alarms on anomaly detection (" + *input.comparison_operator + ")");
  }
  return {};
}

bool is_math(const PutMetricAlarmInput& input) {
  return input.metrics && !input.metrics->empty();
}

struct Parameter {
  const char* name;
  bool present;
};

base::Outcome<void> check_present(std::initializer_list<Parameter> needed) {
  for (const auto& [name, present] : needed) {
    if (!present) return missing_parameter(std::string("The parameter ") + name + " is required.");
  }
  return {};
}

// "If you use the Metrics parameter, you cannot include the Namespace, MetricName, Dimensions, Period, Unit, Statistic
// or ExtendedStatistic parameters in the same operation."
base::Outcome<void> check_math(const PutMetricAlarmInput& input) {
  const Parameter excluded[] = {{"MetricName", input.metric_name.has_value()},
                                {"Namespace", input.namespace_.has_value()},
                                {"Dimensions", input.dimensions && !input.dimensions->empty()},
                                {"Statistic", input.statistic.has_value()},
                                {"ExtendedStatistic", input.extended_statistic.has_value()},
                                {"Period", input.period.has_value()},
                                {"Unit", input.unit.has_value()}};
  for (const auto& [name, present] : excluded) {
    if (present) {
      return validation_error(std::string("Metrics list and ") + name + " can't be specified together.");
    }
  }
  return check_queries(*input.metrics, QueryUse::Alarm);
}

base::Outcome<void> check_one_metric(const PutMetricAlarmInput& input) {
  CHECK(check_present({{"MetricName", input.metric_name.has_value()}, {"Namespace", input.namespace_.has_value()}}));
  if (input.statistic && input.extended_statistic) {
    return invalid_combination("The parameters Statistic and ExtendedStatistic can't be specified together.");
  }
  if (!input.extended_statistic) {
    return check_present({{"Statistic", input.statistic.has_value()}, {"Period", input.period.has_value()}});
  }
  if (!parse_extended_statistic(*input.extended_statistic)) {
    return validation_error("The value " + *input.extended_statistic + " for parameter ExtendedStatistic is invalid.");
  }
  return check_present({{"Period", input.period.has_value()}});
}

base::Outcome<void> check_metric(const PutMetricAlarmInput& input) {
  CHECK(is_math(input) ? check_math(input) : check_one_metric(input));
  const auto& low = input.evaluate_low_sample_count_percentile;
  if (!low) return {};
  if (!input.extended_statistic) {
    return validation_error("EvaluateLowSampleCountPercentile can only be specified with a percentile.");
  }
  if (*low == "evaluate" || *low == "ignore") return {};
  return validation_error("The value " + *low +
                          " for parameter EvaluateLowSampleCountPercentile is invalid. It must be one of evaluate, "
                          "ignore.");
}

std::int64_t alarm_period(const PutMetricAlarmInput& input) {
  return is_math(input) ? period_of(*input.metrics) : *input.period;
}

base::Outcome<void> check_periods(const PutMetricAlarmInput& input) {
  const std::int64_t period = alarm_period(input);
  if (period != 10 && period != 20 && period != 30 && period % 60 != 0) {
    return validation_error("Period must be 10, 20, 30 or a multiple of 60.");
  }
  const std::int64_t periods = *input.evaluation_periods;
  if (period < kHour && periods > kDay / period) {
    return validation_error(
        "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).");
  }
  if (period >= kHour && periods > 7 * kDay / period) {
    return validation_error(
        "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800).");
  }
  if (input.datapoints_to_alarm && *input.datapoints_to_alarm > periods) {
    return validation_error("DatapointsToAlarm must be less than or equal to EvaluationPeriods.");
  }
  return {};
}

base::Outcome<void> check_actions(const State& state, const std::optional<std::vector<std::string>>& actions) {
  if (!actions) return {};
  for (const std::string& action : *actions) {
    if (!action.starts_with("arn:")) return validation_error("Invalid arn syntax: " + action);
    if (!state.alarms.runs(action)) {
      return not_supported("Alarm actions other than Application Auto Scaling policies (" + action + ")");
    }
  }
  return {};
}

base::Outcome<void> check(const State& state, const PutMetricAlarmInput& input) {
  CHECK(check_supported(input));
  CHECK(check_metric(input));
  CHECK(check_present({{"EvaluationPeriods", input.evaluation_periods.has_value()},
                       {"ComparisonOperator", input.comparison_operator.has_value()},
                       {"Threshold", input.threshold.has_value()}}));
  CHECK(check_periods(input));
  if (input.treat_missing_data && !parse_missing_data(*input.treat_missing_data)) {
    return validation_error("The value " + *input.treat_missing_data +
                            " for parameter TreatMissingData is invalid. It must be one of missing, ignore, breaching, "
                            "notBreaching.");
  }
  CHECK(check_actions(state, input.ok_actions));
  CHECK(check_actions(state, input.alarm_actions));
  return check_actions(state, input.insufficient_data_actions);
}

AlarmConfiguration configuration_of(const PutMetricAlarmInput& input) {
  AlarmConfiguration c;
  c.name = input.alarm_name;
  c.description = input.alarm_description;
  c.actions_enabled = input.actions_enabled.value_or(true);
  c.ok_actions = input.ok_actions.value_or(std::vector<std::string>{});
  c.alarm_actions = input.alarm_actions.value_or(std::vector<std::string>{});
  c.insufficient_data_actions = input.insufficient_data_actions.value_or(std::vector<std::string>{});
  if (is_math(input)) {
    c.metrics = *input.metrics;
  } else {
    c.name_space = *input.namespace_;
    c.metric_name = *input.metric_name;
    c.dimensions = dimensions_of(input.dimensions);
    c.unit = input.unit;
    c.statistic = input.statistic ? *input.statistic : *input.extended_statistic;
  }
  c.low_sample_count = input.evaluate_low_sample_count_percentile;
  c.period_seconds = alarm_period(input);
  c.evaluation_periods = *input.evaluation_periods;
  c.datapoints_to_alarm = input.datapoints_to_alarm;
  c.threshold = *input.threshold;
  c.comparison = *input.comparison_operator;
  c.treat_missing_data = input.treat_missing_data;
  return c;
}

std::size_t count_alarms(const State& state, const service::Context& ctx) {
  const auto range = state.alarms.table().with_prefix(service::scope_prefix(ctx.call));
  return static_cast<std::size_t>(std::distance(range.begin(), range.end()));
}

base::Outcome<void> create(State& state, const PutMetricAlarmInput& input, service::Context& ctx) {
  if (count_alarms(state, ctx) >= Alarms::kAlarmsMax) return too_many("alarms", Alarms::kAlarmsMax);
  AlarmRow row;
  row.configuration = configuration_of(input);
  row.arn = ctx.arn("cloudwatch", "alarm:" + input.alarm_name);
  row.account = ctx.call.account;
  row.region = ctx.call.region;
  row.configured_at = row.state_updated_at = row.state_changed_at = ctx.now;
  if (input.tags) CHECK(add_tags(row.tags, *input.tags, ctx));
  state.alarms.table().put(ctx.change, service::key(ctx, {input.alarm_name}), row);
  state.history.configured(ctx, row, "Create");
  return {};
}

}  // namespace

base::Outcome<api::cloudwatch::PutMetricAlarmOutput> put_metric_alarm(State& state, const PutMetricAlarmInput& input,
                                                                      service::Context& ctx) {
  CHECK(check(state, input));
  const std::string key = service::key(ctx, {input.alarm_name});
  if (state.composites.table().find(key) != nullptr) {
    return validation_error("There is a composite alarm with the name " + input.alarm_name + ".");
  }
  const AlarmRow* held = state.alarms.table().find(key);
  if (held == nullptr) {
    CHECK(create(state, input, ctx));
    return api::cloudwatch::PutMetricAlarmOutput{};
  }
  // The state stays, and tags of a put on an existing alarm are ignored.
  AlarmConfiguration configuration = configuration_of(input);
  if (configuration == held->configuration) return api::cloudwatch::PutMetricAlarmOutput{};
  const AlarmRow& changed = state.alarms.table().modify(ctx.change, key, [&](AlarmRow& row) {
    row.configuration = std::move(configuration);
    row.configured_at = ctx.now;
  });
  state.history.configured(ctx, changed, "Update");
  return api::cloudwatch::PutMetricAlarmOutput{};
}

}  // namespace cloudwatch
