#include "ecs/linux_parameters.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace ecs {
namespace {

using api::ecs::LinuxParameters;
using Complaint = std::optional<std::string>;

constexpr const char* kAll = "ALL";

// As the API reference lists them (KernelCapabilities).
const std::set<std::string_view>& capabilities() {
  static const std::set<std::string_view> known{
      "ALL",           "AUDIT_CONTROL",    "AUDIT_WRITE", "BLOCK_SUSPEND", "CHOWN",      "DAC_OVERRIDE",
      "FOWNER",        "DAC_READ_SEARCH",  "FSETID",      "IPC_LOCK",      "IPC_OWNER",  "KILL",
      "LEASE",         "LINUX_IMMUTABLE",  "MAC_ADMIN",   "MAC_OVERRIDE",  "MKNOD",      "NET_ADMIN",
      "NET_BROADCAST", "NET_BIND_SERVICE", "NET_RAW",     "SETFCAP",       "SETGID",     "SETPCAP",
      "SETUID",        "SYS_ADMIN",        "SYS_BOOT",    "SYS_CHROOT",    "SYS_MODULE", "SYS_NICE",
      "SYS_PACCT",     "SYS_PTRACE",       "SYS_RAWIO",   "SYS_RESOURCE",  "SYS_TIME",   "SYS_TTY_CONFIG",
      "SYSLOG",        "WAKE_ALARM"};
  return known;
}

// Of the options that the API reference lists for tmpfs those that mean something for one.
bool is_tmpfs_option(const std::string& option) {
  static const std::set<std::string_view> flags{"defaults",   "ro",       "rw",         "suid",        "nosuid",
                                                "dev",        "nodev",    "exec",       "noexec",      "sync",
                                                "async",      "dirsync",  "atime",      "noatime",     "diratime",
                                                "nodiratime", "relatime", "norelatime", "strictatime", "nostrictatime"};
  const std::string_view name = std::string_view(option).substr(0, option.find('='));
  if (name.size() == option.size()) return flags.contains(name);
  return name == "mode" || name == "uid" || name == "gid" || name == "nr_inodes" || name == "nr_blocks";
}

template <class T>
const std::vector<T>& items(const std::optional<std::vector<T>>& list) {
  static const std::vector<T> none;
  return list ? *list : none;
}

Complaint capability_complaint(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (!capabilities().contains(name)) return "Invalid linux capability '" + name + "'.";
  }
  return std::nullopt;
}

}  // namespace

Complaint linux_complaint(const LinuxParameters& parameters) {
  if (parameters.capabilities) {
    if (auto text = capability_complaint(items(parameters.capabilities->add))) return text;
    if (auto text = capability_complaint(items(parameters.capabilities->drop))) return text;
  }
  for (const auto& mount : items(parameters.tmpfs)) {
    if (!mount.container_path.starts_with('/')) return "Container.tmpfs.containerPath must be an absolute path.";
    if (mount.size < 1) return "Container.tmpfs.size must be at least 1 MiB.";
    for (const std::string& option : items(mount.mount_options)) {
      if (!is_tmpfs_option(option)) return "Container.tmpfs.mountOptions has an invalid option '" + option + "'.";
    }
  }
  return std::nullopt;
}

Complaint fargate_linux_complaint(const LinuxParameters& parameters) {
  if (parameters.capabilities) {
    for (const std::string& name : items(parameters.capabilities->add)) {
      if (name != "SYS_PTRACE")
        return "Fargate only supports adding the linux capability SYS_PTRACE, not " + name + ".";
    }
  }
  const auto unless = [](bool given, const char* name) -> Complaint {
    if (!given) return std::nullopt;
    return std::string("Fargate does not support linuxParameters.") + name + ".";
  };
  if (auto text = unless(!items(parameters.devices).empty(), "devices")) return text;
  if (auto text = unless(parameters.max_swap.has_value(), "maxSwap")) return text;
  if (auto text = unless(parameters.shared_memory_size.has_value(), "sharedMemorySize")) return text;
  return unless(parameters.swappiness.has_value(), "swappiness");
}

void apply_linux(const LinuxParameters& parameters, runtime::ContainerSpec& spec) {
  spec.init_process = parameters.init_process_enabled.value_or(false);
  if (parameters.capabilities) {
    for (const std::string& name : items(parameters.capabilities->add))
      spec.added_capabilities.push_back("CAP_" + name);
    for (const std::string& name : items(parameters.capabilities->drop)) {
      spec.drops_all_capabilities = spec.drops_all_capabilities || name == kAll;
      spec.dropped_capabilities.push_back("CAP_" + name);
    }
  }
  for (const auto& mount : items(parameters.tmpfs)) {
    runtime::Tmpfs& one = spec.tmpfs.emplace_back();
    one.target = mount.container_path;
    one.bytes = mount.size * 1024 * 1024;
    for (const std::string& option : items(mount.mount_options)) {
      if (option != "defaults") one.options.push_back(option);
    }
  }
}

}  // namespace ecs
