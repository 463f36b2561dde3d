#pragma once

// How an alarm's state follows from its metric: the rules of "Configuring how CloudWatch alarms treat missing data".
// Pure functions; the service fetches the data points and acts on the verdict.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"

namespace cloudwatch {

enum class AlarmState : std::uint8_t { Ok, Alarm, InsufficientData };
enum class Comparison : std::uint8_t { GreaterOrEqual, Greater, Less, LessOrEqual };
enum class MissingData : std::uint8_t { Missing, Ignore, Breaching, NotBreaching };

std::string_view name_of(AlarmState state);
std::optional<AlarmState> parse_alarm_state(std::string_view name);
// Nothing for the anomaly-band operators.
std::optional<Comparison> parse_comparison(std::string_view name);
std::optional<MissingData> parse_missing_data(std::string_view name);

struct AlarmRule {
  Comparison comparison = Comparison::Greater;
  double threshold = 0;
  std::int64_t evaluation_periods = 1;
  std::optional<std::int64_t> datapoints_to_alarm;  // unset: all of the evaluation periods
  MissingData missing = MissingData::Missing;
  std::int64_t period_seconds = 60;
  std::string statistic;            // for the reason data; "" of metric math, which has no sample counts either
  std::optional<std::string> unit;  // for the reason data
  double samples_needed = 0;        // a point with fewer keeps the alarm in its state
};

// One period of the metric.
struct Slot {
  struct Point {
    double value;
    double sample_count;
  };
  base::TimePoint start;
  std::optional<Point> point;
};

// The complete periods that an evaluation at `now` looks at: `count` periods from `first` on.
struct EvaluationWindow {
  base::TimePoint first;
  std::int64_t count;
  base::Duration period;
};
EvaluationWindow evaluation_window(const AlarmRule& rule, base::TimePoint now);

struct Verdict {
  AlarmState state;
  std::string reason;
  std::string reason_data;  // JSON
};
// `slots` are the periods of evaluation_window(), oldest first. The state equals `current` where the rules say that
// the alarm keeps its state; reason and data then tell what was seen now.
Verdict evaluate(const AlarmRule& rule, std::span<const Slot> slots, AlarmState current, base::TimePoint now);

// Alarms are evaluated every minute, those with shorter periods every ten seconds.
base::Duration evaluation_cadence(std::int64_t period_seconds);
// The first instant after `after` at which this alarm is evaluated. Each alarm keeps a second of its own for life.
base::TimePoint next_evaluation(std::string_view alarm_arn, std::int64_t period_seconds, base::TimePoint after);

}  // namespace cloudwatch
