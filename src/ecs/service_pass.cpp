#include "ecs/service_pass.h"

#include <algorithm>

#include "base/ensure.h"
#include "ecs/deployment_alarms.h"
#include "ecs/launch.h"
#include "ecs/life_spec.h"
#include "ecs/names.h"
#include "ecs/scheduler.h"
#include "ecs/tags.h"

namespace ecs {
namespace {

constexpr const char* kByScheduler = "ServiceSchedulerInitiated";
constexpr int kImpairedAfter = 3;  // launches in a row that failed, before the service says so

std::string list_of(const std::vector<std::string>& ids) {
  std::string text;
  for (const std::string& id : ids) text += (text.empty() ? "" : " ") + ("(task " + id + ")");
  return text;
}

bool has_health_check(const api::ecs::TaskDefinition& definition) {
  return std::ranges::any_of(life_spec(definition),
                             [](const life::ContainerSpec& one) { return one.essential && one.health; });
}

}  // namespace

DeploymentRow new_deployment(const api::ecs::CreateServiceRequest& config, const std::string& task_definition_arn,
                             std::int64_t desired, service::Context& ctx) {
  DeploymentRow deployment;
  deployment.id = "ecs-svc/" + base::draw(ctx.random, "123456789", 1) + base::draw(ctx.random, "0123456789", 18);
  deployment.task_definition_arn = task_definition_arn;
  deployment.desired = desired;
  deployment.created_at = ctx.now;
  deployment.updated_at = ctx.now;
  deployment.rollout_reason = "ECS deployment " + deployment.id + " in progress.";
  deployment.launch_type = config.launch_type;
  deployment.strategy = config.capacity_provider_strategy;
  deployment.platform_version = config.platform_version.value_or("LATEST");
  deployment.network = config.network_configuration;
  return deployment;
}

ServicePass::ServicePass(const std::string& key, Core& core, TaskDriver& driver, service::Context& ctx)
    : key_(key), core_(core), driver_(driver), ctx_(ctx), row_(*core.tables.services.find(key)) {}

base::TimePoint ServicePass::run() {
  if (row_.status == ServiceStatus::Inactive) {
    if (ctx_.now < row_.inactive_at + kInactiveServiceLife) return row_.inactive_at + kInactiveServiceLife;
    erase_service(core_, key_, ctx_);
    return base::kNever;
  }
  const ServiceRow before = row_;
  count_outcomes();
  if (row_.status == ServiceStatus::Active) {
    check_circuit_breaker();
    check_alarms();
  }
  if (primary().desired != row_.desired) {
    primary().desired = row_.desired;
    primary().updated_at = ctx_.now;
  }
  collect_members();
  std::vector<TaskView> views;
  for (const Member& member : members_) views.push_back(member.view);
  const ServicePlan plan = reconcile(goal(), views, row_.launch_not_before, ctx_.now);
  wake_ = std::min(wake_, plan.wake);
  if (plan.start > 0) start_tasks(plan.start);
  if (!plan.stop.empty()) stop_tasks(plan.stop);
  note_blocked(plan.blocked);
  note_held(plan.held);
  if (plan.idle() && settled()) {
    say_steady();
  } else {
    row_.steady = false;
  }
  if (row_.status == ServiceStatus::Draining) wake_ = std::min(wake_, finish_deleting());
  if (row_ != before) core_.tables.services.put(ctx_.change, key_, row_);
  return wake_;
}

// A deleted service is DRAINING until its last task has stopped.
base::TimePoint ServicePass::finish_deleting() {
  for (const std::string& task_key : core_.tables.tasks_of_service(key_)) {
    if (core_.tables.tasks.find(task_key)->life.phase != life::Phase::Stopped) return base::kNever;
  }
  row_.status = ServiceStatus::Inactive;
  row_.inactive_at = ctx_.now;
  row_.deployments.clear();
  return ctx_.now + kInactiveServiceLife;
}

DeploymentRow* ServicePass::find_deployment(const std::string& id) {
  const auto found = std::ranges::find(row_.deployments, id, &DeploymentRow::id);
  return found == row_.deployments.end() ? nullptr : &*found;
}

// Every task counts once: when it has reached RUNNING, or when it turned out that it never will.
void ServicePass::count_outcomes() {
  for (const std::string& task_key : core_.tables.tasks_of_service(key_)) {
    const TaskRow& task = *core_.tables.tasks.find(task_key);
    const life::State& life = task.life;
    const bool started = life.started_at != base::kNever;
    if (task.counted || (!started && !life.stop_wanted)) continue;
    if (!started) {
      count_failure(task);
    } else if (task.deployment == primary().id) {
      primary().reached_running = true;
      row_.start_failures = 0;
      row_.launch_not_before = {};
    }
    core_.tables.tasks.modify(ctx_.change, task_key, [](TaskRow& row) { row.counted = true; });
  }
  pace_crashes();
}

void ServicePass::pace_crashes() {
  for (const std::string& task_key : core_.tables.tasks_of_service(key_)) {
    const life::State& life = core_.tables.tasks.find(task_key)->life;
    if (life.started_at == base::kNever || life.stop_code != "EssentialContainerExited") continue;
    if (life.stopping_at - life.started_at >= kShortLife) continue;
    row_.launch_not_before = std::max(row_.launch_not_before, life.stopping_at + kCrashPace);
  }
}

// Tasks that fail together are one failed attempt.
void ServicePass::count_failure(const TaskRow& task) {
  if (task.life.stop_code == kByScheduler || task.life.stop_code == "UserInitiated") return;
  if (DeploymentRow* deployment = find_deployment(task.deployment)) {
    ++deployment->failed_tasks;
    if (!deployment->reached_running) ++deployment->breaker_failures;
  }
  if (task.deployment != primary().id) return;
  if (task.created_at < row_.last_start_failure_at) return;
  note_failed_attempt(" was unable to place a task. Reason: " + task.life.stopped_reason + ".");
}

// The next launch waits, longer each time.
void ServicePass::note_failed_attempt(const std::string& message) {
  ++row_.start_failures;
  row_.last_start_failure_at = ctx_.now;
  row_.launch_not_before = ctx_.now + launch_back_off(static_cast<int>(row_.start_failures));
  say(head() + message);
  if (row_.start_failures == kImpairedAfter) say(head() + " is unable to consistently start tasks successfully.");
}

void ServicePass::check_circuit_breaker() {
  const auto& configuration = row_.config.deployment_configuration;
  if (!configuration || !configuration->deployment_circuit_breaker) return;
  if (!configuration->deployment_circuit_breaker->enable || primary().rollout != Rollout::InProgress) return;
  if (primary().breaker_failures < circuit_breaker_threshold(static_cast<int>(row_.desired))) return;
  fail_deployment("ECS deployment circuit breaker: task failed to start.", "tasks failed to start.");
  if (configuration->deployment_circuit_breaker->rollback) roll_back("ECS deployment circuit breaker");
}

// Alarms are watched from the deployment's first running task on. Those that were in ALARM when it began count for
// nothing, and so does every other one then: it may be what mends the matter.
void ServicePass::check_alarms() {
  const auto& configuration = row_.config.deployment_configuration;
  if (!configuration || !configuration->alarms || !configuration->alarms->enable) return;
  if (primary().rollout != Rollout::InProgress) return;
  if (primary().alarms_seen && !primary().alarms_count) return;
  const AlarmsSeen seen = look_at_alarms(configuration->alarms->alarm_names, ctx_);
  if (!primary().alarms_seen) {
    primary().alarms_seen = true;
    primary().alarms_count = !seen.in_alarm;
  }
  if (!primary().alarms_count) return;
  wake_ = std::min(wake_, ctx_.now + kAlarmPoll);
  if (!seen.in_alarm || !primary().reached_running) return;
  fail_deployment("ECS deployment failed: alarm detected.", "alarm detected.");
  if (configuration->alarms->rollback) roll_back("ECS deployment alarm");
}

// Back to the last deployment that was completed, if there is one.
void ServicePass::roll_back(const std::string& detected_by) {
  const auto target = std::ranges::find(row_.deployments, true, &DeploymentRow::was_completed);
  if (target == row_.deployments.end()) return;
  std::rotate(row_.deployments.begin(), target, target + 1);
  DeploymentRow& back = primary();
  back.rollout = Rollout::InProgress;
  back.rollout_reason = detected_by + ": rolling back to deploymentId " + back.id + ".";
  back.updated_at = ctx_.now;
  back.breaker_failures = 0;
  back.alarms_seen = true;
  back.alarms_count = false;
  row_.config.task_definition = back.task_definition_arn;
  row_.config.network_configuration = back.network;
  row_.start_failures = 0;
  row_.launch_not_before = {};
  say(head() + " rolling back to deployment " + back.id + ".", std::chrono::milliseconds(1));
}

void ServicePass::fail_deployment(const std::string& reason, const std::string& event) {
  primary().rollout = Rollout::Failed;
  primary().rollout_reason = reason;
  primary().updated_at = ctx_.now;
  say(head() + " (deployment " + primary().id + ") deployment failed: " + event);
}

ServiceGoal ServicePass::goal() const {
  ServiceGoal goal;
  goal.desired = static_cast<int>(row_.desired);
  goal.deployment = primary().id;
  goal.may_start = primary().rollout != Rollout::Failed;
  if (const auto& configuration = row_.config.deployment_configuration) {
    goal.min_healthy_percent = static_cast<int>(configuration->minimum_healthy_percent.value_or(100));
    goal.max_percent = static_cast<int>(configuration->maximum_percent.value_or(200));
  }
  return goal;
}

void ServicePass::collect_members() {
  for (const std::string& task_key : core_.tables.tasks_of_service(key_)) {
    const TaskRow* task = core_.tables.tasks.find(task_key);
    if (!task->life.stop_wanted) {
      members_.push_back({task_key, task, view_of(*task)});
    } else if (task->life.phase < life::Phase::Deprovisioning) {
      winding_down_ = true;
    }
  }
}

TaskView ServicePass::view_of(const TaskRow& task) {
  const api::ecs::TaskDefinition& definition = core_.tables.find_definition(task.task_definition_arn)->definition;
  TaskView view{task.id, task.deployment, task.zone, task.created_at};
  view.running = task.life.phase == life::Phase::Running;
  if (row_.status == ServiceStatus::Active) view.protected_until = task.protected_until;
  if (!view.running) return view;
  if (!has_health_check(definition)) {
    view.healthy_at = task.life.started_at + kHealthyAfter;
    return view;
  }
  const life::Health health = life::task_health(life_spec(definition), task.life);
  if (health == life::Health::Healthy) view.healthy_at = task.life.started_at;
  const auto grace = std::chrono::seconds(row_.config.health_check_grace_period_seconds.value_or(0));
  if (health != life::Health::Unhealthy) return view;
  view.sick = ctx_.now >= task.life.started_at + grace;
  if (!view.sick) wake_ = std::min(wake_, task.life.started_at + grace);
  return view;
}

void ServicePass::start_tasks(int count) {
  const DeploymentRow& deployment = primary();
  Launch launch;
  launch.cluster = row_.cluster;
  launch.service = row_.name;
  launch.deployment = deployment.id;
  launch.definition = core_.tables.find_definition(deployment.task_definition_arn);
  ENSURE(launch.definition != nullptr);
  if (const auto complaint = role_complaint(launch.definition->definition, {}, ctx_)) {
    note_failed_attempt(" failed to launch a task with (error " + *complaint + ").");
    wake_ = std::min(wake_, row_.launch_not_before);
    return;
  }
  launch.started_by = deployment.id;
  launch.group = "service:" + row_.name;
  launch.launch_type = deployment.launch_type;
  launch.strategy = deployment.strategy;
  launch.platform_version = deployment.platform_version;
  launch.network = deployment.network;
  launch.execute_command = row_.config.enable_execute_command.value_or(false);
  if (row_.config.propagate_tags == "SERVICE") launch.tags = propagated(row_.tags);
  if (row_.config.propagate_tags == "TASK_DEFINITION") launch.tags = propagated(launch.definition->tags);
  if (row_.config.enable_ecs_managed_tags.value_or(false)) {
    launch.tags["aws:ecs:clusterName"] = row_.cluster;
    launch.tags["aws:ecs:serviceName"] = row_.name;
  }
  std::vector<const TaskRow*> earlier;
  std::size_t sick = 0;
  for (const Member& member : members_) {
    if (member.view.deployment == deployment.id) earlier.push_back(member.task);
    if (member.view.sick) ++sick;
  }
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) {
    TaskRow task = make_task(launch, earlier, core_, ctx_);
    ids.push_back(task.id);
    const std::string task_key = ecs::task_key(ctx_, row_.cluster, task.id);
    driver_.add(task_key, std::move(task), ctx_);
    earlier.push_back(core_.tables.tasks.find(task_key));
  }
  std::string message = head() + " has started " + std::to_string(count) + " tasks: " + list_of(ids) + ".";
  if (sick > 0) {
    const std::size_t replaced = std::min<std::size_t>(sick, ids.size());
    message += " Amazon ECS replaced " + std::to_string(replaced) + " tasks due to an unhealthy status.";
  }
  say(message);
}

