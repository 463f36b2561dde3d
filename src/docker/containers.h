#pragma once

#include <map>
#include <string>
#include <vector>

#include "docker/engine.h"
#include "docker/images.h"
#include "docker/networks.h"
#include "docker/spec.h"
#include "linux/launcher.h"

namespace docker {

// A container that Docker has of ours.
struct Found {
  runtime::TaskId task;
  std::string name;  // in the task; "" for the one that holds the network
  std::string id;
  std::string stop_signal;
};

struct Started {
  std::string id;
  std::string stop_signal;
};

// The blocking steps, each safe to repeat. Thread-safe for different tasks.
class Containers {
 public:
  Containers(const Engine& engine, Networks& networks, const linux_runtime::Options& options, Names names);

  const Names& names() const { return names_; }
  Images& images() { return images_; }

  Result<void> create_task(const runtime::TaskId& task, const runtime::SandboxSpec& spec);
  // The error is AWS's text.
  Result<Started> start(const runtime::TaskId& task, const runtime::ContainerSpec& spec);
  Result<void> remove_task(const runtime::TaskId& task) const;

  // All of this data directory, and the tasks that have only been begun.
  Result<std::vector<Found>> list() const;
  std::vector<std::string> tasks() const;

  struct State {
    bool running = false;
    int exit_code = 137;
    bool out_of_memory = false;
  };
  // Of a container that is gone: ended, killed. An error: Docker does not answer.
  Result<State> state(const std::string& id) const;
  Result<void> signal(const std::string& id, const std::string& signal) const;
  struct Use {
    double cpu_seconds = 0;  // since it was started
    std::int64_t memory_bytes = 0;
  };
  Result<Use> use(const std::string& id) const;
  // The id of a command that is to run in a container, and its exit code afterwards.
  Result<std::string> create_exec(const std::string& id, const std::vector<std::string>& argv) const;
  Result<int> exec_status(const std::string& exec) const;

 private:
  std::string task_file(const runtime::TaskId& task) const { return options_.data_directory + "/docker/tasks/" + task; }
  Result<void> remember(const runtime::TaskId& task, const runtime::SandboxSpec& spec) const;
  bool recall(const runtime::TaskId& task, runtime::SandboxSpec& spec) const;
  Result<std::string> create(const std::string& name, const base::Value& body) const;
  Result<void> start_by_id(const std::string& id) const;
  Result<void> put_files(const std::string& id, const runtime::ContainerSpec& spec, bool in_network) const;
  std::string bundle_in(const std::string& id, std::string& path) const;

  const Engine& engine_;
  Networks& networks_;
  const linux_runtime::Options& options_;
  const Names names_;
  Images images_;
};

}  // namespace docker
