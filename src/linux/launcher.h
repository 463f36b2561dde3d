#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "image/layer_store.h"
#include "linux/bundle.h"
#include "linux/cgroup.h"
#include "linux/clock_map.h"
#include "linux/exec.h"
#include "linux/network/networks.h"
#include "linux/process.h"

namespace linux_runtime {

// Set once, by whoever makes the runtime.
struct Options {
  std::string data_directory;   // blobs/, layers/, tasks/
  std::string state_directory;  // crun's state and sockets; short, on a file system that a reboot empties
  // Called on the runtime's own thread; has to hand the event to the cloud's strand.
  std::function<void(runtime::Event)> deliver;
  ClockMap clock;
  std::map<std::string, std::string> environment;          // of every container, below the task definition's
  std::vector<std::pair<std::string, std::string>> hosts;  // names that every container resolves: name, address
  std::string outside_transport = "docker://";             // of skopeo, for images of other registries
  std::string authority;  // PEM file: who signs for the gateway in networks, which attached tasks trust; "": nobody
  // Listening sockets in a network, for all addresses that are the network's own: what comes in there is for the
  // server's gateway. Called on a thread of the runtime's own; the callee owns the socket until `close_network`.
  std::function<void(const std::string& network, int socket)> listen_in_network;
  std::function<void(const std::string& network)> close_network;
  std::function<void(const std::string& message)> warn;
};

// Where a container's files and processes are; follows from task and name alone.
struct Place {
  std::string id;         // "TASK-1234567890", as Fargate's runtimeId
  std::string directory;  // <data>/tasks/TASK/containers/NAME
  std::string cgroup;

  std::string root() const { return directory + "/root"; }
  std::string log() const { return directory + "/log"; }
  std::string pid_file() const { return directory + "/pid"; }
  std::string conmon_pid_file() const { return directory + "/conmon.pid"; }
  std::string exit_file() const { return directory + "/exit/" + id; }
  std::string result_file() const { return directory + "/result"; }
  std::string stop_signal_file() const { return directory + "/stop_signal"; }
};

struct Exit {
  int code = 137;
  bool out_of_memory = false;
};

// The blocking steps, each safe to repeat. Thread-safe for different tasks.
class Launcher {
 public:
  Launcher(const Options& options, Networks& networks);

  std::string task_directory(const runtime::TaskId& task) const { return options_.data_directory + "/tasks/" + task; }
  static std::string task_cgroup(const runtime::TaskId& task) { return "/renkei/" + task; }
  Place place(const runtime::TaskId& task, const std::string& container) const;
  // Names of the tasks, and of a task's containers, that have files.
  std::vector<std::string> tasks() const;
  std::vector<std::string> containers(const runtime::TaskId& task) const;

  Result<void> create_task(const runtime::TaskId& task, const runtime::SandboxSpec& spec) const;
  // The digest of the manifest, unpacked. The error is AWS's text.
  Result<std::string> pull(const runtime::ImageSource& source);
  // The error is AWS's text.
  Result<void> start(const runtime::TaskId& task, const runtime::ContainerSpec& spec) const;
  // What conmon found; 137 when it found nothing. Remembered, so that it stays the same.
  Exit read_exit(const Place& place) const;
  // Frees what an ended container holds, except its log and result.
  void release(const Place& place) const;
  Result<void> remove_task(const runtime::TaskId& task) const;

  std::vector<std::string> exec_command(const Place& place, const std::string& pid_file,
                                        const std::vector<std::string>& argv) const;
  // Whether the task has a network of its own.
  bool has_network(const runtime::TaskId& task) const { return attachment(task).has_value(); }
  // `number`: of this server's programs in containers.
  ExecPlan exec_plan(const Place& place, std::uint64_t number, const runtime::ExecSpec& spec) const;
  int conmon_pid(const Place& place) const;  // 0 when it doesn't run
  int container_pid(const Place& place) const;
  int stop_signal(const Place& place) const;

  const Cgroups& cgroups() const { return cgroups_; }

 private:
  Result<image::Image> fetch_outside(const runtime::ImageSource& source);
  Result<void> prepare(const runtime::TaskId& task, const runtime::ContainerSpec& spec, const Place& place) const;
  std::vector<std::string> conmon_command(const Place& place) const;
  Result<void> run_conmon(const Place& place) const;
  void use_time_library();
  void warn_of_real_time(const Place& place, const std::vector<std::string>& argv) const;
  void use_crun_without_unified();
  std::vector<std::string> crun(std::vector<std::string> rest) const;

  std::optional<runtime::NetworkAttachment> attachment(const runtime::TaskId& task) const;

  const Options& options_;
  Networks& networks_;
  mutable std::mutex shared_groups_;  // the groups above those of the tasks, which the last task takes away
  std::map<std::string, std::string> environment_;
  std::string time_library_;  // "" at speed 1
  image::ContentStore content_;
  image::LayerStore layers_;
  Cgroups cgroups_;
  std::string crun_path_ = "/usr/bin/crun";
};

}  // namespace linux_runtime