void ServicePass::stop_tasks(const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    const auto member = std::ranges::find_if(members_, [&](const Member& one) { return one.task->id == id; });
    ENSURE(member != members_.end());
    if (member->view.sick) {
      say(head() + " (task " + id + ") failed container health checks.");
      if (DeploymentRow* deployment = find_deployment(member->view.deployment)) {
        ++deployment->failed_tasks;
        ++deployment->breaker_failures;
      }
      driver_.stop(member->key, kByScheduler, "Task failed container health checks", ctx_);
    } else {
      driver_.stop(member->key, kByScheduler,
                   "Scaling activity initiated by (deployment " + member->view.deployment + ")", ctx_);
    }
  }
  say(head() + " has stopped " + std::to_string(ids.size()) + " running tasks: " + list_of(ids) + ".");
}

void ServicePass::note_blocked(bool blocked) {
  if (blocked && !row_.blocked_said) {
    say(head() +
        " was unable to stop or start tasks during a deployment because of the service deployment configuration. "
        "Update the minimumHealthyPercent or maximumPercent value and try again.");
  }
  row_.blocked_said = blocked;
}

void ServicePass::note_held(const std::string& deployment) {
  if (!deployment.empty() && row_.held_said != deployment) {
    say(head() + " was unable to reach steady state because task set (" + deployment +
        ") was unable to scale in. Reason: The number of protected tasks are more than the desired count of tasks.");
  }
  row_.held_said = deployment;
}

