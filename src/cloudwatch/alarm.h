#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cloudwatch/alarm_evaluation.h"
#include "cloudwatch/metric_store.h"
#include "cloudwatch/queries.h"

namespace cloudwatch {

// What PutMetricAlarm says. Compared to find out whether a put changes anything.
struct AlarmConfiguration {
  std::string name;
  std::optional<std::string> description;
  bool actions_enabled = true;
  std::vector<std::string> ok_actions;
  std::vector<std::string> alarm_actions;
  std::vector<std::string> insufficient_data_actions;
  std::string name_space;
  std::string metric_name;
  Dimensions dimensions;  // in the caller's order
  std::optional<std::string> unit;
  std::string statistic;             // "p99" too; "" with `metrics`
  std::int64_t period_seconds = 60;  // with `metrics`, theirs
  std::int64_t evaluation_periods = 1;
  std::optional<std::int64_t> datapoints_to_alarm;
  double threshold = 0;
  std::string comparison;
  std::optional<std::string> treat_missing_data;
  Queries metrics;                              // of an alarm on metric math, in place of one metric
  std::optional<std::string> low_sample_count;  // "ignore", "evaluate"

  friend bool operator==(const AlarmConfiguration&, const AlarmConfiguration&) = default;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.name);
    field(2, row.description);
    field(3, row.actions_enabled);
    field(4, row.ok_actions);
    field(5, row.alarm_actions);
    field(6, row.insufficient_data_actions);
    field(7, row.name_space);
    field(8, row.metric_name);
    field(9, row.dimensions);
    field(10, row.unit);
    field(11, row.statistic);
    field(12, row.period_seconds);
    field(13, row.evaluation_periods);
    field(14, row.datapoints_to_alarm);
    field(15, row.threshold);
    field(16, row.comparison);
    field(17, row.treat_missing_data);
    field(18, row.metrics);
    field(19, row.low_sample_count);
  }
};

struct AlarmRow {
  AlarmConfiguration configuration;
  std::string arn;
  std::string account;
  std::string region;
  base::TimePoint configured_at{};
  AlarmState state = AlarmState::InsufficientData;
  std::string state_reason = "Unchecked: Initial alarm creation";
  std::optional<std::string> state_reason_data;
  base::TimePoint state_updated_at{};
  base::TimePoint state_changed_at{};
  std::map<std::string, std::string> tags;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.configuration);
    field(2, row.arn);
    field(3, row.account);
    field(4, row.region);
    field(5, row.configured_at);
    field(6, row.state);
    field(7, row.state_reason);
    field(8, row.state_reason_data);
    field(9, row.state_updated_at);
    field(10, row.state_changed_at);
    field(11, row.tags);
  }
};

AlarmRule rule_of(const AlarmConfiguration& configuration);
const std::vector<std::string>& actions_for(const AlarmConfiguration& configuration, AlarmState state);

}  // namespace cloudwatch
