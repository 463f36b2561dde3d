#include "sim/model_runtime.h"

#include <algorithm>
#include <cmath>
#include <csignal>

#include "api/ecs/operations.h"

namespace sim {
namespace {

constexpr const char* kDigest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr double kUnitsPerCpu = 1024;
constexpr double kGiB = 1024.0 * 1024 * 1024;
// Fargate bills a task for a minute at least (aws.amazon.com/fargate/pricing).
constexpr double kLeastBilled = 60;
constexpr int kKilled = 128 + SIGKILL;
constexpr std::string_view kServiceGroup = "service:";

}  // namespace

struct ModelRuntime::Container {
  enum class Phase { Pulled, Starting, Running, Exited };
  std::string name;
  Phase phase = Phase::Pulled;
  base::TimePoint started{};
  base::TimePoint ended{};
  std::unique_ptr<Program> program;  // of the main container
  base::Duration busy{};
};

struct ModelRuntime::Sandbox {
  runtime::SandboxSpec spec;
  std::string service;  // ARN, "" of other tasks
  std::string main;     // the container in which the program runs; "" until it is known
  bool arm = false;
  const ServiceModel* model = nullptr;
  base::SeededRandom random{0};
  std::uint64_t number = 0;  // of the service's tasks
  base::TimePoint billed_from = base::kNever;
  base::TimePoint billed_to = base::kNever;
  bool counted = false;
  std::map<std::string, Container> containers;

