#include "cloudwatch/faults.h"
#include "cloudwatch/operations/common.h"
#include "cloudwatch/operations/operations.h"

namespace cloudwatch {
namespace {

using api::cloudwatch::PutCompositeAlarmInput;

bool exists(const State& state, const std::string& name, const service::Context& ctx) {
  const std::string key = service::key(ctx, {name});
  return state.alarms.table().find(key) != nullptr || state.composites.table().find(key) != nullptr;
}

base::Outcome<void> check_rule(const State& state, const PutCompositeAlarmInput& input, const service::Context& ctx) {
  const auto rule = CompositeRule::parse(input.alarm_rule);
  if (!rule) return validation_error(rule.error() + ".");
  std::string missing;
  for (const std::string& child : rule->children()) {
    if (exists(state, child, ctx) || child == input.alarm_name) continue;
    missing += (missing.empty() ? "" : ", ") + child;
  }
  if (missing.empty()) return {};
  return validation_error("Could not save the composite alarm as alarms [" + missing +
                          "] in the alarm rule do not exist.");
}

// On AWS they tell SNS topics and Systems Manager; Auto Scaling is for metric alarms.
base::Outcome<void> check_no_actions(const std::optional<std::vector<std::string>>& actions) {
  if (!actions || actions->empty()) return {};
  return not_supported("Actions of composite alarms (" + actions->front() + ")");
}

base::Outcome<void> check_suppressor(const State& state, const PutCompositeAlarmInput& input,
                                     const service::Context& ctx) {
  const bool periods = input.actions_suppressor_wait_period && input.actions_suppressor_extension_period;
  if (!input.actions_suppressor) {
    if (!input.actions_suppressor_wait_period && !input.actions_suppressor_extension_period) return {};
    return validation_error("ActionsSuppressor is required with the wait and extension periods of a suppressor.");
  }
  if (!periods) {
    return validation_error(
        "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are required with ActionsSuppressor.");
  }
  if (*input.actions_suppressor_wait_period < 0 || *input.actions_suppressor_extension_period < 0) {
    return validation_error("The periods of a suppressor must not be negative.");
  }
  const std::string name = alarm_name_of(*input.actions_suppressor);
  if (exists(state, name, ctx)) return {};
  return validation_error("Could not save the composite alarm as the actions suppressor " + name + " does not exist.");
}

base::Outcome<void> check(const State& state, const PutCompositeAlarmInput& input, const service::Context& ctx) {
  CHECK(check_no_actions(input.alarm_actions));
  CHECK(check_no_actions(input.ok_actions));
  CHECK(check_no_actions(input.insufficient_data_actions));
  if (state.alarms.table().find(service::key(ctx, {input.alarm_name})) != nullptr) {
    return validation_error("There is a metric alarm with the name " + input.alarm_name + ".");
  }
  CHECK(check_rule(state, input, ctx));
  return check_suppressor(state, input, ctx);
}

CompositeConfiguration configuration_of(const PutCompositeAlarmInput& input) {
  CompositeConfiguration c;
  c.name = input.alarm_name;
  c.description = input.alarm_description;
  c.rule = input.alarm_rule;
  c.actions_enabled = input.actions_enabled.value_or(true);
  c.suppressor = input.actions_suppressor;
  c.wait_seconds = input.actions_suppressor_wait_period.value_or(0);
  c.extension_seconds = input.actions_suppressor_extension_period.value_or(0);
  return c;
}

std::size_t count_alarms(const State& state, const service::Context& ctx) {
  const std::string scope = service::scope_prefix(ctx.call);
  const auto metric = state.alarms.table().with_prefix(scope);
  const auto composite = state.composites.table().with_prefix(scope);
  return static_cast<std::size_t>(std::distance(metric.begin(), metric.end()) +
                                  std::distance(composite.begin(), composite.end()));
}

base::Outcome<void> create(State& state, const PutCompositeAlarmInput& input, const std::string& key,
                           service::Context& ctx) {
  if (count_alarms(state, ctx) >= Alarms::kAlarmsMax) return too_many("alarms", Alarms::kAlarmsMax);
  CompositeRow row;
  row.configuration = configuration_of(input);
  row.arn = ctx.arn("cloudwatch", "alarm:" + input.alarm_name);
  row.account = ctx.call.account;
  row.region = ctx.call.region;
  row.configured_at = row.state_updated_at = row.state_changed_at = ctx.now;
  if (input.tags) CHECK(add_tags(row.tags, *input.tags, ctx));
  state.composites.table().put(ctx.change, key, row);
  state.composites.configured(ctx, row, "Create");
  return {};
}

}  // namespace

base::Outcome<api::cloudwatch::PutCompositeAlarm::Output> put_composite_alarm(State& state,
                                                                              const PutCompositeAlarmInput& input,
                                                                              service::Context& ctx) {
  CHECK(check(state, input, ctx));
  const std::string key = service::key(ctx, {input.alarm_name});
  auto& table = state.composites.table();
  const CompositeRow* held = table.find(key);
  if (held == nullptr) {
    CHECK(create(state, input, key, ctx));
  } else {
    CompositeConfiguration configuration = configuration_of(input);
    if (configuration == held->configuration) return api::cloudwatch::PutCompositeAlarm::Output{};
    const CompositeRow changed = table.modify(ctx.change, key, [&](CompositeRow& row) {
      row.configuration = std::move(configuration);
      row.configured_at = ctx.now;
    });
    state.composites.configured(ctx, changed, "Update");
  }
  state.composites.evaluate(ctx, key);
  return api::cloudwatch::PutCompositeAlarm::Output{};
}

}  // namespace cloudwatch
