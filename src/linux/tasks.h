#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "linux/container_log.h"
#include "linux/exec.h"
#include "linux/launcher.h"
#include "linux/loop.h"
#include "linux/network/networks.h"
#include "linux/network/resolver.h"
#include "linux/workers.h"

namespace linux_runtime {

struct Container {
  enum class Phase { Starting, Running, Exited };

  std::string name;
  Place place;
  Phase phase = Phase::Starting;
  // Told of: false for one that an earlier process left and the cloud has not asked for again.
  bool announced = true;
  Exit exit;
  Fd process;  // pidfd of the container's first process
  Fd conmon;   // pidfd of its conmon; while it lives the log may grow
  std::optional<ContainerLog> log;
  int log_watch = -1;
  int stop_signal = 0;
  std::vector<int> early_signals;  // sent before it ran
  // When its use was last asked for, and what it was then.
  base::TimePoint measured_at{};
  runtime::event::Stats::Cpu measured_cpu{};
};

struct Sandbox {
  std::map<std::string, Container> containers;
  // Blocking steps of one task happen one after the other.
  std::deque<Workers::Job> steps;
  bool busy = false;
  bool removing = false;
  bool remove_planned = false;
  bool silent = false;     // nobody knows this task; it only has to go
  double cpu_seconds = 0;  // at the last sample
};

// The state of all tasks, owned by the loop's thread.
class Tasks {
 public:
  explicit Tasks(Options options);
  ~Tasks();

  Loop& loop() { return loop_; }
  Networks& networks() { return networks_; }

  void create_sandbox(const runtime::TaskId& task, const runtime::SandboxSpec& spec);
  void pull_image(const runtime::TaskId& task, const std::string& container, const runtime::ImageSource& source);
  void start_container(const runtime::TaskId& task, const runtime::ContainerSpec& spec);
  void signal_container(const runtime::TaskId& task, const std::string& container, int signal);
  void check_health(const runtime::TaskId& task, const std::string& container, const runtime::HealthCheck& check);
  void logs_stored(const runtime::TaskId& task, const std::string& container, std::uint64_t position);
  void remove_sandbox(const runtime::TaskId& task);
  void sample_usage();
  void read_stats(const runtime::TaskId& task);
  void exec(const runtime::TaskId& task, const std::string& container, const runtime::ExecSpec& spec,
            std::shared_ptr<runtime::ExecObserver> observer);
  void adopt(const std::vector<runtime::Adoption>& tasks);

 private:
  // A command that runs inside a container to learn of its health.
  struct Check {
    runtime::TaskId task;
    std::string container;
    Fd process;
    int pid = 0;
    std::string pid_file;
    Loop::Timer timeout;
  };

  Sandbox& sandbox(const runtime::TaskId& task);
  Sandbox* find(const runtime::TaskId& task);
  Container* find(const runtime::TaskId& task, const std::string& container);
  void tell(runtime::Event event) { options_.deliver(std::move(event)); }

  // Runs `work` on a worker after the task's earlier steps, then `then` with its result on the loop.
  template <class Work, class Then>
  void step(const runtime::TaskId& task, Work work, Then then);
  void next_step(const runtime::TaskId& task);

  void started(const runtime::TaskId& task, Container& container);
  void connect(const runtime::TaskId& task, Container& container, std::uint64_t log_position);
  void ended(const runtime::TaskId& task, const std::string& name);
  void tell_exit(const runtime::TaskId& task, Container& container);
  void send_signal(Container& container, int signal);

  void watch_log(const runtime::TaskId& task, Container& container);
  void unwatch_log(Container& container);
  void read_log_changes();
  void pump(const runtime::TaskId& task, Container& container);

  void kill_all(const runtime::TaskId& task, Sandbox& sandbox);
  bool logs_done(const Sandbox& sandbox) const;
  void remove_if_ready(const runtime::TaskId& task);
  void plan_removal(const runtime::TaskId& task);

  void end_check(int fd, std::optional<int> status);

  NetworkOptions network_options();
  void open_network(const std::string& network, NetworkSockets sockets);
  void close_network(const std::string& network);

  Options options_;
  Loop loop_;
  Resolver resolver_;
  Networks networks_;
  Launcher launcher_;
  std::map<runtime::TaskId, Sandbox> sandboxes_;
  Fd inotify_;
  std::map<int, std::pair<runtime::TaskId, std::string>> log_watches_;
  std::map<int, std::unique_ptr<Check>> checks_;  // by pidfd
  std::uint64_t execs_ever_ = 0;
  std::map<std::uint64_t, std::shared_ptr<Exec>> execs_;
  std::shared_ptr<LoopDoor> door_ = std::make_shared<LoopDoor>(loop_);
  std::chrono::steady_clock::time_point sampled_;
  // Last, so that they stop before what they use goes.
  Workers workers_;
  Workers pullers_;
};

}  // namespace linux_runtime
