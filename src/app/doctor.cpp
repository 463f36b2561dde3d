#include "app/doctor.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <vector>

#include "app/runtimes.h"
#include "app/serve.h"
#include "base/value.h"
#include "cli/common.h"
#include "docker/engine.h"
#include "linux/network/try_networks.h"
#include "store/rocks/rocks_store.h"
#include "wire/json.h"

namespace app {
namespace {

namespace fs = std::filesystem;

struct Finding {
  std::string what;
  bool good;
  std::string detail;
  std::string mend;  // a command or an advice; "" when good
};

bool in_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string folders = path == nullptr ? "/usr/bin:/bin" : path;
  folders += ":/usr/sbin:/sbin";
  for (std::size_t at = 0; at <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', at), folders.size());
    if (::access((folders.substr(at, end - at) + "/" + program).c_str(), X_OK) == 0) return true;
    at = end + 1;
  }
  return false;
}

Finding program(const std::string& name, const std::string& package, const std::string& purpose) {
  const bool there = in_path(name);
  return {name, there, there ? "found" : "missing: needed " + purpose, there ? "" : "apt-get install " + package};
}

bool file_holds(const std::string& file, const std::string& text) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.find(text) != std::string::npos) return true;
  }
  return false;
}

Finding cgroups() {
  const bool v2 = fs::exists("/sys/fs/cgroup/cgroup.controllers");
  const bool v1 = fs::exists("/sys/fs/cgroup/memory") && fs::exists("/sys/fs/cgroup/cpu");
  if (v2) return {"cgroups", true, "version 2", ""};
  if (v1) return {"cgroups", true, "version 1", ""};
  return {"cgroups", false, "neither version 1 nor 2 is mounted: cpu and memory limits can't be applied",
          "mount -t cgroup2 none /sys/fs/cgroup"};
}

Finding overlay() {
  const bool there = file_holds("/proc/filesystems", "overlay");
  return {"overlayfs", there, there ? "known to the kernel" : "not known to the kernel",
          there ? "" : "modprobe overlay"};
}

Finding root() {
  const bool there = ::geteuid() == 0;
  return {"root", there, there ? "yes" : "no: the APIs work, but this machine's own runtime can't start tasks",
          there ? "" : "run renkei as root, or with --runtime docker --network host where you may use a Docker"};
}

Finding networks() {
  if (::geteuid() != 0) return {"networks of tasks", false, "not tried: that needs root", "run renkei as root"};
  const auto tried = linux_runtime::try_networks();
  if (tried) return {"networks of tasks", true, "namespaces, links and nftables work", ""};
  return {"networks of tasks", false, tried.error().message,
          "a kernel with CONFIG_NET_NS, CONFIG_VETH, CONFIG_NF_TABLES and CONFIG_NFT_NAT; see docs/networks.md"};
}

// Not needed: another way to run tasks.
Finding docker_engine() {
  docker::Engine engine{docker::kDefaultSocket};
  const auto opened = engine.open();
  if (opened)
    return {"docker", true, "version " + engine.name() + " answers; serve --runtime docker runs tasks there", ""};
  return {"docker", true, "none answers, and none is needed: " + opened.error().message, ""};
}

Finding data_directory(const std::string& data) {
  std::error_code failed;
  if (!fs::exists(data, failed) && !failed) return {"data", true, data + " is made at the first start", ""};
  const bool good = ::access(data.c_str(), R_OK | W_OK | X_OK) == 0;
  return {"data", good, good ? data : data + " can't be written", good ? "" : "chown -R $(id -un) " + data};
}

// Reads everything, so only when it was asked for.
Finding stored_data(const std::string& data) {
  const std::string what = "what is stored";
  if (!fs::exists(data + "/state")) return {what, true, "nothing yet", ""};
  const auto found = store::examine_store(data);
  if (!found) {
    // Another server's lock is no damage; a directory that can't be read is.
    const bool in_use = found.error().message.find("in use") != std::string::npos;
    return {what, in_use, found.error().message + (in_use ? ": not checked" : ""), in_use ? "" : "see the message"};
  }
  std::string detail = std::to_string(found->segments) + " segments, " + std::to_string(found->entries) + " entries, " +
                       std::to_string(found->records) + " records";
  if (!found->cut_off.empty()) detail += "; the next start cuts off " + found->cut_off;
  for (const std::string& damage : found->damage) detail += "; " + damage;
  const bool good = found->damage.empty();
  return {what, good, detail, good ? "" : "restore " + data + " from a backup, or start with an empty directory"};
}

std::vector<Finding> look(const std::string& data) {
  return {root(),
          program("crun", "crun", "to run containers"),
          program("conmon", "conmon", "to watch containers"),
          program("skopeo", "skopeo", "to pull images from outside registries"),
          program("nft", "nftables", "for the security groups of tasks' networks"),
          program("tini-static", "tini", "for tasks with initProcessEnabled"),
          cgroups(),
          overlay(),
          networks(),
          docker_engine(),
          data_directory(data)};
}

int remove_containers(const std::string& data) {
  if (!has_containers(data)) return 0;
  // The store's lock tells whether a server still runs on this directory.
  const auto store = store::open_rocks_store(data, [](auto) {});
  if (!store) return cli::fail(store.error().message, "Stop that server first.");
  if (const auto removed = remove_all_containers(data); !removed) return cli::fail(removed.error());
  return 0;
}

}  // namespace

std::string run_directory(const std::string& data) {
  // crun's sockets need short paths, and a reboot must empty the directory.
  std::uint64_t hash = 1469598103934665603u;  // FNV-1a: servers on different data must not meet
  for (const char c : fs::absolute(data).string()) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return "/run/renkei/" + std::to_string(hash);
}

int doctor(const DoctorOptions& options) {
  const std::string data = options.data.empty() ? default_data_directory() : options.data;
  if (options.remove_containers) return remove_containers(data);
  std::vector<Finding> findings = look(data);
  if (!options.data.empty()) findings.push_back(stored_data(data));
  const bool good = std::ranges::all_of(findings, &Finding::good);
  if (options.json) {
    base::Value::Array list;
    for (const Finding& one : findings) {
      list.push_back(
          base::Value::Object{{"what", one.what}, {"good", one.good}, {"detail", one.detail}, {"mend", one.mend}});
    }
    std::cout << wire::write_json(base::Value::Object{{"good", good}, {"findings", std::move(list)}},
                                  wire::JsonLayout::Indented)
              << "\n";
    return good ? 0 : 1;
  }
  for (const Finding& one : findings) {
    std::cout << (one.good ? cli::coloured("ok     ", cli::Colour::Green) : cli::coloured("missing", cli::Colour::Red))
              << "  " << one.what << ": " << one.detail << "\n";
    if (!one.good) std::cout << "           " << one.mend << "\n";
  }
  std::cout << (good ? "Everything that renkei needs is here.\n" : "Mend what is missing with the commands above.\n");
  return good ? 0 : 1;
}

}  // namespace app
