#pragma once

#include <memory>

#include "linux/launcher.h"
#include "runtime/runtime.h"

namespace linux_runtime {

// Tasks as real containers of this machine: crun runs them, conmon watches each, so they and their exit codes outlive
// this process. Needs root. Event-driven: one thread waits for ends of processes and for log lines; a few do what
// blocks.
//
// A task that names an interface has a network of its own (linux/network); others share the machine's.
//
// The destructor leaves the containers running; a new object on the same directories takes them over with adopt().
class LinuxRuntime : public runtime::Runtime {
 public:
  explicit LinuxRuntime(Options options);
  ~LinuxRuntime() override;

  void create_sandbox(const runtime::TaskId& task, const runtime::SandboxSpec& spec) override;
  void pull_image(const runtime::TaskId& task, const std::string& container,
                  const runtime::ImageSource& source) override;
  void start_container(const runtime::TaskId& task, const runtime::ContainerSpec& spec) override;
  void signal_container(const runtime::TaskId& task, const std::string& container, int signal) override;
  void check_health(const runtime::TaskId& task, const std::string& container,
                    const runtime::HealthCheck& check) override;
  void logs_stored(const runtime::TaskId& task, const std::string& container, std::uint64_t position) override;
  void remove_sandbox(const runtime::TaskId& task) override;
  void sample_usage() override;
  bool read_stats(const runtime::TaskId& task) override;
  bool exec(const runtime::TaskId& task, const std::string& container, const runtime::ExecSpec& spec,
            std::shared_ptr<runtime::ExecObserver> observer) override;
  void apply_networks(const runtime::NetworkPlan& plan) override;
  void adopt(const std::vector<runtime::Adoption>& tasks) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace linux_runtime
