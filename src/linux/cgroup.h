#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "linux/process.h"

namespace linux_runtime {

// The control groups of this machine: version 2, version 1 (one hierarchy per controller), or hybrid (version 1 for
// the controllers, beside it a version 2 tree without any). Paths given to it start at the root: "/renkei/TASK".
class Cgroups {
 public:
  enum class Version { None, V1, V2 };

  explicit Cgroups(std::string root = "/sys/fs/cgroup");

  Version version() const { return version_; }
  // "v2", "v1 (cpu, memory, …)" or "none", for doctor.
  std::string describe() const;
  // Hybrid, and version 2 has controllers of its own.
  bool is_mixed() const;
  bool has(const std::string& controller) const;

  // Makes the group and sets its limits: `cpu_units` 1024ths of a CPU, bytes; 0 = no limit.
  Result<void> create(const std::string& path, std::int64_t cpu_units, std::int64_t memory_bytes) const;
  // Moves a process there.
  void join(const std::string& path, int pid) const;
  // Kills what is in the group and below it, then removes it. Waits at most a second for the kernel to let go.
  Result<void> remove(const std::string& path) const;

  // Removes a group only if nothing is in it.
  void prune(const std::string& path) const;

  // Nothing when the group is gone.
  std::optional<double> cpu_seconds(const std::string& path) const;
  std::optional<std::int64_t> memory_bytes(const std::string& path) const;  // without inactive page cache
  // Where a controller keeps the group's files.
  std::string directory(const std::string& controller, const std::string& path) const;
  // How many processes of exactly this group the kernel killed for want of memory.
  std::int64_t out_of_memory_kills(const std::string& path) const;

 private:
  Result<void> create_v1(const std::string& path, std::int64_t cpu_units, std::int64_t memory_bytes) const;
  Result<void> create_v2(const std::string& path, std::int64_t cpu_units, std::int64_t memory_bytes) const;
  std::vector<std::string> trees(const std::string& path) const;

  std::string root_;
  Version version_ = Version::None;
  std::vector<std::string> controllers_;  // v1: names of the hierarchies' directories; v2: controllers
};

}  // namespace linux_runtime
