#include "app/runtimes.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "app/doctor.h"
#include "app/no_runtime.h"
#include "docker/docker_runtime.h"
#include "docker/engine.h"
#include "linux/linux_runtime.h"
#include "linux/network/namespaces.h"
#include "linux/network/networks.h"

namespace app {
namespace {

namespace fs = std::filesystem;

constexpr int kRemovalTries = 300;
constexpr useconds_t kRemovalPause = 100'000;

bool has_entries(const std::string& directory) {
  std::error_code failed;
  return fs::exists(directory, failed) && !fs::is_empty(directory, failed);
}

std::string embedded_tasks(const std::string& data) {
  return data + "/tasks";
}
std::string docker_tasks(const std::string& data) {
  return data + "/docker/tasks";
}
// Which Docker it was, for those who come later.
std::string socket_file(const std::string& data) {
  return data + "/docker/socket";
}

std::unexpected<std::string> other_runtime(const std::string& data, const std::string& which) {
  return std::unexpected(data + " has tasks of " + which + ". Remove them first: renkei doctor --data " + data +
                         " --remove-containers");
}

std::expected<std::unique_ptr<runtime::Runtime>, std::string> open_docker(const ServeOptions& options,
                                                                          linux_runtime::Options given) {
  const std::string socket = docker_socket(options.runtime);
  if (has_entries(embedded_tasks(options.data))) return other_runtime(options.data, "the embedded runtime");
  if (options.network == "vpc" && ::geteuid() != 0) {
    return std::unexpected(
        "--runtime docker makes networks of VPCs only as root. Run it as root, or add --network host: containers then "
        "share this machine's network, and routes, endpoints and security groups hold for nobody.");
  }
  auto made = docker::DockerRuntime::open(socket, std::move(given));
  if (!made) return std::unexpected(made.error());
  std::ofstream(socket_file(options.data)) << socket << "\n";
  spdlog::info("tasks run on {} at {}", (*made)->engine(), socket);
  return std::move(*made);
}

// A runtime that is told of no task and no network removes every one it finds.
template <class Runtime>
bool remove_by(Runtime& runtime, const std::string& tasks) {
  runtime.adopt({});
  for (int tries = 0; tries < kRemovalTries && has_entries(tasks); ++tries) ::usleep(kRemovalPause);
  runtime.apply_networks({});  // its end waits until that is done
  return !has_entries(tasks);
}

linux_runtime::Options removing(const std::string& data) {
  linux_runtime::Options options;
  options.data_directory = data;
  options.state_directory = run_directory(data);
  options.deliver = [](const runtime::Event&) {};
  return options;
}

}  // namespace

std::string docker_socket(const std::string& runtime) {
  if (runtime == kDockerRuntime) return docker::kDefaultSocket;
  const std::string named = std::string(kDockerRuntime) + "=";
  return runtime.starts_with(named) ? runtime.substr(named.size()) : "";
}

std::vector<std::string> not_enforced(const ServeOptions& options, bool is_root) {
  const bool docker = !docker_socket(options.runtime).empty();
  if (!docker && !is_root) return {};  // there are no tasks
  std::vector<std::string> out;
  if (options.network == "host") {
    out.push_back(
        "tasks share this machine's network: security groups, routes, private DNS and endpoints are not enforced");
  } else if (docker) {
    out.push_back(
        "security groups and network ACLs are not enforced: tasks of a VPC reach each other and its endpoints");
    out.push_back("routes hold for a whole VPC, as they were when its first task started, and not for each subnet");
    out.push_back("two VPCs with overlapping addresses cannot have tasks at the same time");
  }
  if (docker) {
    out.push_back("the task's cpu and memory limit each of its containers, not all of them together");
    out.push_back("an image's own list of authorities stays as it is in a task with a read-only root file system");
  }
  return out;
}

std::expected<std::unique_ptr<runtime::Runtime>, std::string> open_runtime(const ServeOptions& options,
                                                                           linux_runtime::Options given) {
  const bool is_root = ::geteuid() == 0;
  std::unique_ptr<runtime::Runtime> made;
  if (!docker_socket(options.runtime).empty()) {
    auto docker = open_docker(options, std::move(given));
    if (!docker) return docker;
    made = std::move(*docker);
  } else if (!is_root) {
    spdlog::warn(
        "not root: tasks cannot be started; everything else works. Run it as root, or give it a Docker: "
        "--runtime docker --network host. renkei doctor says more");
    const std::string reason =
        "CannotStartContainerError: renkei runs without root and has no Docker to start containers with";
    return std::make_unique<NoRuntime>(reason, given.deliver);
  } else {
    if (has_entries(docker_tasks(options.data))) return other_runtime(options.data, "Docker");
    made = std::make_unique<linux_runtime::LinuxRuntime>(std::move(given));
  }
  for (const std::string& line : not_enforced(options, is_root)) spdlog::warn("{}", line);
  return made;
}

bool has_containers(const std::string& data) {
  std::error_code failed;
  return has_entries(docker_tasks(data)) || fs::exists(socket_file(data), failed) ||
         has_entries(embedded_tasks(data)) || !linux_runtime::namespaces(linux_runtime::network_prefix(data)).empty();
}

std::expected<void, std::string> remove_all_containers(const std::string& data) {
  std::error_code ignored;
  if (has_entries(docker_tasks(data)) || fs::exists(socket_file(data), ignored)) {
    std::string socket;
    std::ifstream(socket_file(data)) >> socket;
    auto docker = docker::DockerRuntime::open(socket, removing(data));
    if (!docker) return std::unexpected(docker.error());
    if (!remove_by(**docker, docker_tasks(data))) return std::unexpected("some containers on " + socket + " are left");
    docker->reset();
    fs::remove(socket_file(data), ignored);
  }
  const bool has_tasks = has_entries(embedded_tasks(data));
  if (!has_tasks && linux_runtime::namespaces(linux_runtime::network_prefix(data)).empty()) return {};
  if (::geteuid() != 0) return std::unexpected("removing containers of the embedded runtime needs root");
  linux_runtime::LinuxRuntime runtime(removing(data));
  if (!remove_by(runtime, embedded_tasks(data))) return std::unexpected("some containers under " + data + " are left");
  return {};
}

}  // namespace app
