#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "docker/containers.h"
#include "docker/frames.h"
#include "docker/stream.h"
#include "linux/launcher.h"
#include "linux/loop.h"
#include "linux/network/resolver.h"
#include "linux/workers.h"

namespace docker {

struct Container {
  enum class Phase { Starting, Running, Exited };

  std::string name;
  std::string id;
  Phase phase = Phase::Starting;
  std::string stop_signal;
  std::vector<int> early_signals;  // sent before it ran
  Containers::State state;         // once it has exited
  std::unique_ptr<Stream> end;     // answers when it has ended
  std::unique_ptr<Stream> log;     // answers as long as it writes
  bool log_complete = false;
  bool told = false;  // of its end
  std::optional<Frames> frames;
  std::uint64_t confirmed = 0;                                      // position that the cloud has stored
  std::deque<std::pair<std::uint64_t, std::size_t>> unconfirmed{};  // positions delivered since then, and their bytes
  std::size_t unconfirmed_bytes = 0;
  double cpu_seconds = 0;  // at the last sample
};

struct Sandbox {
  std::map<std::string, Container> containers;
  // Blocking steps of one task happen one after the other.
  std::deque<linux_runtime::Workers::Job> steps;
  bool busy = false;
  bool removing = false;
  bool remove_planned = false;
  bool silent = false;  // nobody knows this task; it only has to go
};

// The state of all tasks, owned by the loop's thread; as linux_runtime::Tasks, with Docker where that has processes and
// files.
class Tasks {
 public:
  Tasks(const Engine& engine, linux_runtime::Options options, Names names);
  ~Tasks();

  linux_runtime::Loop& loop() { return loop_; }
  Networks& networks() { return networks_; }

  void create_sandbox(const runtime::TaskId& task, const runtime::SandboxSpec& spec);
  void pull_image(const runtime::TaskId& task, const std::string& container, const runtime::ImageSource& source);
  void start_container(const runtime::TaskId& task, const runtime::ContainerSpec& spec);
  void signal_container(const runtime::TaskId& task, const std::string& container, int signal);
  void check_health(const runtime::TaskId& task, const std::string& container, const runtime::HealthCheck& check);
  void logs_stored(const runtime::TaskId& task, const std::string& container, std::uint64_t position);
  void remove_sandbox(const runtime::TaskId& task);
  void sample_usage();
  void adopt(const std::vector<runtime::Adoption>& tasks);

 private:
  struct Check {
    runtime::TaskId task;
    std::string container;
    std::unique_ptr<Stream> stream;
    linux_runtime::Loop::Timer timeout;
  };

  Sandbox& sandbox(const runtime::TaskId& task) { return sandboxes_[task]; }
  Sandbox* find(const runtime::TaskId& task);
  Container* find(const runtime::TaskId& task, const std::string& container);
  void tell(runtime::Event event) { options_.deliver(std::move(event)); }

  template <class Work, class Then>
  void step(const runtime::TaskId& task, Work work, Then then);
  template <class Work, class Then>
  void beside(linux_runtime::Workers& workers, Work work, Then then);
  void next_step(const runtime::TaskId& task);

  void started(const runtime::TaskId& task, Container& container, const Started& what);
  void connect(const runtime::TaskId& task, Container& container, std::uint64_t log_position);
  void follow(const runtime::TaskId& task, Container& container, std::uint64_t log_position);
  void wait_for_end(const runtime::TaskId& task, Container& container);
  void look(const runtime::TaskId& task, const std::string& name);
  void on_log(const runtime::TaskId& task, const std::string& name, std::string_view bytes);
  void on_log_end(const runtime::TaskId& task, const std::string& name);
  void deliver_lines(const runtime::TaskId& task, Container& container, std::vector<runtime::LogLine> lines);
  void exited(const runtime::TaskId& task, const std::string& name, const Containers::State& state);
  void tell_exit(const runtime::TaskId& task, Container& container);
  void send_signal(const runtime::TaskId& task, const Container& container, int signal);
  void start_check(std::uint64_t number, const std::string& exec, const runtime::HealthCheck& check);
  void end_check(std::uint64_t number, bool healthy);

  bool logs_done(const Sandbox& sandbox) const;
  void remove_if_ready(const runtime::TaskId& task);
  void plan_removal(const runtime::TaskId& task);
  Networks::Options network_options(const Names& names);

  const Engine& engine_;
  linux_runtime::Options options_;
  linux_runtime::Loop loop_;
  linux_runtime::Resolver resolver_;
  Networks networks_;
  Containers containers_;
  std::map<runtime::TaskId, Sandbox> sandboxes_;
  std::map<std::uint64_t, Check> checks_;
  std::uint64_t check_number_ = 0;
  std::chrono::steady_clock::time_point sampled_;
  // Last, so that they stop before what they use goes.
  linux_runtime::Workers workers_;
  linux_runtime::Workers pullers_;
};

// Runs `work` on a worker, then `then` with its result on the loop; in no order with anything.
template <class Work, class Then>
void Tasks::beside(linux_runtime::Workers& workers, Work work, Then then) {
  workers.run([this, work = std::move(work), then = std::move(then)]() mutable {
    auto result = work();
    loop_.post([result = std::move(result), then = std::move(then)]() mutable { then(std::move(result)); });
  });
}

}  // namespace docker
