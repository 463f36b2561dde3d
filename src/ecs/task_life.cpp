#include "ecs/task_life.h"

#include <algorithm>

#include "base/ensure.h"

namespace ecs::life {
namespace {

// How long a container may take to end after SIGKILL before the sandbox is removed all the same.
constexpr base::Duration kKillGrace = std::chrono::seconds(30);
// How much longer than its own timeout a health check may take to be reported.
constexpr base::Duration kCheckGrace = std::chrono::seconds(10);
constexpr int kKilledExitCode = 137;
constexpr int kMaxExitCode = 255;

constexpr const char* kFailedToStart = "TaskFailedToStart";
constexpr const char* kEssentialExited = "EssentialContainerExited";

class Machine {
 public:
  Machine(const Spec& spec, State& state, base::TimePoint now) : spec_(spec), state_(state), now_(now) {
    ENSURE(spec.size() == state.containers.size());
  }

  void on(const Elapsed&) {}
  void on(const SandboxReady&);
  void on(const SandboxFailed& event) { stop(kFailedToStart, event.reason); }
  void on(const ImagePulled&);
  void on(const ImagePullFailed&);
  void on(const Started&);
  void on(const StartFailed&);
  void on(const Hindered&);
  void on(const Exited&);
  void on(const Checked&);
  void on(const SandboxRemoved&);
  void on(const StopAsked& event) { stop(event.code, event.reason); }

  // Whatever the new state implies, until nothing more does.
  std::vector<Command> settle();

 private:
  Container* at(std::size_t index) { return index < state_.containers.size() ? &state_.containers[index] : nullptr; }
  std::size_t index_of(const std::string& name) const;
  void issue(Verb verb, std::size_t container = 0) { commands_.push_back({verb, container}); }

  void stop(const std::string& code, const std::string& reason);
  void end(std::size_t index, std::optional<int> exit_code);
  void give_up_on(std::size_t index, const std::string& reason);

  enum class Readiness : std::uint8_t { Met, Wait, Never };
  Readiness readiness(const Dependency& dependency) const;
  void start_what_can();
  void reach_running();
  void try_again(std::size_t index);
  void check_health(std::size_t index);
  void fail_check(Container& container, const HealthSpec& health);
  void wind_down();
  bool wind_down(std::size_t index);
  bool has_running_dependants(std::size_t index) const;

