#include "cloudwatch/composites.h"

#include "cloudwatch/text.h"
#include "service/table_codec.h"
#include "wire/json.h"

namespace cloudwatch {
namespace {

// Key of another alarm of the same account and region.
std::string neighbour(const std::string& key, const std::string& name) {
  const auto account = key.find('/');
  return key.substr(0, key.find('/', account + 1) + 1) + name;
}

void unlink(std::map<std::string, std::set<std::string>>& index, const std::string& from, const std::string& key) {
  const auto held = index.find(from);
  if (held == index.end()) return;
  held->second.erase(key);
  if (held->second.empty()) index.erase(held);
}

std::string quoted(std::string_view text) {
  std::string out;
  wire::append_json_string(out, text);
  return out;
}

std::string composite_json(const CompositeRow& row) {
  const CompositeConfiguration& c = row.configuration;
  std::string out = "{\"alarmName\":" + quoted(c.name);
  if (c.description) out += ",\"alarmDescription\":" + quoted(*c.description);
  out += ",\"alarmArn\":" + quoted(row.arn) + ",\"alarmRule\":" + quoted(c.rule);
  out += ",\"alarmConfigurationUpdatedTimestamp\":" + quoted(json_date(row.configured_at));
  if (c.suppressor) {
    out += ",\"actionsSuppressor\":" + quoted(*c.suppressor);
    out += ",\"actionsSuppressorWaitPeriod\":" + std::to_string(c.wait_seconds);
    out += ",\"actionsSuppressorExtensionPeriod\":" + std::to_string(c.extension_seconds);
  }
  out += ",\"stateValue\":" + quoted(name_of(row.state));
  out += ",\"stateUpdatedTimestamp\":" + quoted(json_date(row.state_updated_at));
  out += std::string(",\"actionsEnabled\":") + (c.actions_enabled ? "true" : "false");
  return out + ",\"alarmActions\":[],\"insufficientDataActions\":[],\"okactions\":[]}";
}

}  // namespace

AlarmFace face_of(const CompositeRow& row) {
  return {row.configuration.name, kCompositeAlarm, row.state, row.state_reason, row.state_reason_data};
}

void Composites::configured(service::Context& ctx, const CompositeRow& row, std::string_view type) {
  history_.configured(ctx, face_of(row), type, composite_json(row));
}

Composites::Composites(Alarms& alarms, AlarmHistory& history)
    : alarms_(alarms), history_(history), rows_("cloudwatch.composites", service::make_codec<CompositeRow>()) {
  rows_.on_change = [this](const std::string& key, const CompositeRow* before, const CompositeRow* after) {
    index(key, before, after);
  };
}

void Composites::index(const std::string& key, const CompositeRow* before, const CompositeRow* after) {
  if (before != nullptr && after != nullptr && before->configuration == after->configuration) return;
  if (before != nullptr) {
    for (const std::string& child : rules_.at(key).children()) unlink(parents_, neighbour(key, child), key);
    if (const auto& suppressor = before->configuration.suppressor) {
      unlink(suppressed_, neighbour(key, alarm_name_of(*suppressor)), key);
    }
    rules_.erase(key);
  }
  if (after == nullptr) return;
  const auto& rule = rules_.emplace(key, CompositeRule::parse(after->configuration.rule).value_or(CompositeRule{}));
  for (const std::string& child : rule.first->second.children()) parents_[neighbour(key, child)].insert(key);
  if (const auto& suppressor = after->configuration.suppressor) {
    suppressed_[neighbour(key, alarm_name_of(*suppressor))].insert(key);
  }
}

const std::set<std::string>& Composites::parents_of(const std::string& alarm_key) const {
  static const std::set<std::string> none;
  const auto found = parents_.find(alarm_key);
  return found == parents_.end() ? none : found->second;
}

std::optional<Composites::Trigger> Composites::find(const service::Context& ctx, const std::string& name) const {
  const std::string key = service::key(ctx, {name});
  if (const AlarmRow* alarm = alarms_.table().find(key)) return Trigger{alarm->arn, alarm->state};
  if (const CompositeRow* composite = rows_.find(key)) return Trigger{composite->arn, composite->state};
  return std::nullopt;
}

void Composites::evaluate(service::Context& ctx, const std::string& key) {
  std::set<std::string> open;
  follow(ctx, key, std::nullopt, open);
}

void Composites::on_state(service::Context& ctx, const std::string& alarm_name, AlarmState before, AlarmState after) {
  std::set<std::string> open;
  notify(ctx, alarm_name, before, after, open);
}

void Composites::notify(service::Context& ctx, const std::string& alarm_name, AlarmState before, AlarmState after,
                        std::set<std::string>& open) {
  const std::string key = service::key(ctx, {alarm_name});
  if (before == AlarmState::Alarm && after != AlarmState::Alarm) {
    const auto found = suppressed_.find(key);
    if (found != suppressed_.end()) {
      for (const std::string& each : std::set(found->second)) {
        rows_.modify(ctx.change, each, [&](CompositeRow& row) { row.suppressor_left_at = ctx.now; });
      }
    }
  }
  const auto trigger = find(ctx, alarm_name);
  for (const std::string& parent : std::set(parents_of(key))) follow(ctx, parent, trigger, open);
}

// "The evaluation of composite alarms stops if CloudWatch detects a cycle in the evaluation path."
void Composites::follow(service::Context& ctx, const std::string& key, const std::optional<Trigger>& trigger,
                        std::set<std::string>& open) {
  const CompositeRow* row = rows_.find(key);
  if (row == nullptr || open.contains(key)) return;
  const bool holds = rules_.at(key).holds([&](const std::string& name) -> std::optional<AlarmState> {
    const auto child = find(ctx, name);
    return child ? std::optional(child->state) : std::nullopt;
  });
  const AlarmState state = holds ? AlarmState::Alarm : AlarmState::Ok;
  if (state == row->state) return;
  std::string reason = "The alarm rule is " + std::string(holds ? "TRUE" : "FALSE");
  std::string data = "{\"triggeringAlarms\":[";
  if (trigger) {
    const std::string name(name_of(trigger->state));
    reason = trigger->arn + " transitioned to " + name + " at " + long_date(ctx.now);
    data += "{\"arn\":";
    wire::append_json_string(data, trigger->arn);
    data += ",\"state\":{\"value\":\"" + name + "\",\"timestamp\":\"" + json_date(ctx.now) + "\"}}";
  }
  assign(ctx, key, state, std::move(reason), data + "]}", open);
}

void Composites::set_state(service::Context& ctx, const std::string& key, AlarmState state, std::string reason,
                           std::optional<std::string> reason_data) {
  std::set<std::string> open;
  assign(ctx, key, state, std::move(reason), std::move(reason_data), open);
}

void Composites::assign(service::Context& ctx, const std::string& key, AlarmState state, std::string reason,
                        std::optional<std::string> reason_data, std::set<std::string>& open) {
  const CompositeRow before = *rows_.find(key);
  const CompositeRow after = rows_.modify(ctx.change, key, [&](CompositeRow& row) {
    row.state = state;
    row.state_reason = std::move(reason);
    row.state_reason_data = std::move(reason_data);
    row.state_updated_at = ctx.now;
    if (before.state != state) row.state_changed_at = ctx.now;
  });
  if (before.state == state) return;
  history_.changed_state(ctx, face_of(before), face_of(after));
  open.insert(key);
  notify(ctx, after.configuration.name, before.state, state, open);
  open.erase(key);
}

// The wait period gives the suppressor time to go into ALARM, the extension period lasts on after it has left it.
std::optional<std::string> Composites::suppressed_by(const CompositeRow& row, const service::Context& ctx) const {
  const CompositeConfiguration& c = row.configuration;
  if (!c.suppressor) return std::nullopt;
  const auto suppressor = find(ctx, alarm_name_of(*c.suppressor));
  if (suppressor && suppressor->state == AlarmState::Alarm) return "Alarm";
  if (row.suppressor_left_at && ctx.now < *row.suppressor_left_at + std::chrono::seconds(c.extension_seconds)) {
    return "ExtensionPeriod";
  }
  const bool changed = row.state_changed_at > row.configured_at;
  if (changed && ctx.now < row.state_changed_at + std::chrono::seconds(c.wait_seconds)) return "WaitPeriod";
  return std::nullopt;
}

}  // namespace cloudwatch
