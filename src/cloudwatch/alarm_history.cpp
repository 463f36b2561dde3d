#include "cloudwatch/alarm_history.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "cloudwatch/metric_record.h"
#include "cloudwatch/text.h"
#include "service/table_codec.h"
#include "wire/json.h"

namespace cloudwatch {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  wire::append_json_string(out, text);
  return out;
}

std::string quoted_list(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) {
    if (out.size() > 1) out += ",";
    out += quoted(item);
  }
  return out + "]";
}

std::string dimension_list(const Dimensions& dimensions) {
  std::string out = "[";
  for (const auto& [name, value] : dimensions) {
    if (out.size() > 1) out += ",";
    out += "{\"value\":" + quoted(value) + ",\"name\":" + quoted(name) + "}";
  }
  return out + "]";
}

std::string metric_stat_json(const api::cloudwatch::MetricStat& stat) {
  std::string out = "{\"metric\":{\"dimensions\":{";
  if (stat.metric.dimensions) {
    bool first = true;
    for (const auto& [name, value] : *stat.metric.dimensions) {
      out += std::string(first ? "" : ",") + quoted(name) + ":" + quoted(value);
      first = false;
    }
  }
  out += "},\"name\":" + quoted(stat.metric.metric_name.value_or(""));
  out += ",\"namespace\":" + quoted(stat.metric.namespace_.value_or(""));
  out += "},\"period\":" + std::to_string(stat.period) + ",\"stat\":" + quoted(stat.stat);
  if (stat.unit) out += ",\"unit\":" + quoted(*stat.unit);
  return out + "}";
}

// As in EventBridge's "CloudWatch Alarm State Change".
std::string queries_json(const Queries& queries) {
  std::string out = "[";
  for (const auto& query : queries) {
    if (out.size() > 1) out += ",";
    out += "{\"id\":" + quoted(query.id);
    if (query.expression) out += ",\"expression\":" + quoted(*query.expression);
    if (query.label) out += ",\"label\":" + quoted(*query.label);
    if (query.metric_stat) out += ",\"metricStat\":" + metric_stat_json(*query.metric_stat);
    if (query.period) out += ",\"period\":" + std::to_string(*query.period);
    out += std::string(",\"returnData\":") + (query.return_data.value_or(true) ? "true}" : "false}");
  }
  return out + "]";
}

// "AVERAGE": the console's form.
std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string metric_json(const AlarmConfiguration& c) {
  std::string out = ",\"namespace\":" + quoted(c.name_space) + ",\"metricName\":" + quoted(c.metric_name);
  out += ",\"extendedStatistic\":" + quoted(upper(c.statistic)) + ",\"period\":" + std::to_string(c.period_seconds);
  if (c.unit) out += ",\"unit\":" + quoted(*c.unit);
  return out + ",\"dimensions\":" + dimension_list(c.dimensions);
}

std::string alarm_json(const AlarmRow& alarm) {
  const AlarmConfiguration& c = alarm.configuration;
  std::string out = "{\"alarmName\":" + quoted(c.name);
  if (c.description) out += ",\"alarmDescription\":" + quoted(*c.description);
  out += ",\"alarmArn\":" + quoted(alarm.arn);
  out += ",\"alarmConfigurationUpdatedTimestamp\":" + quoted(json_date(alarm.configured_at));
  out += c.metrics.empty() ? metric_json(c) : ",\"metrics\":" + queries_json(c.metrics);
  out += ",\"threshold\":" + java_double(c.threshold);
  out += ",\"comparisonOperator\":" + quoted(c.comparison);
  out += ",\"evaluationPeriods\":" + std::to_string(c.evaluation_periods);
  if (c.datapoints_to_alarm) out += ",\"datapointsToAlarm\":" + std::to_string(*c.datapoints_to_alarm);
  if (c.treat_missing_data) out += ",\"treatMissingData\":" + quoted(*c.treat_missing_data);
  out += ",\"stateValue\":" + quoted(name_of(alarm.state));
  out += ",\"stateUpdatedTimestamp\":" + quoted(json_date(alarm.state_updated_at));
  out += std::string(",\"actionsEnabled\":") + (c.actions_enabled ? "true" : "false");
  out += ",\"alarmActions\":" + quoted_list(c.alarm_actions);
  out += ",\"insufficientDataActions\":" + quoted_list(c.insufficient_data_actions);
  return out + ",\"okactions\":" + quoted_list(c.ok_actions) + "}";
}

