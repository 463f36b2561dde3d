#include "cloudwatch/alarm.h"

namespace cloudwatch {
namespace {

// Fewer samples than this make no statistically significant percentile (PutMetricAlarm,
// EvaluateLowSampleCountPercentile): 10/(1-p) from the median on, 10/p below it.
double samples_needed(const std::string& statistic) {
  const auto extended = parse_extended_statistic(statistic);
  if (!extended || extended->kind != ExtendedStatistic::Kind::Percentile) return 0;
  const double share = extended->high.value_or(0) / 100;
  constexpr double kNoise = 1e-6;  // 10 / (1 - 0.9) is a hair above 100
  return 10 / (share >= 0.5 ? 1 - share : share) - kNoise;
}

}  // namespace

AlarmRule rule_of(const AlarmConfiguration& configuration) {
  AlarmRule rule;
  rule.comparison = parse_comparison(configuration.comparison).value_or(Comparison::Greater);
  rule.threshold = configuration.threshold;
  rule.evaluation_periods = configuration.evaluation_periods;
  rule.datapoints_to_alarm = configuration.datapoints_to_alarm;
  rule.missing =
      parse_missing_data(configuration.treat_missing_data.value_or("missing")).value_or(MissingData::Missing);
  // "Alarms that evaluate metrics in the AWS/DynamoDB namespace always ignore missing data", unless told otherwise.
  if (configuration.name_space == "AWS/DynamoDB" && !configuration.treat_missing_data) {
    rule.missing = MissingData::Ignore;
  }
  rule.period_seconds = configuration.period_seconds;
  rule.statistic = configuration.statistic;
  rule.unit = configuration.unit;
  if (configuration.low_sample_count == "ignore") rule.samples_needed = samples_needed(configuration.statistic);
  return rule;
}

const std::vector<std::string>& actions_for(const AlarmConfiguration& configuration, AlarmState state) {
  switch (state) {
    case AlarmState::Ok:
      return configuration.ok_actions;
    case AlarmState::Alarm:
      return configuration.alarm_actions;
    case AlarmState::InsufficientData:
      return configuration.insufficient_data_actions;
  }
  return configuration.alarm_actions;
}

}  // namespace cloudwatch
