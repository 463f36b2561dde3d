#include "linux/cgroup.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include "base/fault.h"

namespace linux_runtime {
namespace {

namespace fs = std::filesystem;

constexpr long kCgroup2Magic = 0x63677270;
constexpr std::int64_t kCpuPeriodMicros = 100'000;
constexpr std::int64_t kPidsMax = 4096;  // of a task; a fork bomb must not take the machine
constexpr int kRemoveTries = 100;

std::string read_text(const std::string& path) {
  std::ifstream in(path);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

Result<void> write_text(const std::string& path, const std::string& text) {
  const Fd out(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!out || write(out.get(), text.data(), text.size()) < 0)
    return system_error("cannot write " + text + " to " + path);
  return {};
}

Result<void> make_directory(const std::string& path) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed) return error("cannot create " + path + ": " + failed.message());
  return {};
}

// The number after `name ` in a file of such lines.
std::optional<std::int64_t> field(const std::string& path, const std::string& name) {
  std::ifstream in(path);
  std::string key;
  std::int64_t value = 0;
  while (in >> key >> value) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::optional<std::int64_t> number(const std::string& path) {
  std::ifstream in(path);
  std::int64_t value = 0;
  if (in >> value) return value;
  return std::nullopt;
}

std::int64_t quota_micros(std::int64_t cpu_units) {
  return std::max<std::int64_t>(cpu_units * kCpuPeriodMicros / 1024, 1000);  // the kernel's least
}

void kill_all(const std::string& directory) {
  std::ifstream in(directory + "/cgroup.procs");
  for (int pid; in >> pid;) {
    if (pid > 0) kill(pid, SIGKILL);
  }
}

// The group and those below it, deepest first.
std::vector<std::string> tree(const std::string& directory) {
  std::vector<std::string> out;
  std::error_code failed;
  for (const auto& entry : fs::recursive_directory_iterator(directory, failed)) {
    if (entry.is_directory(failed)) out.push_back(entry.path().string());
  }
  std::ranges::sort(out, [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  if (fs::exists(directory, failed)) out.push_back(directory);
  return out;
}

bool remove_tree(const std::string& directory) {
  bool removed = true;
  for (const std::string& group : tree(directory)) {
    kill_all(group);
    removed = (rmdir(group.c_str()) == 0 || errno == ENOENT) && removed;
  }
  return removed;
}

}  // namespace

Cgroups::Cgroups(std::string root) : root_(std::move(root)) {
  struct statfs is{};
  if (statfs(root_.c_str(), &is) == 0 && is.f_type == kCgroup2Magic) {
    version_ = Version::V2;
    std::istringstream in(read_text(root_ + "/cgroup.controllers"));
    controllers_.assign(std::istream_iterator<std::string>(in), {});
    return;
  }
  for (const char* name : {"cpu", "cpuacct", "cpuset", "memory", "pids", "devices", "freezer", "blkio", "systemd",
                           "unified", "net_cls", "net_prio", "perf_event", "hugetlb"}) {
    std::error_code failed;
    if (fs::exists(root_ + "/" + name + "/cgroup.procs", failed)) controllers_.push_back(name);
  }
  if (has("cpu") && has("memory")) version_ = Version::V1;
}

std::string Cgroups::describe() const {
  if (version_ == Version::None) return "none";
  std::string out;
  for (const std::string& name : controllers_) out += (out.empty() ? "" : ", ") + name;
  return (version_ == Version::V2 ? "v2 (" : "v1 (") + out + ")";
}

bool Cgroups::is_mixed() const {
  return version_ == Version::V1 && has("unified") && !read_text(root_ + "/unified/cgroup.controllers").empty();
}

bool Cgroups::has(const std::string& controller) const {
  return std::ranges::find(controllers_, controller) != controllers_.end();
}

std::string Cgroups::directory(const std::string& controller, const std::string& path) const {
  return version_ == Version::V2 ? root_ + path : root_ + "/" + controller + path;
}

std::vector<std::string> Cgroups::trees(const std::string& path) const {
  if (version_ == Version::V2) return {root_ + path};
  std::vector<std::string> out;
  for (const std::string& controller : controllers_) out.push_back(directory(controller, path));
  return out;
}

Result<void> Cgroups::create(const std::string& path, std::int64_t cpu_units, std::int64_t memory_bytes) const {
  switch (version_) {
    case Version::V1:
      return create_v1(path, cpu_units, memory_bytes);
    case Version::V2:
      return create_v2(path, cpu_units, memory_bytes);
    case Version::None:
      break;
  }
  return error("this machine has no cgroups with cpu and memory controllers under " + root_);
}

Result<void> Cgroups::create_v1(const std::string& path, std::int64_t cpu_units, std::int64_t memory_bytes) const {
  for (const char* controller : {"cpu", "cpuacct", "memory", "pids"}) {
    if (has(controller)) CHECK(make_directory(directory(controller, path)));
  }
  if (cpu_units > 0) {
    const std::string cpu = directory("cpu", path);
    CHECK(write_text(cpu + "/cpu.cfs_period_us", std::to_string(kCpuPeriodMicros)));
    CHECK(write_text(cpu + "/cpu.cfs_quota_us", std::to_string(quota_micros(cpu_units))));
    CHECK(write_text(cpu + "/cpu.shares", std::to_string(std::max<std::int64_t>(cpu_units, 2))));
  }
  const std::string memory = directory("memory", path);
  (void)write_text(memory + "/memory.use_hierarchy", "1");  // the default since Linux 5.11, which refuses the write
  if (memory_bytes > 0) CHECK(write_text(memory + "/memory.limit_in_bytes", std::to_string(memory_bytes)));
  if (has("pids")) CHECK(write_text(directory("pids", path) + "/pids.max", std::to_string(kPidsMax)));
  return {};
}

Result<void> Cgroups::create_v2(const std::string& path, std::int64_t cpu_units, std::int64_t memory_bytes) const {
  // Every group above has to hand the controllers down; the task's own too, for its containers.
  CHECK(make_directory(root_ + path));
  std::string at = root_;
  for (const fs::path& part : fs::path(path)) {
    if (part != "/") at += "/" + part.string();
    for (const char* controller : {"cpu", "memory", "pids"}) {
      if (has(controller)) CHECK(write_text(at + "/cgroup.subtree_control", std::string("+") + controller));
    }
  }
  if (cpu_units > 0) {
    const std::string quota = std::to_string(quota_micros(cpu_units)) + " " + std::to_string(kCpuPeriodMicros);
    CHECK(write_text(at + "/cpu.max", quota));
  }
  if (memory_bytes > 0) {
    CHECK(write_text(at + "/memory.max", std::to_string(memory_bytes)));
    (void)write_text(at + "/memory.swap.max", "0");  // missing on machines without swap accounting
  }
  if (has("pids")) CHECK(write_text(at + "/pids.max", std::to_string(kPidsMax)));
  return {};
}

void Cgroups::join(const std::string& path, int pid) const {
  for (const std::string& directory : trees(path)) {
    if (directory.find("/cpuset/") != std::string::npos) continue;  // a new one has no CPUs; nothing may enter it
    if (make_directory(directory)) (void)write_text(directory + "/cgroup.procs", std::to_string(pid));
  }
}

Result<void> Cgroups::remove(const std::string& path) const {
  for (int i = 0; i < kRemoveTries; ++i) {
    bool removed = true;
    for (const std::string& directory : trees(path)) removed = remove_tree(directory) && removed;
    if (removed) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return error("cannot remove the cgroup " + path);
}

void Cgroups::prune(const std::string& path) const {
  for (const std::string& directory : trees(path)) rmdir(directory.c_str());
}

std::optional<double> Cgroups::cpu_seconds(const std::string& path) const {
  if (version_ == Version::V2) {
    const auto micros = field(root_ + path + "/cpu.stat", "usage_usec");
    return micros ? std::optional(static_cast<double>(*micros) / 1e6) : std::nullopt;
  }
  const auto nanos = number(directory("cpuacct", path) + "/cpuacct.usage");
  return nanos ? std::optional(static_cast<double>(*nanos) / 1e9) : std::nullopt;
}

std::optional<std::int64_t> Cgroups::memory_bytes(const std::string& path) const {
  const bool v2 = version_ == Version::V2;
  const std::string memory = directory("memory", path);
  const auto used = number(memory + (v2 ? "/memory.current" : "/memory.usage_in_bytes"));
  if (!used) return std::nullopt;
  const auto cache = field(memory + "/memory.stat", v2 ? "inactive_file" : "total_inactive_file");
  return std::max<std::int64_t>(*used - cache.value_or(0), 0);
}

std::int64_t Cgroups::out_of_memory_kills(const std::string& path) const {
  const char* file = version_ == Version::V2 ? "/memory.events" : "/memory.oom_control";
  return field(directory("memory", path) + file, "oom_kill").value_or(0);
}

}  // namespace linux_runtime
