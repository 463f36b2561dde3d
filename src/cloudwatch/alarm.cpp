#include "cloudwatch/alarm.h"

namespace cloudwatch {

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