  const Launch& launch(const Workload& workload) const { return model == nullptr ? workload.launch : model->launch; }
};

ModelRuntime::ModelRuntime() = default;
ModelRuntime::~ModelRuntime() = default;

ModelRuntime::Sandbox* ModelRuntime::find(const runtime::TaskId& task) {
  const auto found = sandboxes_.find(task);
  return found == sandboxes_.end() ? nullptr : found->second.get();
}

ModelRuntime::Container* ModelRuntime::find(const runtime::TaskId& task, const std::string& name) {
  Sandbox* sandbox = find(task);
  if (sandbox == nullptr) return nullptr;
  const auto found = sandbox->containers.find(name);
  return found == sandbox->containers.end() ? nullptr : &found->second;
}

// All commands come from within a turn of the cloud, so whatever asks the cloud something happens in a later step.
void ModelRuntime::create_sandbox(const runtime::TaskId& task, const runtime::SandboxSpec& spec) {
  if (sandboxes_.contains(task)) return;
  auto sandbox = std::make_unique<Sandbox>();
  sandbox->spec = spec;
  sandboxes_[task] = std::move(sandbox);
  world().after({}, [this, task] { prepare(task); });
}

void ModelRuntime::prepare(const runtime::TaskId& task) {
  Sandbox* sandbox = find(task);
  if (sandbox == nullptr) return;
  identify(task, *sandbox);
  const base::Duration delay = sandbox->launch(stage_->workload).network.draw(sandbox->random);
  world().after(delay, [this, task] {
    if (find(task) != nullptr) world().tell(runtime::event::SandboxReady{task});
  });
}

void ModelRuntime::identify(const runtime::TaskId& task, Sandbox& sandbox) {
  const auto clusters = world().call<api::ecs::ListClusters>({});
  if (!clusters || !clusters->cluster_arns) return;
  for (const std::string& cluster : *clusters->cluster_arns) {
    api::ecs::DescribeTasksRequest input;
    input.cluster = cluster;
    input.tasks = {task};
    const auto answer = world().call<api::ecs::DescribeTasks>(std::move(input));
    if (!answer || !answer->tasks || answer->tasks->empty()) continue;
    const api::ecs::Task& found = answer->tasks->front();
    name_main_container(found.task_definition_arn.value_or(""), sandbox);
    const std::string group = found.group.value_or("");
    if (!group.starts_with(kServiceGroup)) break;
    std::string arn = cluster;
    arn.replace(arn.find(":cluster/"), std::string(":cluster/").size(), ":service/");
    sandbox.service = arn + "/" + group.substr(kServiceGroup.size());
    break;
  }
  match(sandbox);
  sandbox.number = launched_[sandbox.service]++;
  sandbox.random = base::SeededRandom(seed_of(seed_, sandbox.service + "/task", sandbox.number));
}

void ModelRuntime::name_main_container(const std::string& definition, Sandbox& sandbox) {
  auto known = mains_.find(definition);
  if (known == mains_.end()) {
    std::pair<std::string, bool> main;
    api::ecs::DescribeTaskDefinitionRequest input;
    input.task_definition = definition;
    const auto answer = world().call<api::ecs::DescribeTaskDefinition>(std::move(input));
    if (answer && answer->task_definition && answer->task_definition->container_definitions) {
      const auto& containers = *answer->task_definition->container_definitions;
      const auto essential =
          std::ranges::find_if(containers, [](const auto& one) { return one.essential.value_or(true); });
      if (essential != containers.end()) main.first = essential->name.value_or("");
      const auto& platform = answer->task_definition->runtime_platform;
      main.second = platform && platform->cpu_architecture == "ARM64";
    }
    known = mains_.emplace(definition, std::move(main)).first;
  }
  sandbox.main = known->second.first;
  sandbox.arm = known->second.second;
}

void ModelRuntime::match(Sandbox& sandbox) {
  if (sandbox.service.empty()) return;
  const auto known = models_.find(sandbox.service);
  if (known != models_.end()) {
    sandbox.model = known->second;
    return;
  }
  for (const std::string& name : stage_->names.names_of_service(sandbox.service)) {
    const auto found = stage_->workload.services.find(name);
    if (found == stage_->workload.services.end()) continue;
    sandbox.model = &found->second;
    used_.insert(name);
    break;
  }
  if (sandbox.model == nullptr) idle_.insert(sandbox.service);
  models_[sandbox.service] = sandbox.model;
}

void ModelRuntime::pull_image(const runtime::TaskId& task, const std::string& container, const runtime::ImageSource&) {
  Sandbox* sandbox = find(task);
  if (sandbox == nullptr) return;
  sandbox->billed_from = std::min(sandbox->billed_from, world().now());
  sandbox->containers[container].name = container;
  const base::Duration delay = sandbox->launch(stage_->workload).pull.draw(sandbox->random);
  world().after(delay, [this, task, container] {
    if (find(task) != nullptr) world().tell(runtime::event::ImagePulled{task, container, kDigest});
  });
}

void ModelRuntime::start_container(const runtime::TaskId& task, const runtime::ContainerSpec& spec) {
  Sandbox* sandbox = find(task);
  if (sandbox == nullptr) return;
  Container& container = sandbox->containers[spec.name];
  container.name = spec.name;
  if (container.phase != Container::Phase::Pulled) return;
  container.phase = Container::Phase::Starting;
  const base::Duration delay = sandbox->launch(stage_->workload).start.draw(sandbox->random);
  world().after(delay, [this, task, name = spec.name] { begin(task, name); });
}

void ModelRuntime::begin(const runtime::TaskId& task, const std::string& name) {
  Container* container = find(task, name);
  if (container == nullptr || container->phase != Container::Phase::Starting) return;
  container->phase = Container::Phase::Running;
  container->started = world().now();
  world().tell(runtime::event::ContainerStarted{task, name, task + "-" + name});
  Sandbox& sandbox = *find(task);
  if (name != sandbox.main) return;
  const std::uint64_t seed = seed_of(seed_, sandbox.service, sandbox.number);
  container->program = std::make_unique<Program>(*stage_, sandbox.model, seed, [this, task, name](int code) {
    Container* ending = find(task, name);
    if (ending == nullptr || ending->phase != Container::Phase::Running) return;
    if (code != 0) ++closed_[find(task)->service].crashed;
    finish(task, *ending, code);
  });
  container->program->begin();
}

void ModelRuntime::finish(const runtime::TaskId& task, Container& container, int exit_code) {
  if (container.phase != Container::Phase::Running) return;
  container.phase = Container::Phase::Exited;
  container.ended = world().now();
  if (container.program) container.program->gone();
  world().tell(runtime::event::ContainerExited{task, container.name, exit_code, false});
}

void ModelRuntime::signal_container(const runtime::TaskId& task, const std::string& name, int signal) {
  const bool kill = signal == SIGKILL;
  world().after({}, [this, task, name, kill] {
    Container* container = find(task, name);
    if (container == nullptr || container->phase != Container::Phase::Running) return;
    if (kill) {
      ++closed_[find(task)->service].killed;
      finish(task, *container, kKilled);
    } else if (container->program) {
      container->program->sigterm();
    } else {
      finish(task, *container, 0);  // a sidecar, which has nothing to finish
    }
  });
}

void ModelRuntime::check_health(const runtime::TaskId& task, const std::string& name, const runtime::HealthCheck&) {
  world().after({}, [this, task, name] {
    const Container* container = find(task, name);
    if (container == nullptr || container->phase != Container::Phase::Running) return;
    world().tell(runtime::event::HealthChecked{task, name, true});
  });
}

void ModelRuntime::remove_sandbox(const runtime::TaskId& task) {
  world().after({}, [this, task] {
    Sandbox* sandbox = find(task);
    if (sandbox == nullptr) return world().tell(runtime::event::SandboxRemoved{task});
    for (auto& [name, container] : sandbox->containers) finish(task, container, kKilled);
    sandbox->billed_to = world().now();
    const base::Duration delay = sandbox->launch(stage_->workload).release.draw(sandbox->random);
    world().after(delay, [this, task] {
      if (Sandbox* gone = find(task)) {
        settle_account(*gone, closed_[gone->service], true);
        sandboxes_.erase(task);
      }
      world().tell(runtime::event::SandboxRemoved{task});
    });
  });
}

// Billed from the beginning of the pull to the end of the last container, in whole seconds.
void ModelRuntime::settle_account(Sandbox& sandbox, ServiceTotals& totals, bool closing) {
  const base::TimePoint now = world().now();
  totals.arm = sandbox.arm;
  ++totals.launched;
  if (closing) ++totals.stopped;
  if (sandbox.billed_from != base::kNever) {
    const base::Duration billed = std::min(sandbox.billed_to, now) - sandbox.billed_from;
    const double seconds = std::max(std::ceil(base::to_seconds(billed)), kLeastBilled);
    totals.billed_seconds += seconds;
    totals.vcpu_seconds += seconds * static_cast<double>(sandbox.spec.cpu_units) / kUnitsPerCpu;
    totals.gib_seconds += seconds * static_cast<double>(sandbox.spec.memory_bytes) / kGiB;
  }
  const auto main = sandbox.containers.find(sandbox.main);
  if (main == sandbox.containers.end() || !main->second.program) return;
  Container& container = main->second;
  const base::TimePoint end = container.phase == Container::Phase::Running ? now : container.ended;
  const double running = base::to_seconds(end - container.started);
  totals.running_seconds += running;
  const bool consumes = sandbox.model != nullptr && sandbox.model->consume;
  if (consumes) totals.worker_seconds += running * sandbox.model->consume->concurrency;
  container.busy += container.program->take_busy(now);
  totals.busy += container.busy;
}

std::map<std::string, ServiceTotals> ModelRuntime::totals() {
  std::map<std::string, ServiceTotals> all = closed_;
  for (auto& [task, sandbox] : sandboxes_) settle_account(*sandbox, all[sandbox->service], false);
  return all;
}

void ModelRuntime::sample_usage() {
  world().after({}, [this] {
    const base::TimePoint now = world().now();
    const base::Duration over = now - std::exchange(sampled_, now);
    for (auto& [task, sandbox] : sandboxes_) {
      const auto main = sandbox->containers.find(sandbox->main);
      if (main == sandbox->containers.end() || main->second.phase != Container::Phase::Running) continue;
      Program& program = *main->second.program;
      world().tell(runtime::event::Usage{task, program.take_cpu(now), program.memory(), over});
    }
  });
}

}  // namespace sim
