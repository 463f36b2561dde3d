#include <set>

#include "cloudwatch/faults.h"
#include "cloudwatch/operations/operations.h"
#include "wire/json.h"

namespace cloudwatch {
namespace {

constexpr std::size_t kDeletedMax = 100;

void switch_composite(State& state, const std::string& key, bool enabled, service::Context& ctx) {
  const CompositeRow* held = state.composites.table().find(key);
  if (held == nullptr || held->configuration.actions_enabled == enabled) return;
  const CompositeRow changed = state.composites.table().modify(ctx.change, key, [&](CompositeRow& row) {
    row.configuration.actions_enabled = enabled;
    row.configured_at = ctx.now;
  });
  state.composites.configured(ctx, changed, "Update");
}

// One composite alarm at a time, and none that a rule still names; metric alarms in any number.
base::Outcome<void> check_deletion(const State& state, const std::vector<std::string>& names,
                                   const service::Context& ctx) {
  for (const std::string& name : names) {
    const std::string key = service::key(ctx, {name});
    if (state.composites.table().find(key) != nullptr && names.size() > 1) {
      return validation_error("A composite alarm must be deleted alone.");
    }
    for (const std::string& parent : state.composites.parents_of(key)) {
      const std::string& by = state.composites.table().find(parent)->configuration.name;
      return conflict("The alarm " + name + " can't be deleted: the rule of the composite alarm " + by + " names it.");
    }
  }
  return {};
}

// Names that are not alarms are passed over, as CloudWatch does.
void switch_actions(State& state, const std::vector<std::string>& names, bool enabled, service::Context& ctx) {
  for (const std::string& name : names) {
    const std::string key = service::key(ctx, {name});
    switch_composite(state, key, enabled, ctx);
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
  CHECK(check_deletion(state, input.alarm_names, ctx));
  for (const std::string& name : input.alarm_names) {
    const std::string key = service::key(ctx, {name});
    if (const CompositeRow* composite = state.composites.table().find(key)) {
      state.composites.configured(ctx, *composite, "Delete");
      state.composites.table().erase(ctx.change, key);
    }
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
  const bool composite = state.composites.table().find(key) != nullptr;
  if (!composite && state.alarms.table().find(key) == nullptr) return not_found("");
  const auto value = parse_alarm_state(input.state_value);
  if (!value) return validation_error("The value " + input.state_value + " for parameter StateValue is invalid.");
  if (input.state_reason_data && !wire::parse_json(*input.state_reason_data)) {
    return invalid_format("Data was not syntactically valid JSON.");
  }
  if (composite) {
    state.composites.set_state(ctx, key, *value, input.state_reason, input.state_reason_data);
  } else {
    state.alarms.set_state(ctx, key, *value, input.state_reason, input.state_reason_data);
  }
  return api::cloudwatch::SetAlarmStateOutput{};
}

}  // namespace cloudwatch
