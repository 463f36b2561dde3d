#include "cloudwatch/alarm_evaluation.h"

#include <algorithm>
#include <vector>

#include "cloudwatch/alarm_reason.h"

namespace cloudwatch {
namespace {

using std::chrono::seconds;

// A period counts as complete this long after its end: late data points still make it.
constexpr seconds kSettling{10};
// More periods than asked for are fetched, so that a gap does not hide the points before it (the documented tables
// use 5 for 3).
constexpr std::int64_t kExtraPeriods = 2;

bool breaches(const AlarmRule& rule, double value) {
  switch (rule.comparison) {
    case Comparison::GreaterOrEqual:
      return value >= rule.threshold;
    case Comparison::Greater:
      return value > rule.threshold;
    case Comparison::Less:
      return value < rule.threshold;
    case Comparison::LessOrEqual:
      return value <= rule.threshold;
  }
  return false;
}

Evidence gather(const AlarmRule& rule, std::span<const Slot> slots) {
  Evidence evidence;
  const auto wanted = static_cast<std::size_t>(rule.evaluation_periods);
  for (auto slot = slots.rbegin(); slot != slots.rend() && evidence.evaluated.size() < wanted; ++slot) {
    if (!slot->point) continue;
    evidence.evaluated.push_back(&*slot);
    (breaches(rule, slot->point->value) ? evidence.breaching : evidence.good).push_back(&*slot);
  }
  evidence.filled = rule.evaluation_periods - static_cast<std::int64_t>(evidence.evaluated.size());
  evidence.slots = slots;
  return evidence;
}

// "Premature" transitions: with only breaching points, too few of them, an alarm fires only once the oldest of them
// is as old as the points it would take.
bool old_enough(const Evidence& evidence, std::int64_t needed) {
  const auto age = evidence.slots.data() + evidence.slots.size() - evidence.breaching.back();
  return age >= needed;
}

AlarmState decide_without_fill(const AlarmRule& rule, const Evidence& evidence, std::int64_t needed,
                               AlarmState current) {
  const bool ignore = rule.missing == MissingData::Ignore;
  if (evidence.evaluated.empty()) return ignore ? current : AlarmState::InsufficientData;
  if (static_cast<std::int64_t>(evidence.breaching.size()) >= needed) return AlarmState::Alarm;
  if (!evidence.good.empty()) return AlarmState::Ok;
  return !ignore && old_enough(evidence, needed) ? AlarmState::Alarm : current;
}

AlarmState decide(const AlarmRule& rule, const Evidence& evidence, AlarmState current) {
  const std::int64_t needed = rule.datapoints_to_alarm.value_or(rule.evaluation_periods);
  auto breaching = static_cast<std::int64_t>(evidence.breaching.size());
  const bool complete = evidence.filled == 0;
  if (!complete && (rule.missing == MissingData::Missing || rule.missing == MissingData::Ignore)) {
    return decide_without_fill(rule, evidence, needed, current);
  }
  if (!complete && rule.missing == MissingData::Breaching) breaching += evidence.filled;
  return breaching >= needed ? AlarmState::Alarm : AlarmState::Ok;
}

// FNV-1a: the same on every machine and in every build, unlike std::hash.
std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3U;
  }
  return hash ^ (hash >> 32);
}

}  // namespace

std::string_view name_of(AlarmState state) {
  switch (state) {
    case AlarmState::Ok:
      return "OK";
    case AlarmState::Alarm:
      return "ALARM";
    case AlarmState::InsufficientData:
      return "INSUFFICIENT_DATA";
  }
  return "";
}

std::optional<AlarmState> parse_alarm_state(std::string_view name) {
  for (const AlarmState state : {AlarmState::Ok, AlarmState::Alarm, AlarmState::InsufficientData}) {
    if (name == name_of(state)) return state;
  }
  return std::nullopt;
}

std::optional<Comparison> parse_comparison(std::string_view name) {
  if (name == "GreaterThanOrEqualToThreshold") return Comparison::GreaterOrEqual;
  if (name == "GreaterThanThreshold") return Comparison::Greater;
  if (name == "LessThanThreshold") return Comparison::Less;
  if (name == "LessThanOrEqualToThreshold") return Comparison::LessOrEqual;
  return std::nullopt;
}

std::optional<MissingData> parse_missing_data(std::string_view name) {
  if (name == "missing") return MissingData::Missing;
  if (name == "ignore") return MissingData::Ignore;
  if (name == "breaching") return MissingData::Breaching;
  if (name == "notBreaching") return MissingData::NotBreaching;
  return std::nullopt;
}

EvaluationWindow evaluation_window(const AlarmRule& rule, base::TimePoint now) {
  const std::int64_t period = rule.period_seconds;
  const std::int64_t extra = period >= 60 ? kExtraPeriods : 60 / period;
  const std::int64_t count = rule.evaluation_periods + extra;
  // Periods longer than a minute slide with it: they are evaluated every minute, not once a period.
  const std::int64_t grain = std::min<std::int64_t>(period, 60);
  const std::int64_t end = base::unix_seconds(now - kSettling) / grain * grain;
  return {base::from_unix_seconds(end - count * period), count, seconds(period)};
}

Verdict evaluate(const AlarmRule& rule, std::span<const Slot> slots, AlarmState current, base::TimePoint now) {
  const Evidence evidence = gather(rule, slots);
  const bool too_few = std::ranges::any_of(
      evidence.evaluated, [&](const Slot* slot) { return slot->point->sample_count < rule.samples_needed; });
  const AlarmState state = too_few ? current : decide(rule, evidence, current);
  return {state, reason_text(rule, evidence, state), reason_data(rule, evidence, now)};
}

base::Duration evaluation_cadence(std::int64_t period_seconds) {
  return seconds(period_seconds < 60 ? 10 : 60);
}

base::TimePoint next_evaluation(std::string_view alarm_arn, std::int64_t period_seconds, base::TimePoint after) {
  const std::int64_t cadence = std::chrono::floor<seconds>(evaluation_cadence(period_seconds)).count();
  const auto phase = static_cast<std::int64_t>(stable_hash(alarm_arn) % static_cast<std::uint64_t>(cadence));
  const std::int64_t at = base::unix_seconds(after);
  const std::int64_t next = (at - phase) / cadence * cadence + phase;
  return base::from_unix_seconds(next > at ? next : next + cadence);
}

}  // namespace cloudwatch
