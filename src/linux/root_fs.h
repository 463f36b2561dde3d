#pragma once

#include <string>
#include <vector>

#include "linux/process.h"

namespace linux_runtime {

// Mounts an overlay at `target`: `lower` lowest first, directly inside `layers_directory`; `upper` and `work` are
// made. At most about 55 layers fit into one mount call.
Result<void> mount_overlay(const std::string& layers_directory, const std::vector<std::string>& lower,
                           const std::string& upper, const std::string& work, const std::string& target);
// Unmounts everything at and below a directory; fine when there is nothing.
void unmount_below(const std::string& directory);
// Removes a directory with all in it, but never what is mounted there.
Result<void> remove_directory(const std::string& path);

// A path of a container as the host sees it; symbolic links are followed inside the root. "" when it does not exist.
std::string path_in_root(const std::string& root, const std::string& path);

struct User {
  unsigned uid = 0;
  unsigned gid = 0;
  std::vector<unsigned> groups;
  std::string home = "/";
};
// "user", "user:group", names or numbers, looked up in the container's /etc/passwd and /etc/group; "" is root.
Result<User> find_user(const std::string& root, const std::string& text);

}  // namespace linux_runtime
