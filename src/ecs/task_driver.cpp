#include "ecs/task_driver.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "base/ensure.h"
#include "ecs/awslogs.h"
#include "ecs/image.h"
#include "ecs/insights.h"
#include "ecs/launch.h"
#include "ecs/life_spec.h"
#include "ecs/names.h"
#include "ecs/secrets.h"

namespace ecs {
namespace {

constexpr int kSigkill = 9;
constexpr int kImageStopSignal = 0;
constexpr base::Duration kSamplePeriod = std::chrono::minutes(1);
constexpr std::int64_t kMiB = 1024 * 1024;
constexpr double kUnitsPerCpu = 1024;

std::string log_key(const std::string& task_id, const std::string& container) {
  return task_id + "/" + container;
}

std::optional<std::size_t> index_of(const api::ecs::TaskDefinition& definition, const std::string& container) {
  const auto& all = *definition.container_definitions;
  const auto found = std::ranges::find_if(all, [&](const auto& one) { return one.name == container; });
  if (found == all.end()) return std::nullopt;
  return static_cast<std::size_t>(found - all.begin());
}

// A runtime event as the state machine sees it; nothing for logs, usage and unknown containers.
struct Translate {
  const api::ecs::TaskDefinition& definition;
  using Answer = std::optional<life::Event>;

  template <class Make>
  Answer with(const std::string& container, Make make) const {
    const auto index = index_of(definition, container);
    return index ? Answer(make(*index)) : std::nullopt;
  }
  Answer operator()(const runtime::event::SandboxReady&) const { return life::SandboxReady{}; }
  Answer operator()(const runtime::event::SandboxFailed& e) const { return life::SandboxFailed{e.reason}; }
  Answer operator()(const runtime::event::ImagePulled& e) const {
    return with(e.container, [&](std::size_t i) { return life::ImagePulled{i, e.image_digest}; });
  }
  Answer operator()(const runtime::event::ImagePullFailed& e) const {
    return with(e.container, [&](std::size_t i) { return life::ImagePullFailed{i, e.reason}; });
  }
  Answer operator()(const runtime::event::ContainerStarted& e) const {
    return with(e.container, [&](std::size_t i) { return life::Started{i, e.runtime_id}; });
  }
  Answer operator()(const runtime::event::ContainerStartFailed& e) const {
    return with(e.container, [&](std::size_t i) { return life::StartFailed{i, e.reason}; });
  }
  Answer operator()(const runtime::event::ContainerExited& e) const {
    return with(e.container, [&](std::size_t i) { return life::Exited{i, e.exit_code, e.out_of_memory}; });
  }
  Answer operator()(const runtime::event::HealthChecked& e) const {
    return with(e.container, [&](std::size_t i) { return life::Checked{i, e.healthy}; });
  }
  Answer operator()(const runtime::event::SandboxRemoved&) const { return life::SandboxRemoved{}; }
  Answer operator()(const runtime::event::Logs&) const { return std::nullopt; }
  Answer operator()(const runtime::event::Usage&) const { return std::nullopt; }
  Answer operator()(const runtime::event::Stats&) const { return std::nullopt; }
};

}  // namespace

struct TaskDriver::Found {
  const std::string key;
  const TaskRow& task;
  const api::ecs::TaskDefinition& definition;

