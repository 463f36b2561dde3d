#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "runtime/exec.h"
#include "runtime/network.h"

// What the cloud knows of containers. The cloud decides (order, health, restarts, what counts as failed); a runtime
// only does single things and tells what happened. Every call returns at once, never blocks and never fails: the
// result comes as an Event, delivered on the cloud's strand. Calls are idempotent by task and container name, because
// after a crash the cloud may repeat the last ones it made durable. Implementations: linux/ (crun, conmon), a
// scripted one for tests and simulation, later Docker and Kubernetes.
namespace runtime {

// 32 hex digits, the last part of the task ARN. One task is one sandbox: containers that share network and limits.
using TaskId = std::string;

struct SandboxSpec {
  std::int64_t cpu_units = 0;     // 1024 = one vCPU; 0 = no limit
  std::int64_t memory_bytes = 0;  // 0 = no limit
  std::string hostname;
  std::optional<NetworkAttachment> network;  // unset: it shares the machine's own network
};

// Where an image comes from. Either local_digest or outside is set.
struct ImageSource {
  std::string reference;     // as the task definition names it; for messages
  std::string local_digest;  // manifest digest "sha256:…" in the built-in registry's blob directory
  std::string outside;       // otherwise: a reference that an outside registry serves
  std::string credentials;   // "user:password" for `outside`, or ""
};

struct Mount {
  std::string source;  // name of a task volume, shared by the task's containers
  std::string target;  // absolute path in the container
  bool read_only = false;
};

struct Tmpfs {
  std::string target;  // absolute path in the container
  std::int64_t bytes = 0;
  std::vector<std::string> options;  // beside nosuid, noexec and nodev, or against them
};

struct Ulimit {
  std::string name;  // "nofile"
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

struct ContainerSpec {
  std::string name;
  std::string image_digest;                             // from ImagePulled
  std::optional<std::vector<std::string>> entry_point;  // unset: the image's
  std::optional<std::vector<std::string>> command;      // unset: the image's, unless entry_point is set
  std::string working_directory;                        // "": the image's
  std::string user;                                     // "": the image's; "user[:group]", names or numbers
  std::map<std::string, std::string> environment;       // added to the image's, wins over it
  std::int64_t cpu_units = 0;                           // share within the task; 0 = none of its own
  std::int64_t memory_bytes = 0;                        // hard limit; 0 = the task's
  std::vector<Ulimit> ulimits;
  std::vector<Mount> mounts;
  bool read_only_root = false;
  bool init_process = false;  // reap zombies and forward signals
  // Against what containers usually have; "CAP_SYS_PTRACE". What is added stays when all else is dropped.
  std::vector<std::string> added_capabilities{};
  std::vector<std::string> dropped_capabilities{};
  bool drops_all_capabilities = false;
  std::vector<Tmpfs> tmpfs{};
  std::string hostname;
};

struct HealthCheck {
  std::vector<std::string> argv;  // shell form already wrapped as /bin/sh -c
  base::Duration timeout{};
};

// One line that a container wrote. `at` is on the cloud's clock.
struct LogLine {
  base::TimePoint at;
  std::string text;  // without the newline; at most 256 KiB, longer lines come in parts
};

namespace event {
struct SandboxReady {
  TaskId task;
};
struct SandboxFailed {
  TaskId task;
  std::string reason;
};
struct ImagePulled {
  TaskId task;
  std::string container;
  std::string image_digest;
};
// `reason` is the text after "CannotPullContainerError: " on AWS.
struct ImagePullFailed {
  TaskId task;
  std::string container;
  std::string reason;
};
struct ContainerStarted {
  TaskId task;
  std::string container;
  std::string runtime_id;
};
// The process could not be started at all. `reason` is AWS's text, e.g. "CannotStartContainerError: …".
struct ContainerStartFailed {
  TaskId task;
  std::string container;
  std::string reason;
};
// 128+signal when it was killed by one. `out_of_memory`: the limit of the container or task was hit.
struct ContainerExited {
  TaskId task;
  std::string container;
  int exit_code = 0;
  bool out_of_memory = false;
};
struct HealthChecked {
  TaskId task;
  std::string container;
  bool healthy = false;
};
// Lines up to `position` (an offset in the runtime's log of this container). The cloud makes lines and position durable
// together and then says so with logs_stored(); what is not confirmed is delivered again after a restart.
struct Logs {
  TaskId task;
  std::string container;
  std::uint64_t position = 0;
  std::vector<LogLine> lines;
};
struct SandboxRemoved {
  TaskId task;
};
// Usage since the last sample, for the AWS/ECS metrics.
struct Usage {
  TaskId task;
  double cpu_seconds = 0;
  std::int64_t memory_bytes = 0;
  base::Duration over{};
};
// What the containers of a task have used up to `at` (the cloud's clock), and what they had at the question before; for
// the task metadata endpoint.
struct Stats {
  struct Cpu {
    std::int64_t total_nanos = 0;
    std::int64_t user_nanos = 0;
    std::int64_t kernel_nanos = 0;
    std::vector<std::int64_t> per_cpu_nanos;  // where the kernel tells
    std::int64_t system_nanos = 0;            // of all processors since the machine's start, idle time included
    std::int64_t periods = 0;                 // of the limit's enforcement
    std::int64_t throttled_periods = 0;
    std::int64_t throttled_nanos = 0;
  };
  struct Disk {
    std::int64_t major = 0;
    std::int64_t minor = 0;
    std::string operation;  // "Read", "Write"
    std::int64_t value = 0;
  };
  struct Interface {
    std::string name;
    std::int64_t rx_bytes = 0, rx_packets = 0, rx_errors = 0, rx_dropped = 0;
    std::int64_t tx_bytes = 0, tx_packets = 0, tx_errors = 0, tx_dropped = 0;
  };
  struct Container {
    std::string name;
    base::TimePoint before_at{};  // of the question before; 0: there was none
    Cpu cpu;
    Cpu cpu_before;
    std::int64_t memory_bytes = 0;  // with page cache
    std::int64_t memory_max_bytes = 0;
    std::int64_t memory_limit_bytes = 0;
    std::map<std::string, std::int64_t> memory;  // the kernel's own names
    std::int64_t processes = 0;
    std::vector<Disk> disk_bytes;
    std::vector<Disk> disk_operations;
  };
  TaskId task;
  base::TimePoint at{};
  int online_cpus = 0;
  std::vector<Container> containers;  // those that run
  std::vector<Interface> interfaces;  // of the task's own network
};
}  // namespace event

using Event = std::variant<event::SandboxReady, event::SandboxFailed, event::ImagePulled, event::ImagePullFailed,
                           event::ContainerStarted, event::ContainerStartFailed, event::ContainerExited,
                           event::HealthChecked, event::Logs, event::SandboxRemoved, event::Usage, event::Stats>;

// What the cloud remembers of a task when it starts again, so that the runtime finds its containers.
struct Adoption {
  struct Container {
    std::string name;
    std::uint64_t log_position = 0;  // deliver what comes after
  };
  TaskId task;
  std::vector<Container> containers;  // those that had been started and had not been seen to exit
};

class Runtime {
 public:
  virtual ~Runtime() = default;

