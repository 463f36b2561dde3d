#pragma once

#include <functional>

#include "runtime/runtime.h"

namespace app {

// Where this machine can't run containers: says so, to whoever starts a task. Everything else works.
class NoRuntime : public runtime::Runtime {
 public:
  NoRuntime(std::string reason, std::function<void(runtime::Event)> deliver)
      : reason_(std::move(reason)), deliver_(std::move(deliver)) {}

  void create_sandbox(const runtime::TaskId& task, const runtime::SandboxSpec&) override {
    deliver_(runtime::event::SandboxFailed{task, reason_});
  }
  void pull_image(const runtime::TaskId& task, const std::string& container, const runtime::ImageSource&) override {
    deliver_(runtime::event::ImagePullFailed{task, container, reason_});
  }
  void start_container(const runtime::TaskId& task, const runtime::ContainerSpec& spec) override {
    deliver_(runtime::event::ContainerStartFailed{task, spec.name, reason_});
  }
  void signal_container(const runtime::TaskId&, const std::string&, int) override {}
  void check_health(const runtime::TaskId&, const std::string&, const runtime::HealthCheck&) override {}
  void logs_stored(const runtime::TaskId&, const std::string&, std::uint64_t) override {}
  void remove_sandbox(const runtime::TaskId& task) override { deliver_(runtime::event::SandboxRemoved{task}); }
  void sample_usage() override {}
  void apply_networks(const runtime::NetworkPlan&) override {}
  void adopt(const std::vector<runtime::Adoption>& tasks) override {
    for (const auto& task : tasks) {
      for (const auto& container : task.containers) {
        deliver_(runtime::event::ContainerExited{task.task, container.name, 137, false});
      }
    }
  }

 private:
  std::string reason_;
  std::function<void(runtime::Event)> deliver_;
};

}  // namespace app
