#include "cloudwatch/alarm_reason.h"

#include "cloudwatch/text.h"

namespace cloudwatch {
namespace {

constexpr std::size_t kPointsNamed = 5;

std::string counted(std::int64_t count, std::string_view thing) {
  return std::to_string(count) + " " + std::string(thing) + (count == 1 ? "" : "s");
}

std::string_view was(std::int64_t count) {
  return count == 1 ? "was" : "were";
}

std::string_view words(Comparison comparison) {
  switch (comparison) {
    case Comparison::GreaterOrEqual:
      return "greater than or equal to";
    case Comparison::Greater:
      return "greater than";
    case Comparison::Less:
      return "less than";
    case Comparison::LessOrEqual:
      return "less than or equal to";
  }
  return "";
}

std::string point_list(const std::vector<const Slot*>& points) {
  std::string text = "[";
  for (std::size_t i = 0; i < points.size() && i < kPointsNamed; ++i) {
    if (i > 0) text += ", ";
    text += java_double(points[i]->point->value) + " (" + reason_date(points[i]->start) + ")";
  }
  return text + "]";
}

// Points that were missing and took part in the decision.
std::int64_t treated(const AlarmRule& rule, const Evidence& evidence) {
  const bool fills = rule.missing == MissingData::Breaching || rule.missing == MissingData::NotBreaching;
  return fills ? evidence.filled : 0;
}

std::string treated_text(const AlarmRule& rule, std::int64_t count) {
  const char* as = rule.missing == MissingData::Breaching ? "[Breaching]" : "[NonBreaching]";
  return counted(count, "missing datapoint") + " " + std::string(was(count)) + " treated as " + as;
}

// Only alarms with DatapointsToAlarm say how many points a transition takes.
std::string minimum_text(const AlarmRule& rule, AlarmState state) {
  if (!rule.datapoints_to_alarm) return "";
  const bool alarm = state == AlarmState::Alarm;
  const std::int64_t minimum =
      alarm ? *rule.datapoints_to_alarm : rule.evaluation_periods - *rule.datapoints_to_alarm + 1;
  return " (minimum " + counted(minimum, "datapoint") + " for " + (alarm ? "OK -> ALARM" : "ALARM -> OK") +
         " transition)";
}

std::string no_points_text(const AlarmRule& rule, const Evidence& evidence) {
  return "Threshold Crossed: no datapoints were received for " + counted(evidence.filled, "period") + " and " +
         treated_text(rule, evidence.filled) + ".";
}

std::string crossed_text(const AlarmRule& rule, const Evidence& evidence, AlarmState state) {
  const auto& deciding = state == AlarmState::Alarm ? evidence.breaching : evidence.good;
  const auto count = static_cast<std::int64_t>(deciding.size());
  const std::int64_t missing = treated(rule, evidence);
  if (deciding.empty()) {
    return "Threshold Crossed: " + treated_text(rule, missing) + minimum_text(rule, state) + ".";
  }
  const bool many = deciding.size() > kPointsNamed;
  std::string text = "Threshold Crossed: ";
  if (rule.datapoints_to_alarm) {
    const auto considered = static_cast<std::int64_t>(evidence.evaluated.size()) + missing;
    text += std::to_string(count) + " out of the last " + std::to_string(considered) + " datapoints";
  } else {
    text += counted(count, "datapoint");
  }
  if (!many) text += " " + point_list(deciding);
  text.append(" ").append(was(count)).append(state == AlarmState::Alarm ? " " : " not ");
  text.append(words(rule.comparison)).append(" the threshold (").append(java_double(rule.threshold)).append(")");
  if (missing > 0) text += " and " + treated_text(rule, missing);
  text += minimum_text(rule, state) + ".";
  if (many) text += " The most recent datapoints which crossed the threshold: " + point_list(deciding) + ".";
  return text;
}

std::string quoted(std::string_view plain) {
  return "\"" + std::string(plain) + "\"";
}

// From the oldest evaluated point to the newest, gaps as null.
std::string recent_points(const Evidence& evidence) {
  std::string text = "[";
  if (!evidence.evaluated.empty()) {
    const Slot* const oldest = evidence.evaluated.back();
    for (const Slot* slot = oldest; slot <= evidence.evaluated.front(); ++slot) {
      if (slot != oldest) text += ",";
      text += slot->point ? java_double(slot->point->value) : "null";
    }
  }
  return text + "]";
}

std::string evaluated_point(const AlarmRule& rule, const Slot& slot) {
  std::string text = "{\"timestamp\":" + quoted(json_date(slot.start));
  if (!rule.statistic.empty()) text += ",\"sampleCount\":" + java_double(slot.point->sample_count);
  return text + ",\"value\":" + java_double(slot.point->value) + "}";
}

}  // namespace

std::string reason_text(const AlarmRule& rule, const Evidence& evidence, AlarmState state) {
  std::string text;
  if (state == AlarmState::InsufficientData) {
    text = "Insufficient Data: " + counted(rule.evaluation_periods, "datapoint") + " " +
           std::string(was(rule.evaluation_periods)) + " unknown.";
  } else if (evidence.evaluated.empty()) {
    text = no_points_text(rule, evidence);
  } else {
    text = crossed_text(rule, evidence, state);
  }
  return text.substr(0, kReasonLengthMax);
}

std::string reason_data(const AlarmRule& rule, const Evidence& evidence, base::TimePoint now) {
  std::string text = "{\"version\":\"1.0\",\"queryDate\":" + quoted(json_date(now));
  if (!evidence.evaluated.empty()) text += ",\"startDate\":" + quoted(json_date(evidence.evaluated.back()->start));
  if (rule.unit) text += ",\"unit\":" + quoted(*rule.unit);
  if (!rule.statistic.empty()) text += ",\"statistic\":" + quoted(rule.statistic);
  text += ",\"period\":" + std::to_string(rule.period_seconds);
  text += ",\"recentDatapoints\":" + recent_points(evidence) + ",\"threshold\":" + java_double(rule.threshold);
  text += ",\"evaluatedDatapoints\":[";
  bool first = true;
  for (const Slot* slot : evidence.evaluated) {
    const std::string point = evaluated_point(rule, *slot);
    if (text.size() + point.size() + 3 > kReasonDataLengthMax) break;
    if (!first) text += ",";
    text += point;
    first = false;
  }
  return text + "]}";
}

}  // namespace cloudwatch
