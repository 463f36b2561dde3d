#include "linux/tasks.h"

#include <signal.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/ensure.h"
#include "linux/stats.h"

namespace linux_runtime {
namespace {

constexpr int kWorkers = 4;
constexpr int kPullers = 2;
constexpr std::chrono::seconds kKillPatience{10};   // then conmon itself is killed
constexpr std::chrono::seconds kStorePatience{10};  // then unconfirmed logs are given up with their task

}  // namespace

Tasks::Tasks(Options options)
    : options_(std::move(options)),
      resolver_(loop_, machine_name_servers),
      networks_(network_options()),
      launcher_(options_, networks_),
      inotify_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      sampled_(std::chrono::steady_clock::now()),
      workers_(kWorkers),
      pullers_(kPullers) {
  ENSURE(inotify_);
  loop_.watch(inotify_.get(), [this] { read_log_changes(); });
}

// Two servers on one machine have different data directories, and so different names.
NetworkOptions Tasks::network_options() {
  NetworkOptions out;
  out.prefix = network_prefix(options_.data_directory);
  out.opened = [this](const std::string& network, NetworkSockets sockets) {
    open_network(network, std::move(sockets));
  };
  out.changed = [this](const auto& network) { loop_.post([this, network] { resolver_.change(network); }); };
  out.closing = [this](const std::string& network) { close_network(network); };
  out.warn = options_.warn;
  return out;
}

void Tasks::open_network(const std::string& network, NetworkSockets sockets) {
  if (options_.listen_in_network) {
    options_.listen_in_network(network, sockets.http.release());
    options_.listen_in_network(network, sockets.https.release());
  }
  Resolver::Sockets resolver{.datagrams = std::move(sockets.resolver_datagrams),
                             .stream = std::move(sockets.resolver_stream)};
  loop_.post(
      [this, network, resolver = std::move(resolver)]() mutable { resolver_.open(network, std::move(resolver)); });
}

void Tasks::close_network(const std::string& network) {
  if (options_.close_network) options_.close_network(network);
  loop_.post([this, network] { resolver_.close(network); });
}

Sandbox& Tasks::sandbox(const runtime::TaskId& task) {
  return sandboxes_[task];
}

Sandbox* Tasks::find(const runtime::TaskId& task) {
  const auto at = sandboxes_.find(task);
  return at == sandboxes_.end() ? nullptr : &at->second;
}

Container* Tasks::find(const runtime::TaskId& task, const std::string& name) {
  Sandbox* of = find(task);
  if (!of) return nullptr;
  const auto at = of->containers.find(name);
  return at == of->containers.end() ? nullptr : &at->second;
}

template <class Work, class Then>
void Tasks::step(const runtime::TaskId& task, Work work, Then then) {
  Sandbox& of = sandbox(task);
  of.steps.push_back([this, task, work = std::move(work), then = std::move(then)]() mutable {
    auto result = work();
    loop_.post([this, task, result = std::move(result), then = std::move(then)]() mutable {
      Sandbox* still = find(task);
      if (!still) return;
      still->busy = false;
      then(std::move(result));
      next_step(task);
    });
  });
  next_step(task);
}

void Tasks::next_step(const runtime::TaskId& task) {
  Sandbox* of = find(task);
  if (!of || of->busy || of->steps.empty()) return;
  of->busy = true;
  workers_.run(std::move(of->steps.front()));
  of->steps.pop_front();
}

void Tasks::create_sandbox(const runtime::TaskId& task, const runtime::SandboxSpec& spec) {
  if (sandbox(task).removing) return;
  step(
      task, [this, task, spec] { return launcher_.create_task(task, spec); },
      [this, task](const Result<void>& done) {
        if (done) {
          tell(runtime::event::SandboxReady{task});
        } else {
          tell(runtime::event::SandboxFailed{task, "ResourceInitializationError: " + done.error().message});
        }
      });
}

void Tasks::pull_image(const runtime::TaskId& task, const std::string& name, const runtime::ImageSource& source) {
  sandbox(task);  // a task whose containers are pulled for is known
  pullers_.run([this, task, name, source] {
    auto pulled = launcher_.pull(source);
    loop_.post([this, task, name, pulled = std::move(pulled)] {
      const Sandbox* of = find(task);
      if (!of || of->removing) return;
      if (pulled) {
        tell(runtime::event::ImagePulled{task, name, *pulled});
      } else {
        tell(runtime::event::ImagePullFailed{task, name, pulled.error().message});
      }
    });
  });
}

void Tasks::start_container(const runtime::TaskId& task, const runtime::ContainerSpec& spec) {
  Sandbox& of = sandbox(task);
  if (of.removing) return;
  const auto [at, added] = of.containers.try_emplace(spec.name);
  Container& container = at->second;
  if (!added) {  // asked again: by a cloud that was restarted, or before we are through with it
    if (container.phase == Container::Phase::Starting) return;
    container.announced = true;
    tell(runtime::event::ContainerStarted{task, spec.name, container.place.id});
    pump(task, container);
    if (container.phase == Container::Phase::Exited) tell_exit(task, container);
    return;
  }
  container.name = spec.name;
  container.place = launcher_.place(task, spec.name);
  step(
      task, [this, task, spec] { return launcher_.start(task, spec); },
      [this, task, name = spec.name](const Result<void>& done) {
        Container* one = find(task, name);
        if (!one) return;
        if (done) {
          started(task, *one);
        } else {
          find(task)->containers.erase(name);
          tell(runtime::event::ContainerStartFailed{task, name, done.error().message});
          remove_if_ready(task);
        }
      });
}

void Tasks::started(const runtime::TaskId& task, Container& container) {
  tell(runtime::event::ContainerStarted{task, container.name, container.place.id});
  connect(task, container, 0);
  if (container.phase != Container::Phase::Running) return;
  for (const int signal : std::exchange(container.early_signals, {})) send_signal(container, signal);
  if (find(task)->removing) send_signal(container, SIGKILL);
}

// Takes hold of a container that may run, or may have ended by now.
void Tasks::connect(const runtime::TaskId& task, Container& container, std::uint64_t log_position) {
  const Place& place = container.place;
  container.phase = Container::Phase::Running;
  container.log.emplace(place.log(), log_position, options_.clock);
  container.stop_signal = launcher_.stop_signal(place);
  container.process = open_pidfd(launcher_.container_pid(place));
  container.conmon = open_pidfd(launcher_.conmon_pid(place));
  watch_log(task, container);
  if (container.conmon) {
    loop_.watch(container.conmon.get(), [this, task, name = container.name] { ended(task, name); });
    pump(task, container);
  } else {
    ended(task, container.name);
  }
}

// conmon is gone: it has written the exit code, and all of the log before that.
void Tasks::ended(const runtime::TaskId& task, const std::string& name) {
  Container* container = find(task, name);
  if (!container || container->phase != Container::Phase::Running) return;
  if (container->conmon) loop_.unwatch(container->conmon.get());
  container->phase = Container::Phase::Exited;
  container->exit = launcher_.read_exit(container->place);
  container->process.reset();
  container->conmon.reset();
  unwatch_log(*container);
  pump(task, *container);
  tell_exit(task, *container);
  step(
      task,
      [this, place = container->place] {
        launcher_.release(place);
        return true;
      },
      [](bool) {});
  remove_if_ready(task);
}

void Tasks::tell_exit(const runtime::TaskId& task, Container& container) {
  if (!container.announced) return;
  tell(runtime::event::ContainerExited{task, container.name, container.exit.code, container.exit.out_of_memory});
}

void Tasks::send_signal(Container& container, int signal) {
  signal_pidfd(container.process, signal != 0 ? signal : container.stop_signal);
}

void Tasks::signal_container(const runtime::TaskId& task, const std::string& name, int signal) {
  Container* container = find(task, name);
  if (!container) return;
  if (container->phase == Container::Phase::Starting) {
    container->early_signals.push_back(signal);
  } else if (container->phase == Container::Phase::Running) {
    send_signal(*container, signal);
  }
}

void Tasks::watch_log(const runtime::TaskId& task, Container& container) {
  container.log_watch = inotify_add_watch(inotify_.get(), container.log->path().c_str(), IN_MODIFY);
  if (container.log_watch >= 0) log_watches_[container.log_watch] = {task, container.name};
}

void Tasks::unwatch_log(Container& container) {
  if (container.log_watch < 0) return;
  inotify_rm_watch(inotify_.get(), container.log_watch);
  log_watches_.erase(std::exchange(container.log_watch, -1));
}

void Tasks::read_log_changes() {
  alignas(inotify_event) char buffer[16 << 10];
  std::set<int> changed;
  for (ssize_t got; (got = read(inotify_.get(), buffer, sizeof buffer)) > 0;) {
    for (ssize_t at = 0; at < got;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      changed.insert(event->wd);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
  for (const int watch : changed) {
    const auto at = log_watches_.find(watch);
    if (at == log_watches_.end()) continue;
    const auto [task, name] = at->second;
    if (Container* container = find(task, name)) pump(task, *container);
  }
}

// Delivers what the log has, as far as the cloud keeps up with storing it.
void Tasks::pump(const runtime::TaskId& task, Container& container) {
  if (!container.log || !container.announced) return;
  const bool is_ended = container.phase == Container::Phase::Exited;
  while (auto lines = container.log->next(is_ended)) {
    lines->task = task;
    lines->container = container.name;
    tell(std::move(*lines));
  }
}

void Tasks::logs_stored(const runtime::TaskId& task, const std::string& name, std::uint64_t position) {
  Container* container = find(task, name);
  if (!container || !container->log) return;
  container->log->confirm(position);
  pump(task, *container);
  remove_if_ready(task);
}

void Tasks::kill_all(const runtime::TaskId& task, Sandbox& of) {
  for (auto& [name, container] : of.containers) send_signal(container, SIGKILL);
  loop_.after(kKillPatience, [this, task] {
    Sandbox* stuck = find(task);
    if (!stuck || !stuck->removing) return;
    for (auto& [name, container] : stuck->containers) signal_pidfd(container.conmon, SIGKILL);
  });
}

void Tasks::remove_sandbox(const runtime::TaskId& task) {
  Sandbox& of = sandbox(task);
  if (of.removing) return;
  of.removing = true;
  kill_all(task, of);
  remove_if_ready(task);
}

bool Tasks::logs_done(const Sandbox& of) const {
  for (const auto& [name, container] : of.containers) {
    if (!container.log || !container.announced) continue;
    if (!container.log->at_end() || container.log->confirmed() < container.log->delivered()) return false;
  }
  return true;
}

void Tasks::remove_if_ready(const runtime::TaskId& task) {
  Sandbox* of = find(task);
  if (!of || !of->removing || of->remove_planned) return;
  for (const auto& [name, container] : of->containers) {
    if (container.phase != Container::Phase::Exited) return;
  }
  if (logs_done(*of)) {
    plan_removal(task);
  } else {
    loop_.after(kStorePatience, [this, task] {
      const Sandbox* waiting = find(task);
      if (waiting && waiting->removing && !waiting->remove_planned) plan_removal(task);
    });
  }
}

void Tasks::plan_removal(const runtime::TaskId& task) {
  find(task)->remove_planned = true;
  step(
      task, [this, task] { return launcher_.remove_task(task); },
      [this, task](const Result<void>&) {
        // What could not be removed is found again by the next adopt().
        const bool silent = find(task)->silent;
        sandboxes_.erase(task);
        if (!silent) tell(runtime::event::SandboxRemoved{task});
      });
}

void Tasks::sample_usage() {
  const auto now = std::chrono::steady_clock::now();
  const auto over = std::chrono::duration_cast<base::Duration>(now - std::exchange(sampled_, now));
  for (auto& [task, of] : sandboxes_) {
    bool runs = false;
    for (const auto& [name, container] : of.containers) runs = runs || container.phase == Container::Phase::Running;
    const std::string cgroup = Launcher::task_cgroup(task);
    const auto cpu = launcher_.cgroups().cpu_seconds(cgroup);
    const auto memory = launcher_.cgroups().memory_bytes(cgroup);
    if (!runs || of.removing || !cpu || !memory) continue;
    const double used = *cpu - std::exchange(of.cpu_seconds, *cpu);
    tell(runtime::event::Usage{task, used, *memory, over});
  }
}

void Tasks::read_stats(const runtime::TaskId& task) {
  const auto real = std::chrono::floor<base::Duration>(std::chrono::system_clock::now().time_since_epoch());
  runtime::event::Stats stats;
  stats.task = task;
  stats.at = options_.clock.to_cloud(base::TimePoint(real));
  stats.online_cpus = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  Sandbox* of = find(task);
  if (of == nullptr) return tell(std::move(stats));
  const bool has_network = launcher_.has_network(task);
  for (auto& [name, container] : of->containers) {
    if (container.phase != Container::Phase::Running) continue;
    auto& one = stats.containers.emplace_back();
    one.name = name;
    measure(launcher_.cgroups(), container.place.cgroup, one);
    one.before_at = std::exchange(container.measured_at, stats.at);
    one.cpu_before = std::exchange(container.measured_cpu, one.cpu);
    if (has_network && stats.interfaces.empty()) {
      stats.interfaces = interfaces_of(launcher_.container_pid(container.place));
    }
  }
  tell(std::move(stats));
}

void Tasks::adopt(const std::vector<runtime::Adoption>& adoptions) {
  std::map<runtime::TaskId, std::map<std::string, std::uint64_t>> known;
  for (const runtime::Adoption& one : adoptions) {
    auto& containers = known[one.task];
    for (const auto& container : one.containers) containers[container.name] = container.log_position;
  }
  for (const std::string& task : launcher_.tasks()) {
    sandbox(task).silent = !known.contains(task);
    auto& containers = known[task];
    for (const std::string& name : launcher_.containers(task)) containers.try_emplace(name, UINT64_MAX);
  }
  for (const auto& [task, containers] : known) {
    for (const auto& [name, position] : containers) {
      Container& container = sandbox(task).containers[name];
      container.name = name;
      container.place = launcher_.place(task, name);
      // Not named by the cloud: it may ask for this one again, or have it removed; until then there is nothing to tell.
      container.announced = position != UINT64_MAX;
      connect(task, container, container.announced ? position : 0);
    }
    if (sandbox(task).silent) remove_sandbox(task);
  }
  const std::vector<std::string> there = launcher_.tasks();
  networks_.keep_tasks({there.begin(), there.end()});
}

}  // namespace linux_runtime
