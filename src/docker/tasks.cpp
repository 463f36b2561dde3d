#include "docker/tasks.h"

#include <signal.h>

#include <algorithm>
#include <utility>

namespace docker {
namespace {

constexpr int kWorkers = 6;
constexpr int kPullers = 2;
constexpr std::chrono::seconds kStorePatience{10};  // then unconfirmed logs are given up with their task
constexpr std::chrono::seconds kLogPatience{5};     // for the rest of the log of a container that has ended
constexpr std::chrono::seconds kRetry{1};           // while Docker does not answer, as when it is restarted
constexpr std::chrono::seconds kKillRetry{3};
constexpr std::size_t kUnconfirmedBytesMax = 4 << 20;  // of a container's log

// "1767323045.000000001", as the engine takes a time.
std::string seconds_of(std::uint64_t nanos) {
  const std::string rest = std::to_string(nanos % 1'000'000'000);
  return std::to_string(nanos / 1'000'000'000) + "." + std::string(9 - rest.size(), '0') + rest;
}

}  // namespace

Tasks::Tasks(const Engine& engine, linux_runtime::Options options, Names names)
    : engine_(engine),
      options_(std::move(options)),
      resolver_(loop_, linux_runtime::machine_name_servers),
      networks_(engine, network_options(names)),
      containers_(engine, networks_, options_, names),
      sampled_(std::chrono::steady_clock::now()),
      workers_(kWorkers),
      pullers_(kPullers) {}

Tasks::~Tasks() {
  loop_.stop();
  checks_.clear();
  sandboxes_.clear();
}

Networks::Options Tasks::network_options(const Names& names) {
  Networks::Options out;
  out.names = names;
  out.opened = [this](const std::string& network, linux_runtime::NetworkSockets sockets) {
    if (options_.listen_in_network) {
      options_.listen_in_network(network, sockets.http.release());
      options_.listen_in_network(network, sockets.https.release());
    }
    linux_runtime::Resolver::Sockets resolver{.datagrams = std::move(sockets.resolver_datagrams),
                                              .stream = std::move(sockets.resolver_stream)};
    loop_.post(
        [this, network, resolver = std::move(resolver)]() mutable { resolver_.open(network, std::move(resolver)); });
  };
  out.changed = [this](const auto& network) { loop_.post([this, network] { resolver_.change(network); }); };
  out.closing = [this](const std::string& network) {
    if (options_.close_network) options_.close_network(network);
    loop_.post([this, network] { resolver_.close(network); });
  };
  out.warn = options_.warn;
  return out;
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

// Runs `work` on a worker after the task's earlier steps, then `then` with its result on the loop.
template <class Work, class Then>
void Tasks::step(const runtime::TaskId& task, Work work, Then then) {
  sandbox(task).steps.push_back([this, task, work = std::move(work), then = std::move(then)]() mutable {
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
      task, [this, task, spec] { return containers_.create_task(task, spec); },
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
  beside(
      pullers_, [this, source] { return containers_.images().pull(source); },
      [this, task, name](const Result<std::string>& pulled) {
        const Sandbox* of = find(task);
        if (!of || of->removing) return;
        if (pulled) {
          tell(runtime::event::ImagePulled{task, name, *pulled});
        } else {
          tell(runtime::event::ImagePullFailed{task, name, pulled.error().message});
        }
      });
}

void Tasks::start_container(const runtime::TaskId& task, const runtime::ContainerSpec& spec) {
  Sandbox& of = sandbox(task);
  if (of.removing) return;
  const auto [at, is_new] = of.containers.try_emplace(spec.name);
  if (!is_new) return;
  at->second.name = spec.name;
  step(
      task, [this, task, spec] { return containers_.start(task, spec); },
      [this, task, name = spec.name](const Result<Started>& done) {
        Container* one = find(task, name);
        if (!one) return;
        if (done) {
          started(task, *one, *done);
        } else {
          find(task)->containers.erase(name);
          tell(runtime::event::ContainerStartFailed{task, name, done.error().message});
          remove_if_ready(task);
        }
      });
}

void Tasks::started(const runtime::TaskId& task, Container& container, const Started& what) {
  container.id = what.id;
  container.stop_signal = what.stop_signal;
  tell(runtime::event::ContainerStarted{task, container.name, container.id});
  connect(task, container, 0);
  for (const int signal : std::exchange(container.early_signals, {})) send_signal(task, container, signal);
  if (find(task)->removing) send_signal(task, container, SIGKILL);
}

// Takes hold of a container that may run, or may have ended by now.
void Tasks::connect(const runtime::TaskId& task, Container& container, std::uint64_t log_position) {
  container.phase = Container::Phase::Running;
  container.confirmed = log_position;
  container.log_complete = false;
  container.frames.emplace(options_.clock);
  follow(task, container, log_position);
  wait_for_end(task, container);
}

void Tasks::follow(const runtime::TaskId& task, Container& container, std::uint64_t log_position) {
  std::string path = "/containers/" + container.id + "/logs?follow=1&stdout=1&stderr=1&timestamps=1";
  if (log_position > 0) path += "&since=" + seconds_of(log_position + 1);
  container.log = std::make_unique<Stream>(
      loop_, engine_.socket(), engine_.request("GET", path),
      Stream::Told{.data = [this, task, name = container.name](std::string_view bytes) { on_log(task, name, bytes); },
                   .ended = [this, task, name = container.name](int, const std::string&) { on_log_end(task, name); }});
}

void Tasks::wait_for_end(const runtime::TaskId& task, Container& container) {
  const std::string path = "/containers/" + container.id + "/wait?condition=not-running";
  container.end = std::make_unique<Stream>(
      loop_, engine_.socket(), engine_.request("POST", path),
      Stream::Told{.data = {},
                   .ended = [this, task, name = container.name](int, const std::string&) { look(task, name); }});
}

// What became of it, when the wait for its end is over, for whatever reason.
void Tasks::look(const runtime::TaskId& task, const std::string& name) {
  const Container* container = find(task, name);
  if (!container || container->phase != Container::Phase::Running) return;
  beside(
      workers_, [this, id = container->id] { return containers_.state(id); },
      [this, task, name](const Result<Containers::State>& state) {
        Container* one = find(task, name);
        if (!one || one->phase != Container::Phase::Running) return;
        if (state && !state->running) return exited(task, name, *state);
        loop_.after(kRetry, [this, task, name] {
          Container* again = find(task, name);
          if (again && again->phase == Container::Phase::Running) wait_for_end(task, *again);
        });
      });
}

void Tasks::on_log(const runtime::TaskId& task, const std::string& name, std::string_view bytes) {
  Container* container = find(task, name);
  if (!container) return;
  std::vector<runtime::LogLine> lines;
  container->frames->feed(bytes, lines);
  deliver_lines(task, *container, std::move(lines));
}

void Tasks::deliver_lines(const runtime::TaskId& task, Container& container, std::vector<runtime::LogLine> lines) {
  if (lines.empty()) return;
  std::size_t bytes = 0;
  for (const auto& line : lines) bytes += line.text.size();
  const std::uint64_t position = container.frames->position();
  container.unconfirmed.emplace_back(position, bytes);
  container.unconfirmed_bytes += bytes;
  if (container.unconfirmed_bytes > kUnconfirmedBytesMax && container.log) container.log->pause();
  tell(runtime::event::Logs{task, container.name, position, std::move(lines)});
}

// The log ends with the container, or with Docker.
void Tasks::on_log_end(const runtime::TaskId& task, const std::string& name) {
  Container* container = find(task, name);
  if (!container) return;
  std::vector<runtime::LogLine> lines;
  container->frames->end(lines);
  deliver_lines(task, *container, std::move(lines));
  if (container->phase == Container::Phase::Exited) {
    container->log_complete = true;
    tell_exit(task, *container);
    return remove_if_ready(task);
  }
  loop_.after(kRetry, [this, task, name] {
    Container* again = find(task, name);
    if (!again || again->log_complete) return;
    if (again->phase == Container::Phase::Running) {
      follow(task, *again, std::max(again->confirmed, again->frames->position()));
    } else {
      on_log_end(task, name);
    }
  });
}

void Tasks::logs_stored(const runtime::TaskId& task, const std::string& name, std::uint64_t position) {
  Container* container = find(task, name);
  if (!container) return;
  container->confirmed = std::max(container->confirmed, position);
  while (!container->unconfirmed.empty() && container->unconfirmed.front().first <= position) {
    container->unconfirmed_bytes -= container->unconfirmed.front().second;
    container->unconfirmed.pop_front();
  }
  if (container->unconfirmed_bytes <= kUnconfirmedBytesMax && container->log) container->log->resume();
  remove_if_ready(task);
}

void Tasks::exited(const runtime::TaskId& task, const std::string& name, const Containers::State& state) {
  Container* container = find(task, name);
  container->phase = Container::Phase::Exited;
  container->state = state;
  container->end.reset();
  if (!container->log) container->log_complete = true;
  tell_exit(task, *container);
  remove_if_ready(task);
  loop_.after(kLogPatience, [this, task, name] {
    Container* one = find(task, name);
    if (!one || one->log_complete) return;
    one->log.reset();
    on_log_end(task, name);
  });
}

// After all of its log.
void Tasks::tell_exit(const runtime::TaskId& task, Container& container) {
  if (!container.log_complete || std::exchange(container.told, true)) return;
  tell(runtime::event::ContainerExited{task, container.name, container.state.exit_code,
                                       container.state.out_of_memory && container.state.exit_code == 128 + SIGKILL});
}

void Tasks::send_signal(const runtime::TaskId& task, const Container& container, int signal) {
  std::string name = signal != 0 ? std::to_string(signal) : container.stop_signal;
  if (name.empty()) name = "SIGTERM";
  step(task, [this, id = container.id, name] { return containers_.signal(id, name); }, [](const Result<void>&) {});
}

void Tasks::signal_container(const runtime::TaskId& task, const std::string& name, int signal) {
  Container* container = find(task, name);
  if (!container) return;
  if (container->phase == Container::Phase::Starting) {
    container->early_signals.push_back(signal);
  } else if (container->phase == Container::Phase::Running) {
    send_signal(task, *container, signal);
  }
}

void Tasks::remove_sandbox(const runtime::TaskId& task) {
  Sandbox& of = sandbox(task);
  if (of.removing && of.remove_planned) return;
  const bool again = std::exchange(of.removing, true);
  bool runs = false;
  for (auto& [name, container] : of.containers) {
    if (container.phase != Container::Phase::Running) continue;
    runs = true;
    send_signal(task, container, SIGKILL);
  }
  if (runs) {  // Docker may have been away
    loop_.after(kKillRetry, [this, task] {
      if (find(task)) remove_sandbox(task);
    });
  }
  if (!again || !runs) remove_if_ready(task);
}

bool Tasks::logs_done(const Sandbox& of) const {
  return std::ranges::all_of(of.containers,
                             [](const auto& one) { return one.second.log_complete && one.second.unconfirmed.empty(); });
}

void Tasks::remove_if_ready(const runtime::TaskId& task) {
  Sandbox* of = find(task);
  if (!of || !of->removing || of->remove_planned) return;
  for (const auto& [name, container] : of->containers) {
    if (container.phase != Container::Phase::Exited) return;
  }
  if (logs_done(*of)) return plan_removal(task);
  loop_.after(kStorePatience, [this, task] {
    const Sandbox* waiting = find(task);
    if (waiting && waiting->removing && !waiting->remove_planned) plan_removal(task);
  });
}

void Tasks::plan_removal(const runtime::TaskId& task) {
  find(task)->remove_planned = true;
  step(
      task, [this, task] { return containers_.remove_task(task); },
      [this, task](const Result<void>& done) {
        if (!done) {  // Docker is away, or busy with it
          loop_.after(kRetry, [this, task] {
            if (find(task)) plan_removal(task);
          });
          return;
        }
        const bool silent = find(task)->silent;
        sandboxes_.erase(task);
        if (!silent) tell(runtime::event::SandboxRemoved{task});
      });
}

}  // namespace docker