std::string state_json(const AlarmFace& alarm) {
  std::string out = "{\"stateValue\":" + quoted(name_of(alarm.state)) + ",\"stateReason\":" + quoted(alarm.reason);
  if (alarm.reason_data) out += ",\"stateReasonData\":" + *alarm.reason_data;
  return out + "}";
}

std::string key_of(const service::Context& ctx, base::TimePoint at, std::uint64_t number) {
  return service::key(ctx, {record::hex(static_cast<std::uint64_t>(at.time_since_epoch().count()) ^ (1ULL << 63)) +
                            "-" + record::hex(number)});
}

}  // namespace

AlarmFace face_of(const AlarmRow& row) {
  return {row.configuration.name, kMetricAlarm, row.state, row.state_reason, row.state_reason_data};
}

AlarmHistory::AlarmHistory() : rows_("cloudwatch.alarm_history", service::make_codec<HistoryRow>()) {
  rows_.on_change = [this](const std::string& key, const HistoryRow*, const HistoryRow*) {
    std::uint64_t number = 0;
    const std::string_view digits = std::string_view(key).substr(key.rfind('-') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    next_number_ = std::max(next_number_, number + 1);
  };
}

void AlarmHistory::add(service::Context& ctx, HistoryRow row) {
  row.at = ctx.now;
  rows_.put(ctx.change, key_of(ctx, ctx.now, next_number_), std::move(row));
  if (rows_.rows().size() <= kRowsMax) return;
  const auto own = rows_.with_prefix(service::scope_prefix(ctx.call));
  rows_.erase(ctx.change, std::string(own.begin()->first));
}

void AlarmHistory::configured(service::Context& ctx, const AlarmRow& alarm, std::string_view type) {
  configured(ctx, face_of(alarm), type, alarm_json(alarm));
}

void AlarmHistory::configured(service::Context& ctx, const AlarmFace& alarm, std::string_view type,
                              const std::string& alarm_json) {
  std::string verb(type);
  verb[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(verb[0])));
  verb += "d";  // created, updated, deleted
  add(ctx, {.alarm_name = alarm.name,
            .type = "ConfigurationUpdate",
            .summary = "Alarm \"" + alarm.name + "\" " + verb,
            .data = "{\"version\":\"1.0\",\"type\":" + quoted(type) + ",\"" + verb + "Alarm\":" + alarm_json + "}",
            .alarm_type = alarm.type});
}

void AlarmHistory::changed_state(service::Context& ctx, const AlarmFace& before, const AlarmFace& after) {
  add(ctx,
      {.alarm_name = after.name,
       .type = "StateUpdate",
       .summary =
           "Alarm updated from " + std::string(name_of(before.state)) + " to " + std::string(name_of(after.state)),
       .data = "{\"version\":\"1.0\",\"oldState\":" + state_json(before) + ",\"newState\":" + state_json(after) + "}",
       .alarm_type = after.type});
}

void AlarmHistory::ran_action(service::Context& ctx, const AlarmRow& alarm, const std::string& action,
                              const std::string* error) {
  std::string data = std::string("{\"actionState\":\"") + (error == nullptr ? "Succeeded" : "Failed") +
                     "\",\"stateUpdateTimestamp\":" + std::to_string(base::unix_millis(alarm.state_updated_at)) +
                     ",\"notificationResource\":" + quoted(action) +
                     ",\"publishedMessage\":null,\"error\":" + (error == nullptr ? "null" : quoted(*error)) +
                     ",\"muteWindowEndTimestamp\":null}";
  add(ctx, {.alarm_name = alarm.configuration.name,
            .type = "Action",
            .summary = error == nullptr ? "Successfully executed action " + action
                                        : "Failed to execute AutoScaling action: " + *error,
            .data = std::move(data)});
}

void AlarmHistory::sweep(service::Context& ctx) {
  sweep_at_ = ctx.now + kSweepInterval;
  std::vector<std::string> old;
  for (const auto& [key, row] : rows_.rows()) {
    if (row.at < ctx.now - kKept) old.push_back(key);
  }
  for (const std::string& key : old) rows_.erase(ctx.change, key);
}

}  // namespace cloudwatch
