#pragma once

#include <map>
#include <string>
#include <vector>

#include "linux/process.h"

namespace linux_runtime {

// How a container comes to trust the authority that signs for the cloud's services: its own list of authorities with
// ours added, in place of the image's files, and where SDKs look by environment.
struct Trust {
  struct File {
    std::string source;  // on this machine
    std::string target;  // in the container
  };
  std::vector<File> files;                         // to be mounted, read-only
  std::map<std::string, std::string> environment;  // weaker than the task definition's
};

// Where distributions keep all authorities in one file, and the environment that leads SDKs to ours.
std::vector<std::string> system_bundles();
std::map<std::string, std::string> trust_environment();

// `authority` is a PEM file, `root` the mounted root file system; what is made is written to `directory`.
Result<Trust> make_trust(const std::string& authority, const std::string& root, const std::string& directory);

}  // namespace linux_runtime
