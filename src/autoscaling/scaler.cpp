#include "autoscaling/scaler.h"

#include <algorithm>

#include "api/cloudwatch/operations.h"
#include "autoscaling/ecs_capacity.h"

namespace autoscaling {
namespace {

using api::autoscaling::TargetTrackingScalingPolicyConfiguration;

constexpr std::int64_t kCooldownDefaultSeconds = 300;  // of ECS services
// Alarms repeat every minute; what is older was said by an alarm that no longer speaks.
constexpr std::chrono::minutes kHeardFor{2};

base::Duration cooldown_of(const std::optional<std::int64_t>& seconds) {
  return std::chrono::seconds(seconds.value_or(kCooldownDefaultSeconds));
}

Aggregation aggregation_of(const std::optional<std::string>& name) {
  if (name == "Minimum") return Aggregation::Minimum;
  if (name == "Maximum") return Aggregation::Maximum;
  return Aggregation::Average;
}

StepRule rule_of(const api::autoscaling::StepScalingPolicyConfiguration& configuration) {
  StepRule rule;
  if (configuration.adjustment_type == "PercentChangeInCapacity") rule.adjustment = Adjustment::PercentChangeInCapacity;
  if (configuration.adjustment_type == "ExactCapacity") rule.adjustment = Adjustment::ExactCapacity;
  rule.min_magnitude = configuration.min_adjustment_magnitude.value_or(0);
  if (!configuration.step_adjustments) return rule;
  for (const auto& step : *configuration.step_adjustments) {
    rule.steps.push_back({step.metric_interval_lower_bound, step.metric_interval_upper_bound, step.scaling_adjustment});
  }
  return rule;
}

bool is_low_alarm(const PolicyRow& policy, const std::string& alarm_name) {
  return policy.alarms.size() > 1 && policy.alarms[1].alarm_name == alarm_name;
}

service::Call call_of(const Owner& owner, const service::Context& ctx) {
  service::Call call = ctx.call;
  call.account = owner.account;
  call.region = owner.region;
  return call;
}

// "min capacity to 1 and max capacity to 2"
std::string bounds_text(const ScheduledRow& action) {
  std::string text;
  if (action.min) text = "min capacity to " + std::to_string(*action.min);
  if (action.min && action.max) text += " and ";
  if (action.max) text += "max capacity to " + std::to_string(*action.max);
  return text;
}

std::int64_t reason_capacity(const std::string& reason, const TargetRow& target, const Observed& observed) {
  if (reason == kAlreadyAtMax) return target.max;
  if (reason == kAlreadyAtMin) return target.min;
  return observed.desired;
}

}  // namespace

std::expected<void, std::string> Scaler::on_alarm(const std::string& action_arn, const std::string& alarm_name,
                                                  const std::string& reason_data, service::Context& ctx) {
  const std::string* key = state_.find_policy(action_arn);
  if (key == nullptr) return std::unexpected("Scaling policy not found: " + action_arn);
  const PolicyRow policy = *state_.policies.find(*key);
  const TargetRow target = *state_.targets.find(target_key(ctx, policy.resource));
  auto signal = read_signal(reason_data, ctx.now);
  if (!signal) return std::unexpected(signal.error());
  if (policy.tracking && is_low_alarm(policy, alarm_name)) {
    heard_low_[*key] = {aggregate(signal->points, Aggregation::Average), ctx.now};
  }
  const auto observed = observe(policy.resource.resource_id, ctx);
  if (!observed) return std::unexpected(observed.error());
  const Call call{policy, target, alarm_name, std::move(*signal), *observed};
  const auto proposal = policy.tracking ? track(ctx, call) : step(ctx, call);
  if (proposal) carry_out(ctx, call, *proposal);
  return {};
}

std::optional<Proposal> Scaler::track(service::Context& ctx, const Call& call) {
  if (is_low_alarm(call.policy, call.alarm_name)) return track_in(ctx, call);
  const TargetTrackingScalingPolicyConfiguration& c = *call.policy.tracking;
  const base::Duration cooldown = cooldown_of(c.scale_out_cooldown);
  const double metric = aggregate(call.signal.points, Aggregation::Average);
  const std::int64_t from = base_for_scale_out(call.observed, call.target.last_out, cooldown, ctx.now);
  return Proposal{Direction::Out, tracked_capacity_out(from, metric, c.target_value, call.target.bounds()), cooldown};
}

// Scale-in takes all target tracking policies of the target that may scale in; the one that wants most wins.
std::optional<Proposal> Scaler::track_in(service::Context& ctx, const Call& call) {
  const TargetTrackingScalingPolicyConfiguration& c = *call.policy.tracking;
  const double metric = aggregate(call.signal.points, Aggregation::Average);
  std::int64_t capacity = tracked_capacity(call.observed.running, metric, c.target_value);
  for (const auto& [key, other] : state_.policies.with_prefix(policy_prefix(ctx, call.policy.resource))) {
    if (other.name == call.policy.name || !other.tracking || other.tracking->disable_scale_in.value_or(false)) continue;
    const auto wanted = capacity_of_other(ctx, key, other, call.observed.running);
    if (!wanted) return std::nullopt;
    capacity = std::max(capacity, *wanted);
  }
  return Proposal{Direction::In, capacity, cooldown_of(c.scale_in_cooldown)};
}

std::optional<std::int64_t> Scaler::capacity_of_other(service::Context& ctx, const std::string& key,
                                                      const PolicyRow& policy, std::int64_t running) {
  if (policy.alarms.size() < 2) return std::nullopt;
  api::cloudwatch::DescribeAlarmsInput input;
  input.alarm_names = std::vector<std::string>{policy.alarms[1].alarm_name};
  const auto answer = service::call<api::cloudwatch::DescribeAlarms>(std::move(input), ctx);
  if (!answer || !answer->metric_alarms || answer->metric_alarms->empty()) return std::nullopt;
  const auto& alarm = answer->metric_alarms->front();
  if (alarm.state_value != "ALARM") return std::nullopt;
  const auto heard = heard_low_.find(key);
  if (heard != heard_low_.end() && ctx.now - heard->second.at <= kHeardFor) {
    return tracked_capacity(running, heard->second.metric, policy.tracking->target_value);
  }
  const auto signal = read_old_signal(alarm.state_reason_data.value_or(""));
  if (!signal) return std::nullopt;
  return tracked_capacity(running, aggregate(signal->points, Aggregation::Average), policy.tracking->target_value);
}

std::optional<Proposal> Scaler::step(service::Context& ctx, const Call& call) {
  const auto& c = *call.policy.stepping;
  const StepRule rule = rule_of(c);
  const double difference =
      aggregate(call.signal.points, aggregation_of(c.metric_aggregation_type)) - call.signal.threshold;
  const base::Duration cooldown = cooldown_of(c.cooldown);
  const std::int64_t running = call.observed.running;
  const std::int64_t wanted = stepped_capacity(rule, running, difference).value_or(running);
  if (wanted < running) return Proposal{Direction::In, wanted, cooldown};
  const std::int64_t from = base_for_scale_out(call.observed, call.target.last_out, cooldown, ctx.now);
  return Proposal{Direction::Out, stepped_capacity(rule, from, difference).value_or(from), cooldown};
}

void Scaler::carry_out(service::Context& ctx, const Call& call, const Proposal& proposal) {
  const bool out = proposal.direction == Direction::Out;
  if (out ? call.target.out_suspended : call.target.in_suspended) return;
  const std::string cause = "monitor alarm " + call.alarm_name + " in state ALARM triggered policy " + call.policy.name;
  const Decision decision = decide(proposal, call.target.bounds(), call.observed, call.target.last_in, ctx.now);
  if (decision.kind == Decision::Kind::Wait) return;
  if (decision.kind == Decision::Kind::NotScaled) {
    const std::int64_t capacity = reason_capacity(decision.reason, call.target, call.observed);
    state_.activities.add_not_scaled(ctx, call.policy.resource, cause, decision.reason, capacity);
    return;
  }
  const auto activity = set_capacity(ctx, call.policy.resource, decision.capacity, cause);
  if (!activity) return;
  // A scale-out that follows a scale-out which still counts is reckoned from where that one began.
  const std::int64_t from =
      out ? base_for_scale_out(call.observed, call.target.last_out, proposal.cooldown, ctx.now) : call.observed.desired;
  state_.targets.modify(ctx.change, target_key(ctx, call.policy.resource), [&](TargetRow& row) {
    const Movement movement{*activity, from, decision.capacity, {}};
    (out ? row.last_out : row.last_in) = movement;
    if (out) row.last_in.reset();  // a scale-out stops the scale-in's cooldown
  });
}

std::optional<std::string> Scaler::set_capacity(service::Context& ctx, const ResourceName& resource,
                                                std::int64_t capacity, const std::string& cause) {
  ActivityRow activity;
  activity.resource = resource;
  activity.cause = cause;
  activity.capacity = capacity;
  activity.description = "Setting desired count to " + std::to_string(capacity) + ".";
  const auto done = set_desired(resource.resource_id, capacity, ctx);
  if (!done) {
    activity.status = ActivityStatus::Failed;
    activity.ended_at = ctx.now;
    activity.message = "Failed to set desired count to " + std::to_string(capacity) + ". Reason: " + done.error();
    state_.activities.add(ctx, std::move(activity));
    return std::nullopt;
  }
  state_.activities.override_open(ctx, resource, capacity);
  activity.message = set_message(capacity) + "Waiting for change to be fulfilled by ecs.";
  const std::string key = state_.activities.add(ctx, std::move(activity));
  return state_.activities.table().find(key)->id;
}

void Scaler::keep_bounds(service::Context& ctx, const ResourceName& resource, const Observed& observed) {
  const TargetRow& target = *state_.targets.find(target_key(ctx, resource));
  const std::int64_t min = target.min;
  const std::int64_t max = target.max;
  if (observed.desired < min) {
    set_capacity(ctx, resource, min, "minimum capacity was set to " + std::to_string(min));
  } else if (observed.desired > max) {
    set_capacity(ctx, resource, max, "maximum capacity was set to " + std::to_string(max));
  }
}

void Scaler::run_scheduled(service::Context& ctx) {
  for (const std::string& key : state_.timetable.due_by(ctx.now)) {
    const service::Call call = call_of(state_.timetable.table().find(key)->owner, ctx);
    service::Context own = ctx.as(call);
    run_action(own, key);
  }
}

// What was due while scheduled scaling was suspended, or while the process was down, is not made up for; of the latter
// the last run is.
void Scaler::run_action(service::Context& ctx, const std::string& key) {
  ScheduledRow action = *state_.timetable.table().find(key);
  if (!state_.timetable.plan(action, ctx.now)) action.next_at = base::kNever;  // its time zone has gone
  state_.timetable.table().put(ctx.change, key, action);
  const TargetRow* target = state_.targets.find(target_key(ctx, action.resource));
  if (target == nullptr || target->scheduled_suspended) return;
  set_bounds(ctx, *target, action);
}

// Two activities: one for the bounds, and one for the capacity if it must move into them.
void Scaler::set_bounds(service::Context& ctx, const TargetRow& target, const ScheduledRow& action) {
  TargetRow changed = target;
  changed.min = action.min.value_or(target.min);
  changed.max = action.max.value_or(target.max);
  const std::string what = bounds_text(action);
  ActivityRow activity;
  activity.resource = action.resource;
  activity.description = "Setting " + what;
  activity.cause = "scheduled action name " + action.name + " was triggered";
  activity.ended_at = ctx.now;
  if (changed.min > changed.max) {
    activity.status = ActivityStatus::Failed;
    activity.message = "Failed to set " + what + ". Reason: Maximum capacity cannot be less than minimum capacity";
    state_.activities.add(ctx, std::move(activity));
    return;
  }
  activity.status = ActivityStatus::Successful;
  activity.message = "Successfully set " + what;
  state_.activities.add(ctx, std::move(activity));
  const ResourceName resource = action.resource;
  state_.targets.put(ctx.change, target_key(ctx, resource), std::move(changed));
  if (const auto observed = observe(resource.resource_id, ctx)) keep_bounds(ctx, resource, *observed);
}

void Scaler::poll(service::Context& ctx) {
  for (const std::string& key : state_.activities.take_due(ctx.now)) {
    const service::Call call = call_of(state_.activities.table().find(key)->owner, ctx);
    service::Context own = ctx.as(call);
    poll_one(own, key);
  }
}

void Scaler::poll_one(service::Context& ctx, const std::string& key) {
  const ActivityRow activity = *state_.activities.table().find(key);
  const auto observed = observe(activity.resource.resource_id, ctx);
  if (!observed) {
    state_.activities.end(
        ctx, key, ActivityStatus::Failed,
        "Failed to set desired count to " + std::to_string(activity.capacity) + ". Reason: " + observed.error());
    close_movement(ctx, activity, false);
    return;
  }
  if (observed->desired != activity.capacity) {
    state_.activities.end(
        ctx, key, ActivityStatus::Overridden,
        set_message(activity.capacity) + "Found it was later changed to " + std::to_string(observed->desired) + ".");
    close_movement(ctx, activity, false);
    return;
  }
  if (observed->running != activity.capacity) return;
  const std::string message = set_message(activity.capacity) + "Change successfully fulfilled by ecs.";
  state_.activities.end(ctx, key, ActivityStatus::Successful, message);
  close_movement(ctx, activity, true);
  const auto service = parse_ecs_resource(activity.resource.resource_id);
  if (state_.events != nullptr && service) {
    state_.events->add(ctx, service->cluster, service->name, "Message: " + message + " Cause: " + activity.cause);
  }
}

// The cooldown begins when the change is fulfilled. One that came to nothing has none.
void Scaler::close_movement(service::Context& ctx, const ActivityRow& activity, bool successful) {
  const std::string key = target_key(ctx, activity.resource);
  const TargetRow* target = state_.targets.find(key);
  if (target == nullptr) return;
  const auto is_ours = [&](const std::optional<Movement>& movement) {
    return movement && movement->activity_id == activity.id;
  };
  if (!is_ours(target->last_out) && !is_ours(target->last_in)) return;
  state_.targets.modify(ctx.change, key, [&](TargetRow& row) {
    std::optional<Movement>& movement = is_ours(row.last_out) ? row.last_out : row.last_in;
    if (successful) {
      movement->ended_at = ctx.now;
    } else {
      movement.reset();
    }
  });
}

}  // namespace autoscaling
