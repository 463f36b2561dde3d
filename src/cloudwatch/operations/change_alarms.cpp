#include "cloudwatch/faults.h"
#include "cloudwatch/operations/operations.h"
#include "wire/json.h"

namespace cloudwatch {
namespace {

constexpr std::size_t kDeletedMax = 100;

// Names that are not alarms are passed over, as CloudWatch does.
void switch_actions(State& state, const std::vector<std::string>& names, bool enabled, service::Context& ctx) {
  for (const std::string& name : names) {
    const std::string key = service::key(ctx, {name});
    const AlarmRow* held = state.alarms.table().find(key);
    if (held == nullptr || held->configuration.actions_enabled == enabled) continue;
    const AlarmRow& changed = state.alarms.table().modify(ctx.change, key, [&](AlarmRow& row) {
      row.configuration.actions_enabled = enabled;
      row.configured_at = ctx.now;
    });
    state.history.configured(ctx, changed, "Update");
  }
}

}  // namespace

base::Outcome<api::cloudwatch::DeleteAlarmsOutput> delete_alarms(State& state,
                                                                 const api::cloudwatch::DeleteAlarmsInput& input,
                                                                 service::Context& ctx) {
  if (input.alarm_names.size() > kDeletedMax) {
    return validation_error("At most 100 alarms can be deleted in one operation.");
  }
  for (const std::string& name : input.alarm_names) {
    const std::string key = service::key(ctx, {name});
    const AlarmRow* held = state.alarms.table().find(key);
    if (held == nullptr) continue;
    state.history.configured(ctx, *held, "Delete");
    state.alarms.table().erase(ctx.change, key);
  }
  return api::cloudwatch::DeleteAlarmsOutput{};
}

base::Outcome<api::cloudwatch::EnableAlarmActionsOutput> enable_alarm_actions(
    State& state, const api::cloudwatch::EnableAlarmActionsInput& input, service::Context& ctx) {
  switch_actions(state, input.alarm_names, true, ctx);
  return api::cloudwatch::EnableAlarmActionsOutput{};
}

base::Outcome<api::cloudwatch::DisableAlarmActionsOutput> disable_alarm_actions(
    State& state, const api::cloudwatch::DisableAlarmActionsInput& input, service::Context& ctx) {
  switch_actions(state, input.alarm_names, false, ctx);
  return api::cloudwatch::DisableAlarmActionsOutput{};
}

base::Outcome<api::cloudwatch::SetAlarmStateOutput> set_alarm_state(State& state,
                                                                    const api::cloudwatch::SetAlarmStateInput& input,
                                                                    service::Context& ctx) {
  const std::string key = service::key(ctx, {input.alarm_name});
  if (state.alarms.table().find(key) == nullptr) return not_found("");
  const auto value = parse_alarm_state(input.state_value);
  if (!value) return validation_error("The value " + input.state_value + " for parameter StateValue is invalid.");
  if (input.state_reason_data && !wire::parse_json(*input.state_reason_data)) {
    return invalid_format("Data was not syntactically valid JSON.");
  }
  state.alarms.set_state(ctx, key, *value, input.state_reason, input.state_reason_data);
  return api::cloudwatch::SetAlarmStateOutput{};
}

}  // namespace cloudwatch