  virtual void create_sandbox(const TaskId& task, const SandboxSpec& spec) = 0;
  virtual void pull_image(const TaskId& task, const std::string& container, const ImageSource& source) = 0;
  virtual void start_container(const TaskId& task, const ContainerSpec& spec) = 0;
  // Sends a signal to the container's first process. `signal` 0: the image's StopSignal, else SIGTERM.
  virtual void signal_container(const TaskId& task, const std::string& container, int signal) = 0;
  virtual void check_health(const TaskId& task, const std::string& container, const HealthCheck& check) = 0;
  virtual void logs_stored(const TaskId& task, const std::string& container, std::uint64_t position) = 0;
  // Kills what still runs and removes everything of the task, then SandboxRemoved. Before that come the last Logs and a
  // ContainerExited for each container that still ran.
  virtual void remove_sandbox(const TaskId& task) = 0;
  // Asks for one Usage event per running task.
  virtual void sample_usage() = 0;
  // Asks for one Stats event, also for a task that it doesn't know (without containers). False: it measures nothing.
  virtual bool read_stats(const TaskId&) { return false; }
  // Runs a program in a container. False: it can't do that.
  virtual bool exec(const TaskId&, const std::string& /*container*/, const ExecSpec&, std::shared_ptr<ExecObserver>) {
    return false;
  }

  // Replaces the plan of before. Takes effect on sandboxes that run; connections that are open go on as AWS lets them.
  // A sandbox asked for after this call finds it done. After adopt() the first call also removes networks that an
  // earlier process left. An interface goes out of the plan when its sandbox is removed, or later.
  virtual void apply_networks(const NetworkPlan& plan) = 0;

  // Called once, before anything else, with every task that the cloud believes in. The runtime reconnects to the
  // containers that still live, reports ContainerExited for those that ended (with the true exit code, if it is
  // known, else 137) and removes sandboxes that nobody names.
  virtual void adopt(const std::vector<Adoption>& tasks) = 0;
};

}  // namespace runtime
