#include "linux/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/fault.h"

namespace linux_runtime {
namespace {

constexpr int kChildFdsMax = 16;  // children get fewer descriptors than that
constexpr std::size_t kOutputBytesMax = 64 << 10;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_of(const Spawn& what) {
  std::vector<std::string> out = what.environment;
  for (const char* name : {"PATH", "HOME", "XDG_RUNTIME_DIR", "TMPDIR"}) {
    if (const char* value = std::getenv(name)) out.push_back(std::string(name) + "=" + value);
  }
  return out;
}

}  // namespace

std::unexpected<Error> system_error(const std::string& what) {
  return error(what + ": " + std::strerror(errno));
}

Result<int> spawn(const Spawn& what) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  for (int fd = 0; fd < 3; ++fd) {
    const bool named = std::ranges::any_of(what.fds, [&](const auto& pair) { return pair.second == fd; });
    if (!named) posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", fd == 0 ? O_RDONLY : O_WRONLY, 0);
  }
  // Sources are moved out of the way of targets first. Everything else is closed: a child that outlives us must not
  // hold our listening socket, which libraries don't always open with close-on-exec.
  std::vector<Fd> moved;
  int last = 2;
  for (const auto& [ours, its] : what.fds) {
    moved.emplace_back(fcntl(ours, F_DUPFD_CLOEXEC, kChildFdsMax));
    posix_spawn_file_actions_adddup2(&actions, moved.back().get(), its);
    last = std::max(last, its);
  }
  posix_spawn_file_actions_addclosefrom_np(&actions, last + 1);
  if (!what.directory.empty()) posix_spawn_file_actions_addchdir_np(&actions, what.directory.c_str());
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);

  std::vector<std::string> argv = what.argv;
  std::vector<std::string> environment = environment_of(what);
  pid_t pid = -1;
  const int failed =
      posix_spawnp(&pid, argv[0].c_str(), &actions, &attributes, pointers(argv).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) return error("cannot run " + what.argv[0] + ": " + std::strerror(failed));
  return pid;
}

int wait_for(int pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return 127;
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Result<Finished> run(Spawn what, std::chrono::milliseconds timeout) {
  int pipe_fds[2];
  if (pipe2(pipe_fds, O_CLOEXEC) != 0) return system_error("cannot make a pipe");
  const Fd in(pipe_fds[0]);
  Fd out(pipe_fds[1]);
  what.fds.emplace_back(out.get(), 1);
  what.fds.emplace_back(out.get(), 2);
  TRY(const int pid, spawn(what));
  out.reset();
  const Fd process = open_pidfd(pid);
  Finished finished;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (bool open = true; open;) {
    pollfd wait[2] = {{.fd = in.get(), .events = POLLIN}, {.fd = process.get(), .events = POLLIN}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    const int ready = poll(wait, 2, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready == 0) {
      signal_pidfd(process, SIGKILL);
      break;
    }
    if (wait[0].revents != 0) {
      char chunk[4096];
      const ssize_t got = read(in.get(), chunk, sizeof chunk);
      if (got > 0 && finished.output.size() < kOutputBytesMax)
        finished.output.append(chunk, static_cast<std::size_t>(got));
      open = got > 0;
    } else if (wait[1].revents != 0) {
      open = false;  // ended, and nothing more to read; a grandchild may hold the pipe open for long
    }
  }
  finished.status = wait_for(pid);
  return finished;
}

Fd open_pidfd(int pid) {
  return pid > 0 ? Fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) : Fd();
}

bool signal_pidfd(const Fd& process, int signal) {
  return process && syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0;
}

bool runs_command(int pid, const std::string& part) {
  if (pid <= 0) return false;
  std::ifstream in("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
  const std::string line((std::istreambuf_iterator<char>(in)), {});
  return line.find(part) != std::string::npos;
}

}  // namespace linux_runtime
