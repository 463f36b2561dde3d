#pragma once

#include <expected>
#include <memory>
#include <string>

#include "linux/launcher.h"
#include "runtime/runtime.h"

namespace docker {

// Tasks as containers of a Docker Engine, over its API's unix socket. docs/docker.md says what of a task it can
// express.
//
// The destructor leaves the containers running; a new object on the same data directory takes them over with adopt().
class DockerRuntime : public runtime::Runtime {
 public:
  // The error says why there is no Docker to be used.
  static std::expected<std::unique_ptr<DockerRuntime>, std::string> open(const std::string& socket,
                                                                         linux_runtime::Options options);
  ~DockerRuntime() override;

  std::string engine() const;  // "Docker 20.10.24"

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
  void apply_networks(const runtime::NetworkPlan& plan) override;
  void adopt(const std::vector<runtime::Adoption>& tasks) override;

 private:
  class Impl;
  explicit DockerRuntime(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace docker
