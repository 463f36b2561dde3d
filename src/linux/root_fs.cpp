#include "linux/root_fs.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

#include "base/fault.h"

namespace linux_runtime {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) out.push_back(part);
  return out;
}

std::optional<unsigned> number(const std::string& text) {
  unsigned value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The lines of a file with ':' between fields, those with at least `fields` of them.
std::vector<std::vector<std::string>> table(const std::string& root, const std::string& path, std::size_t fields) {
  std::vector<std::vector<std::string>> out;
  std::ifstream in(path_in_root(root, path));
  for (std::string line; std::getline(in, line);) {
    auto row = split(line, ':');
    if (row.size() >= fields) out.push_back(std::move(row));
  }
  return out;
}

}  // namespace

Result<void> mount_overlay(const std::string& layers_directory, const std::vector<std::string>& lower,
                           const std::string& upper, const std::string& work, const std::string& target) {
  std::error_code failed;
  for (const std::string& path : {upper, work, target}) fs::create_directories(path, failed);
  if (failed) return error("cannot create " + upper + ": " + failed.message());
  std::string options = "lowerdir=";
  for (auto at = lower.rbegin(); at != lower.rend(); ++at) options += (at == lower.rbegin() ? "" : ":") + *at;
  options += ",upperdir=" + upper + ",workdir=" + work;
  if (options.size() >= static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) return error("the image has too many layers");
  Result<void> result;
  // Short names relative to the layers' directory leave room for more of them; a thread of its own may change its
  // working directory.
  std::thread([&] {
    if (unshare(CLONE_FS) != 0 || chdir(layers_directory.c_str()) != 0) {
      result = system_error("cannot enter " + layers_directory);
    } else if (mount("overlay", target.c_str(), "overlay", MS_NODEV, options.c_str()) != 0) {
      result = system_error("cannot mount an overlay at " + target);
    }
  }).join();
  return result;
}

void unmount_below(const std::string& directory) {
  std::vector<std::string> points;
  std::ifstream in("/proc/self/mountinfo");
  for (std::string line; std::getline(in, line);) {
    const auto fields = split(line, ' ');
    if (fields.size() > 4 && (fields[4] == directory || fields[4].starts_with(directory + "/"))) {
      points.push_back(fields[4]);
    }
  }
  for (auto at = points.rbegin(); at != points.rend(); ++at) umount2(at->c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
}

Result<void> remove_directory(const std::string& path) {
  unmount_below(path);
  std::error_code failed;
  fs::remove_all(path, failed);
  if (failed) return error("cannot remove " + path + ": " + failed.message());
  return {};
}

std::string path_in_root(const std::string& root, const std::string& path) {
  const Fd directory(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const Fd file(static_cast<int>(syscall(SYS_openat2, directory.get(), path.c_str(), &how, sizeof how)));
  if (!file) return "";
  std::error_code failed;
  return fs::read_symlink("/proc/self/fd/" + std::to_string(file.get()), failed).string();
}

Result<User> find_user(const std::string& root, const std::string& text) {
  User out;
  const std::size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  const std::string group = colon == std::string::npos ? "" : text.substr(colon + 1);
  std::string login = name.empty() ? "root" : name;
  const auto uid = name.empty() ? std::optional(0u) : number(name);
  bool known = false;
  for (const auto& row : table(root, "/etc/passwd", 6)) {
    if (uid ? number(row[2]) != uid : row[0] != name) continue;
    login = row[0];
    out.uid = number(row[2]).value_or(0);
    out.gid = number(row[3]).value_or(0);
    out.home = row[5].empty() ? "/" : row[5];
    known = true;
    break;
  }
  if (!known && !uid) return error("unable to find user " + name + ": no matching entries in passwd file");
  if (uid) out.uid = *uid;
  if (uid == 0u && !known) out.home = "/root";

  const auto groups = table(root, "/etc/group", 3);
  for (const auto& row : groups) {
    const auto members = row.size() > 3 ? split(row[3], ',') : std::vector<std::string>();
    const auto gid = number(row[2]);
    if (gid && group.empty() && std::ranges::find(members, login) != members.end()) out.groups.push_back(*gid);
  }
  if (group.empty()) return out;
  const auto gid = number(group);
  if (gid) out.gid = *gid;
  const auto row = std::ranges::find_if(groups, [&](const auto& one) { return one[0] == group; });
  if (row != groups.end()) {
    out.gid = number((*row)[2]).value_or(0);
  } else if (!gid) {
    return error("unable to find group " + group + ": no matching entries in group file");
  }
  return out;
}

}  // namespace linux_runtime
