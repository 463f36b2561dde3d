#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "image/manifest.h"
#include "linux/network/task_network.h"
#include "linux/process.h"
#include "linux/root_fs.h"
#include "linux/trust.h"
#include "runtime/runtime.h"

// From a container's specification and its image to the config.json that crun reads.
namespace linux_runtime {

struct BundlePlan {
  const runtime::ContainerSpec& spec;
  const image::Config& image;
  std::string root;          // the mounted root file system
  std::string directory;     // files of this container: hosts, hostname, resolv.conf, config.json
  std::string volumes;       // directory of the task's volumes
  std::string cgroup;        // "/renkei/TASK/ID"
  bool device_rules = true;  // false: crun cannot set them here; then no device may be made instead
  std::string init;          // path of a static tini on the host; used when spec.init_process
  std::string time_library;  // path on the host, or "" without time-lapse
  std::map<std::string, std::string> environment;          // weaker than the specification's
  std::vector<std::pair<std::string, std::string>> hosts;  // name, address
  std::optional<TaskNetwork> network;                      // unset: the machine's own
  Trust trust{};
};

inline constexpr const char* kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
inline constexpr const char* kTimeLibraryInContainer = "/usr/lib/renkei-time.so";

std::vector<std::string> arguments(const runtime::ContainerSpec& spec, const image::Config& image);
// The program as a file of the host, looked up like a shell does; "" when there is none.
std::string find_program(const std::string& root, const std::string& program, const std::string& path = kDefaultPath);
// Number of "SIGTERM", "TERM" or "15"; SIGTERM when it is none of them.
int signal_number(const std::string& name);

// Writes config.json and the files it mounts. Fails when the user, the program or the working directory cannot be.
Result<void> write_bundle(const BundlePlan& plan);

}  // namespace linux_runtime
