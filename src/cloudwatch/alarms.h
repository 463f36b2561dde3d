#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cloudwatch/alarm.h"
#include "cloudwatch/alarm_history.h"
#include "cloudwatch/metric_store.h"
#include "cloudwatch/ports.h"
#include "service/table.h"

namespace cloudwatch {

// All alarms, and when each is looked at next. An evaluation costs its own window; alarms that are not due cost
// nothing.
class Alarms {
 public:
  // Alarms of an account and region (CloudWatch's quota).
  static constexpr std::size_t kAlarmsMax = 5000;

  Alarms(MetricStore& metrics, AlarmHistory& history, AlarmActions& actions);

  service::Table<AlarmRow>& table() { return rows_; }
  const service::Table<AlarmRow>& table() const { return rows_; }
  bool runs(std::string_view action_arn) const { return actions_.runs(action_arn); }

  base::TimePoint deadline() const;
  void evaluate_due(service::Context& ctx);

  // Told of every transition, after its actions.
  std::function<void(service::Context& ctx, const std::string& name, AlarmState before, AlarmState after)> on_state;

  // Gives the alarm a state, whoever found it; a new one is written to the history and runs its actions.
  void set_state(service::Context& ctx, const std::string& key, AlarmState state, std::string reason,
                 std::optional<std::string> reason_data);

 private:
  void reschedule(const std::string& key, const AlarmRow* before, const AlarmRow* after);
  void evaluate(service::Context& ctx, const std::string& key);
  base::Outcome<std::vector<Slot>> slots_of(service::Context& ctx, const AlarmConfiguration& configuration,
                                            const EvaluationWindow& window) const;
  enum class Occasion : bool { Transition, Repeat };
  void run_actions(service::Context& ctx, const AlarmRow& alarm, const std::string& reason_data, Occasion occasion);

  MetricStore& metrics_;
  AlarmHistory& history_;
  AlarmActions& actions_;
  service::Table<AlarmRow> rows_;
  std::set<std::string, std::less<>> unscheduled_;                    // new, changed or recovered
  std::set<std::pair<base::TimePoint, std::string>> schedule_;        // when, key
  std::map<std::string, base::TimePoint, std::less<>> scheduled_at_;  // key, when
};

}  // namespace cloudwatch