  const api::ecs::ContainerDefinition& container(std::size_t index) const {
    return (*definition.container_definitions)[index];
  }
  std::string name(std::size_t index) const { return container(index).name.value_or(""); }
};

std::optional<TaskDriver::Found> TaskDriver::find(const std::string& key) const {
  const TaskRow* task = core_.tables.tasks.find(key);
  if (task == nullptr) return std::nullopt;
  const TaskDefinitionRow* definition = core_.tables.find_definition(task->task_definition_arn);
  ENSURE(definition != nullptr);  // definitions are deregistered, never erased
  return Found{key, *task, definition->definition};
}

void TaskDriver::add(const std::string& key, TaskRow task, service::Context& ctx) {
  const std::vector<life::Command> commands = life::owed_commands(task.life);
  if (!task.service.empty()) core_.touched.insert(service_key_of(key, task));
  core_.tables.tasks.put(ctx.change, key, std::move(task));
  const auto found = find(key);
  for (const life::Command& command : commands) (void)carry_out(*found, command, ctx);
}

// A command may fail on our side (no such image, no such log group): that is an event for the machine again.
void TaskDriver::advance(const std::string& key, const life::Event& event, service::Context& ctx) {
  const service::Call call = call_of_key(key, ctx.call);
  service::Context there = ctx.as(call);
  std::deque<life::Event> events{event};
  for (; !events.empty(); events.pop_front()) {
    const auto found = find(key);
    if (!found) return;
    TaskRow after = found->task;
    const auto commands = life::advance(life_spec(found->definition), after.life, events.front(), ctx.now);
    if (after.life == found->task.life) continue;
    store(key, TaskRow(found->task), std::move(after), there);
    for (const life::Command& command : commands) {
      if (auto failure = carry_out(*found, command, there)) events.push_back(std::move(*failure));
    }
  }
}

void TaskDriver::store(const std::string& key, const TaskRow& before, TaskRow after, service::Context& ctx) {
  if (before.life.version != after.life.version && !after.service.empty()) {
    core_.touched.insert(service_key_of(key, after));
  }
  if (before.life.phase != after.life.phase && after.life.phase == life::Phase::Stopped) {
    if (!after.credentials_id.empty()) core_.tables.credentials.erase(ctx.change, after.credentials_id);
    if (!after.interface.id.empty()) core_.network.remove(after.interface, ctx);
    const std::string logs = log_key(after.id, "");
    std::vector<std::string> keys;
    for (const auto& [name, row] : core_.tables.log_positions.with_prefix(logs)) keys.push_back(name);
    for (const std::string& name : keys) core_.tables.log_positions.erase(ctx.change, name);
  }
  core_.tables.tasks.put(ctx.change, key, std::move(after));
  plan_sampling(ctx.now);
}

std::optional<life::Event> TaskDriver::carry_out(const Found& found, const life::Command& command,
                                                 service::Context& ctx) {
  runtime::Runtime* runtime = &core_.runtime;
  const std::string id = found.task.id;
  const std::string name = found.name(command.container);
  switch (command.verb) {
    case life::Verb::CreateSandbox:
      ctx.change.after_durable([runtime, id, spec = sandbox_of(found)] { runtime->create_sandbox(id, spec); });
      return std::nullopt;
    case life::Verb::PullImage:
      return pull(found, command.container, ctx);
    case life::Verb::StartContainer:
      return start(found, command.container, ctx);
    case life::Verb::AskToStop:
      ctx.change.after_durable([runtime, id, name] { runtime->signal_container(id, name, kImageStopSignal); });
      return std::nullopt;
    case life::Verb::Kill:
      ctx.change.after_durable([runtime, id, name] { runtime->signal_container(id, name, kSigkill); });
      return std::nullopt;
    case life::Verb::CheckHealth:
      ctx.change.after_durable(
          [runtime, id, name, check = health_check(*found.container(command.container).health_check)] {
            runtime->check_health(id, name, check);
          });
      return std::nullopt;
    case life::Verb::RemoveSandbox:
      ctx.change.after_durable([runtime, id] { runtime->remove_sandbox(id); });
      return std::nullopt;
  }
  return std::nullopt;
}

runtime::SandboxSpec TaskDriver::sandbox_of(const Found& found) const {
  runtime::SandboxSpec spec = sandbox_spec(found.definition, found.task);
  if (has_network(found)) spec.network = {found.task.interface.vpc, found.task.interface.id};
  spec.hostname = hostname_of(found.task, has_network(found));
  return spec;
}

bool TaskDriver::has_network(const Found& found) const {
  return core_.network.attaches() && !found.task.interface.id.empty();
}

life::Hindered TaskDriver::hindered(std::size_t container, Obstacle obstacle) const {
  const base::Duration wait = obstacle.unreachable ? core_.options.unreachable_after : base::Duration::zero();
  return {container, static_cast<int>(obstacle.step), std::move(obstacle.reason), wait};
}

std::optional<life::Event> TaskDriver::pull(const Found& found, std::size_t container, service::Context& ctx) {
  const Launcher launcher{core_.network, found.task, execution_role(found.task, found.definition, ctx)};
  if (auto obstacle = secrets_obstacle(launcher, found.definition, ctx)) {
    return hindered(container, std::move(*obstacle));
  }
  const std::string image = found.container(container).image.value_or("");
  if (auto obstacle = manifest_obstacle(launcher, image, ctx)) return hindered(container, std::move(*obstacle));
  auto source = resolve_image(image, ctx);
  if (!source && core_.options.images_assumed) source = runtime::ImageSource{.reference = image};
  if (!source) return life::ImagePullFailed{container, source.error()};
  if (auto obstacle = layers_obstacle(launcher, image, source->local_digest, ctx)) {
    return hindered(container, std::move(*obstacle));
  }
  ctx.change.after_durable([runtime = &core_.runtime, id = found.task.id, name = found.name(container),
                            source = std::move(*source)] { runtime->pull_image(id, name, source); });
  return std::nullopt;
}

std::optional<life::Event> TaskDriver::start(const Found& found, std::size_t container, service::Context& ctx) {
  const Launcher launcher{core_.network, found.task, execution_role(found.task, found.definition, ctx)};
  // As they are now: no row holds the values.
  auto secrets = fetch_secrets(launcher, found.container(container), ctx);
  if (!secrets) return hindered(container, std::move(secrets).error());
  if (const auto target = log_target(found.container(container), found.task.id)) {
    if (auto obstacle = log_obstacle(launcher, *target, ctx)) return hindered(container, std::move(*obstacle));
    if (auto opened = open_log(*target, ctx); !opened) return life::StartFailed{container, opened.error()};
  }
  Surroundings surroundings;
  surroundings.secrets = std::move(*secrets);
  surroundings.region = ctx.call.region;
  surroundings.own_network = has_network(found);
  if (!surroundings.own_network) surroundings.endpoint = core_.options.endpoint;
  surroundings.hostname = hostname_of(found.task, surroundings.own_network);
  surroundings.metadata_id = metadata_id(found.task.id, found.name(container));
  if (!found.task.credentials_id.empty())
    surroundings.credentials_path = "/v2/credentials/" + found.task.credentials_id;
  ctx.change.after_durable([runtime = &core_.runtime, id = found.task.id,
                            spec = container_spec(found.definition, found.task, container, surroundings)] {
    runtime->start_container(id, spec);
  });
  return std::nullopt;
}

void TaskDriver::on_runtime_event(const runtime::Event& event, service::Context& ctx) {
  if (const auto* logs = std::get_if<runtime::event::Logs>(&event)) return on_logs(*logs, ctx);
  if (const auto* usage = std::get_if<runtime::event::Usage>(&event)) return on_usage(*usage, ctx);
  const std::string* key = std::visit([&](const auto& e) { return core_.tables.find_task_key(e.task); }, event);
  if (key == nullptr) return;
  const auto found = find(*key);
  if (auto translated = std::visit(Translate{found->definition}, event)) {
    advance(std::string(*key), *translated, ctx);
  }
}

// Lines and the position up to which they are stored become durable together, so that a crash neither loses nor
// repeats any.
void TaskDriver::on_logs(const runtime::event::Logs& logs, service::Context& ctx) {
  const std::string* key = core_.tables.find_task_key(logs.task);
  if (key == nullptr) return;
  const auto found = find(*key);
  const auto index = index_of(found->definition, logs.container);
  if (!index || found->task.life.phase == life::Phase::Stopped) return;
  const LogPositionRow* stored = core_.tables.log_positions.find(log_key(logs.task, logs.container));
  if (stored == nullptr || stored->position < logs.position) {
    if (const auto target = log_target(found->container(*index), logs.task)) {
      const service::Call call = call_of_key(*key, ctx.call);
      service::Context there = ctx.as(call);
      store_lines(*target, logs.lines, there);
    }
    core_.tables.log_positions.put(ctx.change, log_key(logs.task, logs.container), {logs.position});
  }
  ctx.change.after_durable([runtime = &core_.runtime, task = logs.task, container = logs.container,
                            position = logs.position] { runtime->logs_stored(task, container, position); });
}

// Memory counts in whole MiB, as CloudWatch shows it.
void TaskDriver::on_usage(const runtime::event::Usage& usage, service::Context& ctx) {
  const std::string* key = core_.tables.find_task_key(usage.task);
  if (key == nullptr) return;
  const auto found = find(*key);
  const TaskRow& task = found->task;
  const double seconds = base::to_seconds(usage.over);
  if (task.service.empty() || task.life.phase != life::Phase::Running || seconds <= 0) return;
  const auto cpu = static_cast<double>(task_cpu_units(found->definition, task.overrides)) / kUnitsPerCpu;
  const auto memory = static_cast<double>(task_memory_mib(found->definition, task.overrides));
  TaskUsage sample;
  sample.cluster = task.cluster;
  sample.service = task.service;
  sample.minute = std::chrono::floor<std::chrono::minutes>(ctx.now) - kSamplePeriod;
  if (cpu > 0) sample.cpu_percent = usage.cpu_seconds / seconds / cpu * 100;
  if (memory > 0) sample.memory_percent = std::round(static_cast<double>(usage.memory_bytes) / kMiB) / memory * 100;
  const service::Call call = call_of_key(*key, ctx.call);
  service::Context there = ctx.as(call);
  const ClusterRow* cluster = core_.tables.clusters.find(cluster_key(there, task.cluster));
  if (cluster != nullptr && has_insights(*cluster)) {
    sample.insights = true;
    sample.family = found->definition.family.value_or("");
    sample.cpu_units = usage.cpu_seconds / seconds * kUnitsPerCpu;
    sample.cpu_reserved = cpu * kUnitsPerCpu;
    sample.memory_mib = std::round(static_cast<double>(usage.memory_bytes) / kMiB);
    sample.memory_reserved = memory;
  }
  core_.metrics.record(sample, there);
}

base::TimePoint TaskDriver::deadline() const {
  const Agenda& agenda = core_.tables.task_agenda();
  return std::min(agenda.empty() ? base::kNever : agenda.begin()->first, sample_at_);
}

void TaskDriver::tick(service::Context& ctx) {
  std::vector<std::string> due;
  for (const auto& [at, key] : core_.tables.task_agenda()) {
    if (at > ctx.now) break;
    due.push_back(key);
  }
  for (const std::string& key : due) {
    if (core_.tables.tasks.find(key)->life.phase == life::Phase::Stopped) {
      forget(key, ctx);
    } else {
      advance(key, life::Elapsed{}, ctx);
    }
  }
  if (sample_at_ <= ctx.now) {
    sample_at_ = base::kNever;
    if (core_.tables.running_service_tasks() > 0) core_.runtime.sample_usage();
  }
  plan_sampling(ctx.now);
}

void TaskDriver::forget(const std::string& key, service::Context& ctx) {
  core_.tables.tasks.erase(ctx.change, key);
}

void TaskDriver::plan_sampling(base::TimePoint now) {
  if (sample_at_ != base::kNever || core_.tables.running_service_tasks() == 0) return;
  sample_at_ = std::chrono::floor<std::chrono::minutes>(now) + kSamplePeriod;
}

void TaskDriver::resume(service::Context& ctx) {
  std::vector<runtime::Adoption> adoptions;
  for (const auto& [key, task] : core_.tables.tasks.rows()) {
    if (task.life.phase == life::Phase::Stopped) continue;
    const auto found = find(key);
    runtime::Adoption& adoption = adoptions.emplace_back();
    adoption.task = task.id;
    for (std::size_t i = 0; i < task.life.containers.size(); ++i) {
      if (task.life.containers[i].status != life::Status::Running) continue;
      const LogPositionRow* stored = core_.tables.log_positions.find(log_key(task.id, found->name(i)));
      adoption.containers.push_back({found->name(i), stored == nullptr ? 0 : stored->position});
    }
  }
  ctx.change.after_durable([runtime = &core_.runtime, adoptions] { runtime->adopt(adoptions); });
  core_.network.resume(ctx);

  std::vector<std::string> keys;
  for (const auto& [key, task] : core_.tables.tasks.rows()) keys.push_back(key);
  for (const std::string& key : keys) {
    const service::Call call = call_of_key(key, ctx.call);
    service::Context there = ctx.as(call);
    const auto found = find(key);
    for (const life::Command& command : life::owed_commands(found->task.life)) {
      if (auto failure = carry_out(*found, command, there)) advance(key, *failure, ctx);
    }
  }
  plan_sampling(ctx.now);
}

}  // namespace ecs