  const Spec& spec_;
  State& state_;
  base::TimePoint now_;
  std::vector<Command> commands_;
};

std::size_t Machine::index_of(const std::string& name) const {
  const auto found = std::ranges::find(spec_, name, &ContainerSpec::name);
  ENSURE(found != spec_.end());
  return static_cast<std::size_t>(found - spec_.begin());
}

void Machine::on(const SandboxReady&) {
  if (state_.phase != Phase::Provisioning || state_.stop_wanted) return;
  state_.phase = Phase::Pending;
  state_.connected_at = now_;
  state_.pull_started_at = now_;
  for (std::size_t i = 0; i < state_.containers.size(); ++i) {
    state_.containers[i].status = Status::Pulling;
    issue(Verb::PullImage, i);
  }
}

void Machine::on(const ImagePulled& event) {
  Container* container = at(event.container);
  if (container == nullptr || container->status != Status::Pulling) return;
  container->status = Status::Pulled;
  container->retry_at = base::kNever;
  container->image_digest = event.digest;
  const bool all =
      std::ranges::none_of(state_.containers, [](const Container& c) { return c.status == Status::Pulling; });
  if (all && state_.pull_stopped_at == base::kNever) state_.pull_stopped_at = now_;
}

void Machine::on(const ImagePullFailed& event) {
  Container* container = at(event.container);
  if (container == nullptr || container->status != Status::Pulling) return;
  give_up_on(event.container, "CannotPullContainerError: " + event.reason);
}

void Machine::on(const Started& event) {
  Container* container = at(event.container);
  if (container == nullptr || container->status != Status::Starting) return;
  container->status = Status::Running;
  container->retry_at = base::kNever;
  container->runtime_id = event.runtime_id;
  container->started_at = now_;
  if (const auto& health = spec_[event.container].health) container->check_at = now_ + health->interval;
}

void Machine::on(const StartFailed& event) {
  Container* container = at(event.container);
  if (container == nullptr || container->status != Status::Starting) return;
  give_up_on(event.container, event.reason);
}

void Machine::on(const Hindered& event) {
  Container* container = at(event.container);
  if (container == nullptr) return;
  if (container->status != Status::Pulling && container->status != Status::Starting) return;
  if (event.wait <= base::Duration::zero() || container->hindered_step == event.step) {
    return give_up_on(event.container, event.reason);
  }
  container->hindered_step = event.step;
  container->retry_at = now_ + event.wait;
}

void Machine::on(const Exited& event) {
  Container* container = at(event.container);
  if (container == nullptr) return;
  if (container->status != Status::Running && container->status != Status::Starting) return;
  if (event.out_of_memory) container->reason = "OutOfMemoryError: Container killed due to memory usage";
  end(event.container, std::clamp(event.exit_code, 0, kMaxExitCode));
  if (spec_[event.container].essential) stop(kEssentialExited, "Essential container in task exited");
}

void Machine::on(const Checked& event) {
  Container* container = at(event.container);
  if (container == nullptr || container->status != Status::Running || !container->checking) return;
  const auto& health = spec_[event.container].health;
  if (!health) return;
  if (event.healthy) {
    container->health = Health::Healthy;
    container->failed_checks = 0;
    container->checking = false;
    container->check_at = now_ + health->interval;
  } else {
    fail_check(*container, *health);
  }
}

// Failures in the start period count only after the first success (as Docker does it).
void Machine::fail_check(Container& container, const HealthSpec& health) {
  container.checking = false;
  container.check_at = now_ + health.interval;
  const bool starting = container.health == Health::Unknown && now_ < container.started_at + health.start_period;
  if (starting) return;
  container.failed_checks = std::min(container.failed_checks + 1, health.retries);
  if (container.failed_checks >= health.retries) container.health = Health::Unhealthy;
}

void Machine::on(const SandboxRemoved&) {
  if (state_.phase != Phase::Deprovisioning) return;
  state_.phase = Phase::Stopped;
  state_.stopped_at = now_;
}

// The first reason stays: what follows is its consequence.
void Machine::stop(const std::string& code, const std::string& reason) {
  if (state_.stop_wanted) return;
  state_.stop_wanted = true;
  state_.stop_code = code;
  state_.stopped_reason = reason;
  state_.stopping_at = now_;
  state_.phase = Phase::Stopping;
}

void Machine::end(std::size_t index, std::optional<int> exit_code) {
  Container& container = state_.containers[index];
  container.status = Status::Stopped;
  container.exit_code = exit_code;
  container.kill_at = base::kNever;
  container.check_at = base::kNever;
  container.checking = false;
  container.retry_at = base::kNever;
}

void Machine::give_up_on(std::size_t index, const std::string& reason) {
  state_.containers[index].reason = reason;
  end(index, std::nullopt);
  stop(kFailedToStart, reason);
}

Machine::Readiness Machine::readiness(const Dependency& dependency) const {
  const Container& target = state_.containers[index_of(dependency.container)];
  const bool ended = target.status == Status::Stopped;
  switch (dependency.condition) {
    case Condition::Start:
      return ended || target.status == Status::Running ? Readiness::Met : Readiness::Wait;
    case Condition::Complete:
      return ended ? Readiness::Met : Readiness::Wait;
    case Condition::Success:
      if (!ended) return Readiness::Wait;
      return target.exit_code == 0 ? Readiness::Met : Readiness::Never;
    case Condition::Healthy:
      if (ended) return Readiness::Never;
      return target.health == Health::Healthy ? Readiness::Met : Readiness::Wait;
  }
  return Readiness::Never;
}

// On Fargate no container starts before every image of the task is there.
void Machine::start_what_can() {
  if (state_.pull_stopped_at == base::kNever) return;
  for (std::size_t i = 0; i < state_.containers.size(); ++i) {
    if (state_.containers[i].status != Status::Pulled) continue;
    bool ready = true;
    for (const Dependency& dependency : spec_[i].depends_on) {
      const Readiness answer = readiness(dependency);
      if (answer == Readiness::Met) continue;
      ready = false;
      const std::size_t target = index_of(dependency.container);
      const Container& held = state_.containers[target];
      const bool late = held.status == Status::Running && now_ >= held.started_at + spec_[target].start_timeout;
      if (answer == Readiness::Never || late) {
        give_up_on(i, "Dependency on container " + dependency.container + " could not be resolved: " +
                          (late             ? "it did not reach its condition within startTimeout"
                           : held.exit_code ? "it exited with code " + std::to_string(*held.exit_code)
                                            : "it stopped"));
        return;
      }
    }
    if (!ready) continue;
    state_.containers[i].status = Status::Starting;
    issue(Verb::StartContainer, i);
  }
}

void Machine::reach_running() {
  if (state_.phase != Phase::Pending) return;
  const bool all = std::ranges::all_of(
      state_.containers, [](const Container& c) { return c.status == Status::Running || c.status == Status::Stopped; });
  if (!all) return;
  state_.phase = Phase::Running;
  state_.started_at = now_;
}

void Machine::try_again(std::size_t index) {
  Container& container = state_.containers[index];
  if (now_ < container.retry_at) return;
  container.retry_at = base::kNever;
  issue(container.status == Status::Pulling ? Verb::PullImage : Verb::StartContainer, index);
}

void Machine::check_health(std::size_t index) {
  Container& container = state_.containers[index];
  const auto& health = spec_[index].health;
  if (!health || container.status != Status::Running || now_ < container.check_at) return;
  if (container.checking) {
    fail_check(container, *health);  // no answer: as bad as a failure
    return;
  }
  container.checking = true;
  container.check_at = now_ + health->timeout + kCheckGrace;
  issue(Verb::CheckHealth, index);
}

// dependsOn is followed backwards on the way down: a container is asked to stop when nothing that depends on it lives.
bool Machine::has_running_dependants(std::size_t index) const {
  for (std::size_t i = 0; i < spec_.size(); ++i) {
    const Status status = state_.containers[i].status;
    if (status != Status::Running && status != Status::Starting) continue;
    for (const Dependency& dependency : spec_[i].depends_on) {
      if (dependency.container == spec_[index].name) return true;
    }
  }
  return false;
}

// Moves one container towards its end; true while it lives.
bool Machine::wind_down(std::size_t index) {
  Container& container = state_.containers[index];
  const bool asked_for = container.retry_at == base::kNever;  // else the runtime has not heard of it
  if (container.status < Status::Starting || !asked_for) end(index, std::nullopt);
  container.check_at = base::kNever;
  container.checking = false;
  if (container.status != Status::Running) return container.status == Status::Starting;
  if (container.ask_at == base::kNever) {
    if (has_running_dependants(index)) return true;
    container.ask_at = now_;
    container.kill_at = now_ + spec_[index].stop_timeout;
    issue(Verb::AskToStop, index);
    return true;
  }
  if (now_ < container.kill_at) return true;
  if (container.killed) {
    end(index, kKilledExitCode);
    return false;
  }
  container.killed = true;
  container.kill_at = now_ + kKillGrace;
  issue(Verb::Kill, index);
  return true;
}

void Machine::wind_down() {
  const auto living = [&] {
    std::size_t count = 0;
    for (std::size_t i = 0; i < state_.containers.size(); ++i) count += wind_down(i) ? 1 : 0;
    return count;
  };
  std::size_t before = living();
  // Whatever ended just now may have been what another one waited for.
  for (std::size_t now_living = living(); now_living != before; now_living = living()) before = now_living;
  if (before > 0) return;
  state_.phase = Phase::Deprovisioning;
  state_.execution_stopped_at = now_;
  issue(Verb::RemoveSandbox);
}

std::vector<Command> Machine::settle() {
  if (state_.phase == Phase::Pending || state_.phase == Phase::Running) {
    for (std::size_t i = 0; i < state_.containers.size(); ++i) try_again(i);
    for (std::size_t i = 0; i < state_.containers.size(); ++i) check_health(i);
    start_what_can();
    reach_running();
  }
  if (state_.phase == Phase::Stopping) wind_down();
  return std::move(commands_);
}

}  // namespace

State first_state(const Spec& spec) {
  State state;
  state.containers.resize(spec.size());
  return state;
}

namespace {

bool looks_the_same(const State& a, const State& b) {
  if (a.phase != b.phase || a.stop_wanted != b.stop_wanted) return false;
  return std::ranges::equal(a.containers, b.containers, [](const Container& x, const Container& y) {
    return x.status == y.status && x.health == y.health && x.exit_code == y.exit_code && x.reason == y.reason;
  });
}

}  // namespace

std::vector<Command> advance(const Spec& spec, State& state, const Event& event, base::TimePoint now) {
  const State before = state;
  Machine machine(spec, state, now);
  std::visit([&](const auto& what) { machine.on(what); }, event);
  std::vector<Command> commands = machine.settle();
  if (!looks_the_same(state, before)) ++state.version;
  return commands;
}

base::TimePoint deadline(const Spec& spec, const State& state) {
  base::TimePoint next = base::kNever;
  if (state.phase >= Phase::Deprovisioning) return next;
  for (const Container& container : state.containers) {
    if (container.status == Status::Running) next = std::min({next, container.kill_at, container.check_at});
    next = std::min(next, container.retry_at);
  }
  if (state.phase != Phase::Pending) return next;
  for (std::size_t i = 0; i < spec.size(); ++i) {
    if (state.containers[i].status != Status::Pulled) continue;
    for (const Dependency& dependency : spec[i].depends_on) {
      const auto target = std::ranges::find(spec, dependency.container, &ContainerSpec::name);
      const Container& held = state.containers[static_cast<std::size_t>(target - spec.begin())];
      if (held.status == Status::Running) next = std::min(next, held.started_at + target->start_timeout);
    }
  }
  return next;
}

std::vector<Command> owed_commands(const State& state) {
  if (state.phase == Phase::Provisioning) return {{Verb::CreateSandbox}};
  if (state.phase == Phase::Deprovisioning) return {{Verb::RemoveSandbox}};
  std::vector<Command> owed;
  if (state.phase == Phase::Stopped) return owed;
  for (std::size_t i = 0; i < state.containers.size(); ++i) {
    const Container& container = state.containers[i];
    if (container.retry_at != base::kNever) continue;  // time brings it
    if (container.status == Status::Pulling) owed.push_back({Verb::PullImage, i});
    if (container.status == Status::Starting) owed.push_back({Verb::StartContainer, i});
    if (container.status != Status::Running) continue;
    if (container.checking) owed.push_back({Verb::CheckHealth, i});
    if (container.killed) {
      owed.push_back({Verb::Kill, i});
    } else if (container.ask_at != base::kNever) {
      owed.push_back({Verb::AskToStop, i});
    }
  }
  return owed;
}

Health task_health(const Spec& spec, const State& state) {
  bool any = false;
  bool all = true;
  for (std::size_t i = 0; i < spec.size(); ++i) {
    if (!spec[i].health || !spec[i].essential) continue;
    any = true;
    if (state.containers[i].health == Health::Unhealthy) return Health::Unhealthy;
    if (state.containers[i].health == Health::Unknown) all = false;
  }
  return any && all ? Health::Healthy : Health::Unknown;
}

}  // namespace ecs::life
