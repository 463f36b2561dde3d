#include "cloudwatch/alarms.h"

#include <algorithm>

#include "service/table_codec.h"

namespace cloudwatch {

Alarms::Alarms(MetricStore& metrics, AlarmHistory& history, AlarmActions& actions)
    : metrics_(metrics),
      history_(history),
      actions_(actions),
      rows_("cloudwatch.alarms", service::make_codec<AlarmRow>()) {
  rows_.on_change = [this](const std::string& key, const AlarmRow* before, const AlarmRow* after) {
    reschedule(key, before, after);
  };
}

void Alarms::reschedule(const std::string& key, const AlarmRow* before, const AlarmRow* after) {
  const bool same_cadence = before != nullptr && after != nullptr &&
                            evaluation_cadence(before->configuration.period_seconds) ==
                                evaluation_cadence(after->configuration.period_seconds);
  if (same_cadence) return;
  if (const auto held = scheduled_at_.find(key); held != scheduled_at_.end()) {
    schedule_.erase({held->second, key});
    scheduled_at_.erase(held);
  }
  if (after == nullptr) {
    unscheduled_.erase(key);
  } else {
    unscheduled_.insert(key);
  }
}

base::TimePoint Alarms::deadline() const {
  if (!unscheduled_.empty()) return base::TimePoint::min();
  return schedule_.empty() ? base::kNever : schedule_.begin()->first;
}

void Alarms::evaluate_due(service::Context& ctx) {
  std::vector<std::string> due;
  while (!schedule_.empty() && schedule_.begin()->first <= ctx.now) {
    due.push_back(schedule_.begin()->second);
    scheduled_at_.erase(due.back());
    schedule_.erase(schedule_.begin());
    unscheduled_.insert(due.back());
  }
  for (const std::string& key : due) evaluate(ctx, key);
  for (const std::string& key : std::exchange(unscheduled_, {})) {
    const AlarmRow* alarm = rows_.find(key);
    if (alarm == nullptr) continue;
    const base::TimePoint at = next_evaluation(alarm->arn, alarm->configuration.period_seconds, ctx.now);
    schedule_.emplace(at, key);
    scheduled_at_[key] = at;
  }
}

base::Outcome<std::vector<Slot>> Alarms::slots_of(service::Context& ctx, const AlarmConfiguration& configuration,
                                                  const EvaluationWindow& window) const {
  std::vector<Slot> slots;
  for (std::int64_t i = 0; i < window.count; ++i) slots.push_back({window.first + i * window.period, {}});
  const auto end = window.first + window.count * window.period;
  const auto put = [&](base::TimePoint at, Slot::Point point) {
    const auto slot = std::ranges::lower_bound(slots, at, {}, &Slot::start);
    if (slot != slots.end() && slot->start == at) slot->point = point;
  };
  if (!configuration.metrics.empty()) {
    TRY(const std::vector<QueryResult> results, run_queries(ctx, metrics_, configuration.metrics, window.first, end));
    for (const math::Point& point : results.at(0).series.points) put(point.at, {point.value, 1});
    return slots;
  }
  const Metric metric{configuration.name_space, configuration.metric_name, configuration.dimensions};
  const auto statistic = parse_statistic(configuration.statistic);
  if (!statistic) return slots;
  TRY(const Buckets buckets, metrics_.read(ctx, metric, configuration.unit, window.first, end, window.period));
  for (const auto& [start, samples] : buckets) {
    if (const auto value = value_of(samples, *statistic)) put(start, {*value, samples.count});
  }
  return slots;
}

void Alarms::evaluate(service::Context& ctx, const std::string& key) {
  const AlarmRow* alarm = rows_.find(key);
  if (alarm == nullptr) return;
  service::Call call = ctx.call;
  call.account = alarm->account;
  call.region = alarm->region;
  service::Context own = ctx.as(call);
  const AlarmRule rule = rule_of(alarm->configuration);
  const auto slots = slots_of(own, alarm->configuration, evaluation_window(rule, ctx.now));
  if (!slots) return;  // the disk failed: the state stays until the next evaluation
  Verdict verdict = cloudwatch::evaluate(rule, *slots, alarm->state, ctx.now);
  if (verdict.state != alarm->state) {
    set_state(own, key, verdict.state, std::move(verdict.reason), std::move(verdict.reason_data));
  } else {
    run_actions(own, *alarm, verdict.reason_data, Occasion::Repeat);
  }
}

void Alarms::set_state(service::Context& ctx, const std::string& key, AlarmState state, std::string reason,
                       std::optional<std::string> reason_data) {
  const AlarmRow before = *rows_.find(key);
  const AlarmRow& after = rows_.modify(ctx.change, key, [&](AlarmRow& row) {
    row.state = state;
    row.state_reason = std::move(reason);
    row.state_reason_data = std::move(reason_data);
    row.state_updated_at = ctx.now;
    if (before.state != state) row.state_changed_at = ctx.now;
  });
  if (before.state == state) return;
  const AlarmRow alarm = after;  // actions may reach this very table
  history_.changed_state(ctx, face_of(before), face_of(alarm));
  run_actions(ctx, alarm, alarm.state_reason_data.value_or(""), Occasion::Transition);
  if (on_state) on_state(ctx, alarm.configuration.name, before.state, state);
}

// Every action renkei runs is an Auto Scaling action, and those repeat while the alarm stays in its state. Only the
// transition is written to the history.
void Alarms::run_actions(service::Context& ctx, const AlarmRow& alarm, const std::string& reason_data,
                         Occasion occasion) {
  if (!alarm.configuration.actions_enabled || actions_for(alarm.configuration, alarm.state).empty()) return;
  const std::vector<std::string> actions = actions_for(alarm.configuration, alarm.state);
  const AlarmRow row = alarm;
  for (const std::string& action : actions) {
    const auto result = actions_.run(action, {row.configuration.name, row.state, reason_data}, ctx);
    if (occasion == Occasion::Transition) history_.ran_action(ctx, row, action, result ? nullptr : &result.error());
  }
}

}  // namespace cloudwatch
