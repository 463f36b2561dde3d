#pragma once

#include <string>

namespace linux_runtime {

// What a container of an attached task needs to know.
struct TaskNetwork {
  std::string path;      // of the namespace
  std::string address;   // of the task
  std::string resolver;  // name server
  std::string domain;    // that short names are looked up in; may be ""
};

}  // namespace linux_runtime
