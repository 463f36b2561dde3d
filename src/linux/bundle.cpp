#include "linux/bundle.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/fault.h"
#include "base/value.h"
#include "image/content_store.h"
#include "wire/json.h"

namespace linux_runtime {
namespace {

namespace fs = std::filesystem;
using base::Value;

constexpr const char* kInitInContainer = "/sbin/docker-init";

// What Docker and Fargate leave a container; everything else is dropped.
constexpr const char* kCapabilities[] = {"CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",           "CAP_FOWNER",
                                         "CAP_MKNOD",   "CAP_NET_RAW",      "CAP_SETGID",           "CAP_SETUID",
                                         "CAP_SETFCAP", "CAP_SETPCAP",      "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
                                         "CAP_KILL",    "CAP_AUDIT_WRITE"};
constexpr const char* kMaskedPaths[] = {
    "/proc/asound",     "/proc/acpi",        "/proc/kcore",       "/proc/keys", "/proc/latency_stats",
    "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"};
constexpr const char* kReadOnlyPaths[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};

// Calls that change the machine and not the container. Dropped capabilities stop most of them already; these answer
// EPERM even where a kernel asks for none.
constexpr const char* kRefusedCalls[] = {"acct",
                                         "add_key",
                                         "bpf",
                                         "clock_adjtime",
                                         "clock_settime",
                                         "create_module",
                                         "delete_module",
                                         "finit_module",
                                         "get_kernel_syms",
                                         "init_module",
                                         "ioperm",
                                         "iopl",
                                         "kexec_file_load",
                                         "kexec_load",
                                         "keyctl",
                                         "lookup_dcookie",
                                         "mount",
                                         "move_mount",
                                         "open_tree",
                                         "fsopen",
                                         "fsmount",
                                         "open_by_handle_at",
                                         "perf_event_open",
                                         "pivot_root",
                                         "query_module",
                                         "quotactl",
                                         "reboot",
                                         "request_key",
                                         "setns",
                                         "settimeofday",
                                         "stime",
                                         "swapoff",
                                         "swapon",
                                         "umount",
                                         "umount2",
                                         "unshare",
                                         "userfaultfd",
                                         "uselib",
                                         "ustat",
                                         "vhangup"};

template <class Range>
Value texts(const Range& items) {
  Value::Array out;
  for (const auto& item : items) out.emplace_back(std::string(item));
  return out;
}

Value object(Value::Object members) {
  return members;
}

Value mount_of(const char* target, const char* type, const char* source, std::vector<std::string> options) {
  return object({{"destination", target}, {"type", type}, {"source", source}, {"options", texts(options)}});
}

Value bind_mount(const std::string& source, const std::string& target, bool read_only) {
  return object({{"destination", target},
                 {"type", "bind"},
                 {"source", source},
                 {"options", texts(std::vector<std::string>{"rbind", "rprivate", read_only ? "ro" : "rw"})}});
}

Result<void> write_text(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::trunc);
  out << text;
  out.close();
  if (!out) return error("cannot write " + path);
  return {};
}

// PATH of the container, for finding its program as crun will.
std::string find_variable(const std::vector<std::string>& environment, const std::string& name) {
  for (const std::string& one : environment) {
    if (one.starts_with(name + "=")) return one.substr(name.size() + 1);
  }
  return "";
}

std::vector<std::string> environment_of(const BundlePlan& plan, const User& user) {
  std::map<std::string, std::string> all{{"PATH", kDefaultPath}, {"HOSTNAME", plan.spec.hostname}, {"HOME", user.home}};
  for (const std::string& one : plan.image.environment) {
    const std::size_t equals = one.find('=');
    if (equals != std::string::npos) all[one.substr(0, equals)] = one.substr(equals + 1);
  }
  for (const auto& [name, value] : plan.environment) all[name] = value;
  for (const auto& [name, value] : plan.trust.environment) all[name] = value;
  for (const auto& [name, value] : plan.spec.environment) all[name] = value;
  if (!plan.time_library.empty()) {
    std::string& preload = all["LD_PRELOAD"];
    preload = kTimeLibraryInContainer + (preload.empty() ? "" : ":" + preload);
  }
  std::vector<std::string> out;
  for (const auto& [name, value] : all) out.push_back(name + "=" + value);
  return out;
}

// The text that runc, and so AWS, has for a program that isn't there.
Result<void> check_program(const std::string& root, const std::string& program, const std::string& path) {
  struct stat is{};
  if (program.find('/') != std::string::npos) {
    const std::string file = path_in_root(root, program);
    if (file.empty()) return error("exec: \"" + program + "\": stat " + program + ": no such file or directory");
    if (stat(file.c_str(), &is) == 0 && (S_ISDIR(is.st_mode) || (is.st_mode & 0111) == 0)) {
      return error("exec: \"" + program + "\": permission denied");
    }
    return {};
  }
  if (!find_program(root, program, path).empty()) return {};
  return error("exec: \"" + program + "\": executable file not found in $PATH");
}

Result<Value> limits(const std::vector<runtime::Ulimit>& ulimits) {
  Value::Array out;
  bool has_files = false;
  const auto add = [&](std::string name, std::uint64_t soft, std::uint64_t hard) {
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
    has_files = has_files || name == "NOFILE";
    rlimit own{};
    // Without CAP_SYS_RESOURCE the machine's own limit cannot be exceeded; then that is the container's.
    if (name == "NOFILE" && getrlimit(RLIMIT_NOFILE, &own) == 0) hard = std::min<std::uint64_t>(hard, own.rlim_max);
    out.push_back(object({{"type", "RLIMIT_" + name},
                          {"soft", static_cast<std::int64_t>(std::min(soft, hard))},
                          {"hard", static_cast<std::int64_t>(hard)}}));
  };
  for (const runtime::Ulimit& one : ulimits) add(one.name, one.soft, one.hard);
  if (!has_files) add("nofile", 65'535, 65'535);  // Fargate's default
  return Value(std::move(out));
}

std::vector<std::string> capabilities_of(const runtime::ContainerSpec& spec, bool device_rules) {
  std::vector<std::string> allowed;
  if (!spec.drops_all_capabilities) allowed.assign(std::begin(kCapabilities), std::end(kCapabilities));
  if (!device_rules) std::erase(allowed, "CAP_MKNOD");
  for (const std::string& name : spec.dropped_capabilities) std::erase(allowed, name);
  for (const std::string& name : spec.added_capabilities) {
    if (std::ranges::count(allowed, name) == 0) allowed.push_back(name);
  }
  return allowed;
}

Result<Value> process_of(const BundlePlan& plan, const User& user) {
  const std::vector<std::string> environment = environment_of(plan, user);
  std::vector<std::string> argv = arguments(plan.spec, plan.image);
  if (argv.empty()) return error("no command specified");
  CHECK(check_program(plan.root, argv[0], find_variable(environment, "PATH")));
  if (plan.spec.init_process) argv.insert(argv.begin(), {kInitInContainer, "--"});

  std::string directory = plan.spec.working_directory;
  if (directory.empty()) directory = plan.image.working_directory;
  if (directory.empty()) directory = "/";
  if (!directory.starts_with('/')) directory.insert(0, "/");
  Value::Array groups;
  for (const unsigned group : user.groups) groups.emplace_back(static_cast<std::int64_t>(group));
  const std::vector<std::string> allowed = capabilities_of(plan.spec, plan.device_rules);
  Value::Object capabilities;
  for (const char* set : {"bounding", "effective", "permitted"}) {
    // As Docker: another user than root has them in the bounding set only.
    const bool all = user.uid == 0 || std::strcmp(set, "bounding") == 0;
    capabilities.emplace_back(set, all ? texts(allowed) : Value(Value::Array{}));
  }
  TRY(Value rlimits, limits(plan.spec.ulimits));
  return object({{"terminal", false},
                 {"user", object({{"uid", static_cast<std::int64_t>(user.uid)},
                                  {"gid", static_cast<std::int64_t>(user.gid)},
                                  {"umask", 022},
                                  {"additionalGids", std::move(groups)}})},
                 {"args", texts(argv)},
                 {"env", texts(environment)},
                 {"cwd", directory},
                 {"capabilities", std::move(capabilities)},
                 {"rlimits", std::move(rlimits)},
                 {"noNewPrivileges", false}});
}

Result<void> write_etc(const BundlePlan& plan) {
  std::string hosts = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n";
  for (const auto& [name, address] : plan.hosts) hosts += address + "\t" + name + "\n";
  const std::string own = plan.network ? plan.network->address : "127.0.1.1";
  if (!plan.spec.hostname.empty()) hosts += own + "\t" + plan.spec.hostname + "\n";
  CHECK(write_text(plan.directory + "/hosts", hosts));
  CHECK(write_text(plan.directory + "/hostname", plan.spec.hostname + "\n"));
  const std::string resolver = plan.directory + "/resolv.conf";
  if (plan.network) {
    const std::string search = plan.network->domain.empty() ? "" : "search " + plan.network->domain + "\n";
    return write_text(resolver, search + "nameserver " + plan.network->resolver + "\n");
  }
  std::error_code failed;  // no name server then
  CHECK(write_text(resolver, ""));
  fs::copy_file("/etc/resolv.conf", resolver, fs::copy_options::overwrite_existing, failed);
  return {};
}

Result<Value> mounts_of(const BundlePlan& plan) {
  Value::Array out{
      mount_of("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}),
      mount_of("/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}),
      mount_of("/dev/pts", "devpts", "devpts",
               {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}),
      mount_of("/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=67108864"}),
      mount_of("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}),
      mount_of("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}),
      mount_of("/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", "ro"}),
  };
  CHECK(write_etc(plan));
  for (const char* name : {"hosts", "hostname", "resolv.conf"}) {
    out.push_back(bind_mount(plan.directory + "/" + name, std::string("/etc/") + name, false));
  }
  if (plan.spec.init_process) out.push_back(bind_mount(plan.init, kInitInContainer, true));
  if (!plan.time_library.empty()) out.push_back(bind_mount(plan.time_library, kTimeLibraryInContainer, true));
  for (const Trust::File& file : plan.trust.files) out.push_back(bind_mount(file.source, file.target, true));
  for (const runtime::Mount& mount : plan.spec.mounts) {
    const std::string source = plan.volumes + "/" + mount.source;
    std::error_code failed;
    fs::create_directories(source, failed);
    if (failed) return error("cannot create volume " + mount.source + ": " + failed.message());
    out.push_back(bind_mount(source, mount.target, mount.read_only));
  }
  for (const runtime::Tmpfs& mount : plan.spec.tmpfs) {
    std::vector<std::string> options{"size=" + std::to_string(mount.bytes)};
    for (const char* usual : {"suid", "exec", "dev"}) {
      if (std::ranges::count(mount.options, usual) == 0) options.push_back(std::string("no") + usual);
    }
    options.insert(options.end(), mount.options.begin(), mount.options.end());
    out.push_back(mount_of(mount.target.c_str(), "tmpfs", "tmpfs", std::move(options)));
  }
  return Value(std::move(out));
}

Value devices() {
  const auto rule = [](bool allow, const char* access, std::int64_t major, std::int64_t minor) {
    Value out = object({{"allow", allow}, {"access", access}});
    if (major >= 0) {
      out.set("type", "c");
      out.set("major", major);
    }
    if (minor >= 0) out.set("minor", minor);
    return out;
  };
  Value::Array out{rule(false, "rwm", -1, -1)};
  for (const auto& [major, minor] : {std::pair{1, 3}, {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}, {5, 2}}) {
    out.push_back(rule(true, "rwm", major, minor));
  }
  out.push_back(rule(true, "rwm", 136, -1));
  return out;
}

Value resources(const runtime::ContainerSpec& spec, bool device_rules) {
  Value out = Value::Object{};
  if (device_rules) out.set("devices", devices());
  if (spec.cpu_units > 0) {
    out.set("cpu", object({{"shares", std::max<std::int64_t>(spec.cpu_units, 2)}}));
  }
  if (spec.memory_bytes > 0) out.set("memory", object({{"limit", spec.memory_bytes}}));
  return out;
}

Value seccomp() {
  return object(
      {{"defaultAction", "SCMP_ACT_ALLOW"},
       {"architectures", texts(std::vector<std::string>{"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"})},
       {"syscalls", Value::Array{object({{"names", texts(kRefusedCalls)}, {"action", "SCMP_ACT_ERRNO"}})}}});
}

Value linux_part(const BundlePlan& plan) {
  Value::Array namespaces;
  for (const char* type : {"pid", "ipc", "uts", "mount", "cgroup"}) namespaces.push_back(object({{"type", type}}));
  if (plan.network) namespaces.push_back(object({{"type", "network"}, {"path", plan.network->path}}));
  return object({{"cgroupsPath", plan.cgroup},
                 {"namespaces", std::move(namespaces)},
                 {"resources", resources(plan.spec, plan.device_rules)},
                 {"seccomp", seccomp()},
                 {"maskedPaths", texts(kMaskedPaths)},
                 {"readonlyPaths", texts(kReadOnlyPaths)}});
}

}  // namespace

std::string find_program(const std::string& root, const std::string& program, const std::string& path) {
  if (program.find('/') != std::string::npos) return path_in_root(root, program);
  struct stat is{};
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find(':', at), path.size());
    std::string file = path_in_root(root, path.substr(at, end - at) + "/" + program);
    if (!file.empty() && stat(file.c_str(), &is) == 0 && S_ISREG(is.st_mode) && (is.st_mode & 0111) != 0) return file;
    at = end + 1;
  }
  return "";
}

