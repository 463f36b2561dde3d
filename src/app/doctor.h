#pragma once

#include <string>

namespace app {

struct DoctorOptions {
  std::string data;  // "": the default, without a look at what is stored there
  bool remove_containers = false;
  bool json = false;
};

// Looks at this host and says what is missing, and the command that mends it. Of a data directory that was named and
// that no server uses it reads everything, checksums and all. With remove_containers it removes what a
// server that no longer runs has left under `data`: processes, mounts, cgroups. Returns 0 when nothing is missing.
int doctor(const DoctorOptions& options);

// Where crun keeps the state of the containers of a data directory.
std::string run_directory(const std::string& data);

}  // namespace app