// Everything as desired: the right number RUNNING, from one deployment, and nothing still on its way out.
bool ServicePass::settled() const {
  if (winding_down_ || row_.status != ServiceStatus::Active || primary().rollout == Rollout::Failed) return false;
  if (static_cast<std::int64_t>(members_.size()) != row_.desired) return false;
  return std::ranges::all_of(members_, [&](const Member& member) {
    const TaskView& view = member.view;
    const bool waits_for_health = view.running && view.healthy_at == base::kNever;
    return view.running && !view.sick && !waits_for_health && view.deployment == primary().id;
  });
}

// With all its tasks there, a deployment with alarms is watched on for a while before it is completed.
bool ServicePass::is_baking() {
  DeploymentRow& deployment = primary();
  if (deployment.rollout != Rollout::InProgress || !deployment.alarms_count) return false;
  const auto& configuration = row_.config.deployment_configuration;
  if (!configuration || !configuration->alarms || !configuration->alarms->enable) return false;
  if (deployment.baked_at == base::kNever) {
    deployment.baked_at = ctx_.now + look_at_alarms(configuration->alarms->alarm_names, ctx_).bake;
  }
  if (ctx_.now < deployment.baked_at) wake_ = std::min(wake_, deployment.baked_at);
  return ctx_.now < deployment.baked_at;
}

void ServicePass::say_steady() {
  if (is_baking()) return;
  if (primary().rollout == Rollout::InProgress) {
    primary().rollout = Rollout::Completed;
    primary().rollout_reason = "ECS deployment " + primary().id + " completed.";
    primary().was_completed = true;
    primary().updated_at = ctx_.now;
    row_.deployments.resize(1);
    say(head() + " (deployment " + primary().id + ") deployment completed.");
    row_.steady = false;
  }
  if (!row_.steady || ctx_.now >= row_.steady_said_at + kSteadyRepeat) {
    say(head() + " has reached a steady state.", std::chrono::milliseconds(1));
    row_.steady = true;
    row_.steady_said_at = ctx_.now;
  }
  wake_ = std::min(wake_, row_.steady_said_at + kSteadyRepeat);
}

void ServicePass::say(const std::string& message, base::Duration offset) {
  put_service_event(core_, key_, row_.next_event++, {base::uuid(ctx_.random), ctx_.now + offset, message}, ctx_);
}

}  // namespace ecs