std::vector<std::string> arguments(const runtime::ContainerSpec& spec, const image::Config& image) {
  std::vector<std::string> out = spec.entry_point ? *spec.entry_point : image.entry_point;
  const std::vector<std::string> none;
  const auto& rest = spec.command ? *spec.command : spec.entry_point ? none : image.command;
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

int signal_number(const std::string& name) {
  int number = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (failed == std::errc{} && end == name.data() + name.size() && number > 0 && number < NSIG) return number;
  const std::string_view shorter = name.starts_with("SIG") ? std::string_view(name).substr(3) : std::string_view(name);
  for (int signal = 1; signal < NSIG; ++signal) {
    const char* known = sigabbrev_np(signal);
    if (known && shorter == known) return signal;
  }
  return SIGTERM;
}

Result<void> write_bundle(const BundlePlan& plan) {
  TRY(const User user, find_user(plan.root, plan.spec.user.empty() ? plan.image.user : plan.spec.user));
  TRY(Value process, process_of(plan, user));
  TRY(Value mounts, mounts_of(plan));
  const Value config = object({{"ociVersion", "1.0.2"},
                               {"process", std::move(process)},
                               {"root", object({{"path", plan.root}, {"readonly", plan.spec.read_only_root}})},
                               {"hostname", plan.spec.hostname.empty() ? "renkei" : plan.spec.hostname},
                               {"mounts", std::move(mounts)},
                               {"linux", linux_part(plan)}});
  return write_text(plan.directory + "/config.json", wire::write_json(config));
}

}  // namespace linux_runtime
