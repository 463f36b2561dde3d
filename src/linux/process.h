#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "linux/fd.h"

namespace linux_runtime {

// What went wrong on this machine, in one line.
struct Error {
  std::string message;
};
template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> error(std::string message) {
  return std::unexpected(Error{std::move(message)});
}
std::unexpected<Error> system_error(const std::string& what);

struct Spawn {
  std::vector<std::string> argv;         // argv[0] is looked up in PATH
  std::vector<std::string> environment;  // added to PATH, HOME and XDG_RUNTIME_DIR of this process
  std::string directory;                 // working directory; "" = ours
  std::vector<std::pair<int, int>> fds;  // ours -> its; 0, 1 and 2 are /dev/null unless named
};

// Starts a child in a session of its own, with default signals. The caller must wait for it.
Result<int> spawn(const Spawn& what);
// The exit status as a shell has it: 128 + signal when a signal ended it.
int wait_for(int pid);

struct Finished {
  int status = 0;
  std::string output;  // standard output and error, at most 64 KiB
};
// Starts a child and waits for it; kills it at the timeout (status 137).
Result<Finished> run(Spawn what, std::chrono::milliseconds timeout = std::chrono::minutes(1));

Fd open_pidfd(int pid);
// False when the process is gone.
bool signal_pidfd(const Fd& process, int signal);
// Whether that process lives and `part` is in its command line.
bool runs_command(int pid, const std::string& part);

}  // namespace linux_runtime
