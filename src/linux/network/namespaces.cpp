#include "linux/network/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/ensure.h"
#include "base/fault.h"

namespace linux_runtime {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOwn = "/proc/thread-self/ns/net";

// As `ip netns` does it: mounts below are seen by all mount namespaces, so that one who copies the tree does not keep a
// namespace alive whose name is gone here.
Result<void> prepare_directory() {
  static const bool prepared = [] {
    mkdir(kNamespaceDirectory, 0755);
    if (mount("", kNamespaceDirectory, "none", MS_SHARED | MS_REC, nullptr) == 0) return true;
    return mount(kNamespaceDirectory, kNamespaceDirectory, "none", MS_BIND | MS_REC, nullptr) == 0 &&
           mount("", kNamespaceDirectory, "none", MS_SHARED | MS_REC, nullptr) == 0;
  }();
  return prepared ? Result<void>{} : error(std::string("cannot share ") + kNamespaceDirectory);
}

// Brings the thread back to where it was.
class Return {
 public:
  Return() : own_(open(kOwn, O_RDONLY | O_CLOEXEC)) {}
  ~Return() { ENSURE(!own_ || setns(own_.get(), CLONE_NEWNET) == 0); }
  explicit operator bool() const { return static_cast<bool>(own_); }

 private:
  Fd own_;
};

}  // namespace

std::string namespace_path(const std::string& name) {
  return std::string(kNamespaceDirectory) + "/" + name;
}

bool has_namespace(const std::string& name) {
  // A name whose mount is gone, as after a reboot of a machine that keeps /run, is none.
  const Fd file(open(namespace_path(name).c_str(), O_RDONLY | O_CLOEXEC));
  struct stat of_name{}, of_directory{};
  return file && fstat(file.get(), &of_name) == 0 && stat(kNamespaceDirectory, &of_directory) == 0 &&
         of_name.st_dev != of_directory.st_dev;
}

std::vector<std::string> namespaces(const std::string& prefix) {
  std::vector<std::string> out;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(kNamespaceDirectory, failed)) {
    std::string name = entry.path().filename().string();
    if (name.starts_with(prefix)) out.push_back(std::move(name));
  }
  std::ranges::sort(out);
  return out;
}

Result<void> make_namespace(const std::string& name, const std::function<Result<void>()>& inside) {
  CHECK(prepare_directory());
  remove_namespace(name);
  const Return back;
  if (!back || unshare(CLONE_NEWNET) != 0) return system_error("cannot make a network namespace");
  CHECK(inside());
  const std::string path = namespace_path(name);
  const Fd file(open(path.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0));
  if (!file) return system_error("cannot create " + path);
  if (mount(kOwn, path.c_str(), "none", MS_BIND, nullptr) == 0) return {};
  auto failure = system_error("cannot name a network namespace " + path);
  unlink(path.c_str());
  return failure;
}

void remove_namespace(const std::string& name) {
  const std::string path = namespace_path(name);
  umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
  unlink(path.c_str());
}

Result<void> run_in_namespace(const std::string& name, const std::function<Result<void>()>& inside) {
  const Return back;
  const Fd there(open(namespace_path(name).c_str(), O_RDONLY | O_CLOEXEC));
  if (!back || !there || setns(there.get(), CLONE_NEWNET) != 0) {
    return system_error("cannot enter the network namespace " + name);
  }
  return inside();
}

Result<void> set_network_option(const std::string& path, const std::string& value) {
  const Fd out(open(("/proc/sys/net/" + path).c_str(), O_WRONLY | O_CLOEXEC));
  if (!out || write(out.get(), value.data(), value.size()) < 0) return system_error("cannot set net/" + path);
  return {};
}

}  // namespace linux_runtime
