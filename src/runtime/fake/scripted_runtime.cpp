#include "runtime/fake/scripted_runtime.h"

#include <algorithm>
#include <csignal>

namespace runtime {

struct ScriptedRuntime::Container {
  enum class Phase { Created, Starting, Running, Exited };

  std::string name;
  Model model;
  ContainerSpec spec;
  Phase phase = Phase::Created;
  int exit_code = 0;
  bool out_of_memory = false;
  int checks = 0;
  std::vector<LogLine> lines;  // a position is a number of lines
  std::uint64_t stored = 0;
};

struct ScriptedRuntime::Sandbox {
  bool ready = false;
  std::optional<NetworkAttachment> network;
  std::map<std::string, Container> containers;
};

ScriptedRuntime::ScriptedRuntime(const base::Clock& clock, Script script)
    : clock_(clock), script_(std::move(script)), sampled_(clock.now()) {
  if (!script_) script_ = [](const TaskId&, const std::string&, const std::string&) { return Model{}; };
}

ScriptedRuntime::~ScriptedRuntime() = default;

base::TimePoint ScriptedRuntime::deadline() const {
  if (!told_.empty()) return clock_.now();
  return agenda_.empty() ? base::kNever : agenda_.begin()->first;
}

std::vector<Event> ScriptedRuntime::run_due() {
  while (!agenda_.empty() && agenda_.begin()->first <= clock_.now()) {
    const Action action = std::move(agenda_.begin()->second);
    agenda_.erase(agenda_.begin());
    action();
  }
  return std::exchange(told_, {});
}

void ScriptedRuntime::after(base::Duration delay, Action action) {
  agenda_.emplace(clock_.now() + delay, std::move(action));
}

ScriptedRuntime::Container& ScriptedRuntime::container(const TaskId& task, const std::string& name,
                                                       const std::string& reference) {
  auto& sandbox = sandboxes_[task];
  if (!sandbox) sandbox = std::make_unique<Sandbox>();
  const auto [at, added] = sandbox->containers.try_emplace(name);
  if (added) {
    at->second.name = name;
    at->second.model = script_(task, name, reference);
  }
  return at->second;
}

ScriptedRuntime::Container* ScriptedRuntime::find(const TaskId& task, const std::string& name) const {
  const auto sandbox = sandboxes_.find(task);
  if (sandbox == sandboxes_.end()) return nullptr;
  const auto at = sandbox->second->containers.find(name);
  return at == sandbox->second->containers.end() ? nullptr : &at->second;
}

std::size_t ScriptedRuntime::running() const {
  std::size_t count = 0;
  for (const auto& [task, sandbox] : sandboxes_) {
    for (const auto& [name, one] : sandbox->containers) count += one.phase == Container::Phase::Running;
  }
  return count;
}

const ContainerSpec* ScriptedRuntime::find_spec(const TaskId& task, const std::string& name) const {
  const Container* one = find(task, name);
  return one && one->phase != Container::Phase::Created ? &one->spec : nullptr;
}

bool ScriptedRuntime::has_interface(const NetworkAttachment& attachment) const {
  return std::ranges::any_of(networks_, [&](const auto& network) {
    return network->id == attachment.network && network->interfaces.contains(attachment.interface);
  });
}

const NetworkAttachment* ScriptedRuntime::find_attachment(const TaskId& task) const {
  const auto at = sandboxes_.find(task);
  return at != sandboxes_.end() && at->second->network ? &*at->second->network : nullptr;
}

void ScriptedRuntime::apply_networks(const NetworkPlan& plan) {
  calls_.push_back("apply_networks");
  networks_ = plan;
}

void ScriptedRuntime::create_sandbox(const TaskId& task, const SandboxSpec& spec) {
  calls_.push_back("create_sandbox " + task);
  auto& sandbox = sandboxes_[task];
  if (!sandbox) sandbox = std::make_unique<Sandbox>();
  sandbox->network = spec.network;
  if (spec.network && !has_interface(*spec.network)) {
    return after(base::Duration{}, [this, task, id = spec.network->interface] {
      tell(event::SandboxFailed{task, "ResourceInitializationError: no network has the interface " + id});
    });
  }
  const base::Duration delay = sandbox->ready ? base::Duration{} : script_(task, "", "").sandbox_delay;
  after(delay, [this, task] {
    const auto at = sandboxes_.find(task);
    if (at == sandboxes_.end()) return;
    at->second->ready = true;
    tell(event::SandboxReady{task});
  });
}

void ScriptedRuntime::pull_image(const TaskId& task, const std::string& name, const ImageSource& source) {
  calls_.push_back("pull_image " + task + " " + name);
  const Container& one = container(task, name, source.reference);
  after(one.model.pull_delay, [this, task, name] {
    const Container* pulled = find(task, name);
    if (!pulled) return;
    const Model& model = pulled->model;
    if (model.pull_failure.empty()) {
      tell(event::ImagePulled{task, name, model.image_digest});
    } else {
      tell(event::ImagePullFailed{task, name, model.pull_failure});
    }
  });
}

void ScriptedRuntime::start_container(const TaskId& task, const ContainerSpec& spec) {
  calls_.push_back("start_container " + task + " " + spec.name);
  Container& one = container(task, spec.name, "");
  if (one.phase == Container::Phase::Created) {
    one.phase = Container::Phase::Starting;
    one.spec = spec;
    after(one.model.start_delay, [this, task, name = spec.name] { begin(task, name); });
  } else if (one.phase != Container::Phase::Starting) {
    tell(event::ContainerStarted{task, one.name, task + "-" + one.name});
    if (one.phase == Container::Phase::Exited) {
      tell(event::ContainerExited{task, one.name, one.exit_code, one.out_of_memory});
    }
  }
}

void ScriptedRuntime::begin(const TaskId& task, const std::string& name) {
  Container* one = find(task, name);
  if (!one || one->phase != Container::Phase::Starting) return;
  if (!one->model.start_failure.empty()) {
    one->phase = Container::Phase::Created;
    tell(event::ContainerStartFailed{task, name, one->model.start_failure});
    return;
  }
  one->phase = Container::Phase::Running;
  tell(event::ContainerStarted{task, name, task + "-" + name});
  plan_life(task, name);
  if (const auto start = one->model.on_start) start();
}

void ScriptedRuntime::plan_life(const TaskId& task, const std::string& name) {
  const Model& model = find(task, name)->model;
  for (const Model::Line& line : model.lines) {
    after(line.after, [this, task, name, text = line.text] { write_line(task, name, text); });
  }
  if (!model.runs_for) return;
  after(*model.runs_for, [this, task, name] {
    Container* one = find(task, name);
    if (one) finish(task, *one, one->model.exit_code, one->model.out_of_memory);
  });
}

void ScriptedRuntime::write_line(const TaskId& task, const std::string& name, std::string text) {
  Container* one = find(task, name);
  if (!one || one->phase != Container::Phase::Running) return;
  one->lines.push_back({clock_.now(), std::move(text)});
  tell_lines(task, *one, one->lines.size() - 1);
}

void ScriptedRuntime::tell_lines(const TaskId& task, Container& one, std::uint64_t from) {
  if (from >= one.lines.size()) return;
  const auto first = one.lines.begin() + static_cast<std::ptrdiff_t>(from);
  tell(event::Logs{task, one.name, one.lines.size(), {first, one.lines.end()}});
}

void ScriptedRuntime::end(const TaskId& task, const std::string& name, int exit_code, bool out_of_memory) {
  if (Container* one = find(task, name)) finish(task, *one, exit_code, out_of_memory);
}

void ScriptedRuntime::finish(const TaskId& task, Container& one, int exit_code, bool out_of_memory) {
  if (one.phase != Container::Phase::Running) return;
  one.phase = Container::Phase::Exited;
  one.exit_code = exit_code;
  one.out_of_memory = out_of_memory;
  tell(event::ContainerExited{task, one.name, exit_code, out_of_memory});
  if (const auto end = one.model.on_end) end();
}

void ScriptedRuntime::signal_container(const TaskId& task, const std::string& name, int signal) {
  calls_.push_back("signal_container " + task + " " + name + " " + std::to_string(signal));
  const Container* one = find(task, name);
  if (!one || one->phase != Container::Phase::Running) return;
  const bool kill = signal == SIGKILL;
  if (!kill && !one->model.stops_after) return;
  after(kill ? base::Duration{} : *one->model.stops_after, [this, task, name, kill] {
    Container* ending = find(task, name);
    if (ending) finish(task, *ending, kill ? 128 + SIGKILL : ending->model.stop_exit_code, false);
  });
}

void ScriptedRuntime::check_health(const TaskId& task, const std::string& name, const HealthCheck&) {
  calls_.push_back("check_health " + task + " " + name);
  const Container* one = find(task, name);
  if (!one || one->phase != Container::Phase::Running) return;
  after(one->model.check_delay, [this, task, name] {
    Container* checked = find(task, name);
    if (!checked || checked->phase != Container::Phase::Running) return;
    const auto& healthy = checked->model.healthy;
    tell(event::HealthChecked{task, name, healthy ? healthy(checked->checks) : true});
    ++checked->checks;
  });
}

void ScriptedRuntime::logs_stored(const TaskId& task, const std::string& name, std::uint64_t position) {
  if (Container* one = find(task, name)) one->stored = std::max(one->stored, position);
}

void ScriptedRuntime::remove_sandbox(const TaskId& task) {
  calls_.push_back("remove_sandbox " + task);
  after({}, [this, task] {
    if (const auto at = sandboxes_.find(task); at != sandboxes_.end()) {
      for (auto& [name, one] : at->second->containers) finish(task, one, 128 + SIGKILL, false);
      sandboxes_.erase(task);
    }
    tell(event::SandboxRemoved{task});
  });
}

void ScriptedRuntime::sample_usage() {
  const base::Duration over = clock_.now() - std::exchange(sampled_, clock_.now());
  for (const auto& [task, sandbox] : sandboxes_) {
    event::Usage usage{.task = task, .over = over};
    bool runs = false;
    for (const auto& [name, one] : sandbox->containers) {
      if (one.phase != Container::Phase::Running) continue;
      runs = true;
      usage.cpu_seconds += one.model.cpu_used * base::to_seconds(over);
      usage.memory_bytes += one.model.memory_bytes;
    }
    if (runs) tell(usage);
  }
}

// A model knows how much it uses, not since when: the counters stand still.
bool ScriptedRuntime::read_stats(const TaskId& task) {
  event::Stats stats{.task = task, .at = clock_.now(), .online_cpus = 1};
  if (const auto at = sandboxes_.find(task); at != sandboxes_.end()) {
    for (const auto& [name, one] : at->second->containers) {
      if (one.phase != Container::Phase::Running) continue;
      event::Stats::Container& container = stats.containers.emplace_back();
      container.name = name;
      container.memory_bytes = one.model.memory_bytes;
    }
  }
  tell(std::move(stats));
  return true;
}

void ScriptedRuntime::adopt(const std::vector<Adoption>& tasks) {
  calls_.push_back("adopt");
  told_.clear();
  std::map<TaskId, const Adoption*> named;
  for (const Adoption& one : tasks) named[one.task] = &one;
  std::erase_if(sandboxes_, [&](const auto& entry) { return !named.contains(entry.first); });
  for (const auto& [task, adoption] : named) {
    for (const Adoption::Container& known : adoption->containers) {
      Container* one = find(task, known.name);
      if (one) tell_lines(task, *one, known.log_position);
      if (one && one->phase == Container::Phase::Running) continue;
      const bool ended = one && one->phase == Container::Phase::Exited;
      tell(event::ContainerExited{task, known.name, ended ? one->exit_code : 128 + SIGKILL,
                                  ended && one->out_of_memory});
    }
  }
}

}  // namespace runtime
