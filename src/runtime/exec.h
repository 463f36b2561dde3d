#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// Programs that people run inside a container, beside what runs there. They are no part of the cloud's state: nothing
// of them is remembered, and they end with the container, with the server, or when nobody listens any more.
namespace runtime {

struct ExecSpec {
  std::vector<std::string> argv;
  bool terminal = false;  // its input and output are a terminal; otherwise three pipes
  int rows = 24;          // of the terminal
  int columns = 80;
};

enum class ExecStream : std::uint8_t { Output, Errors };

// The program, to whoever talks to it. Any thread; calls after its end do nothing.
class ExecProcess {
 public:
  virtual ~ExecProcess() = default;
  virtual void write(std::string bytes) = 0;
  virtual void close_input() = 0;  // a terminal has no end of input
  virtual void resize(int rows, int columns) = 0;
  // It may deliver that many more bytes of output. It starts with none: who asks for no more, stops the program.
  virtual void allow(std::size_t bytes) = 0;
  // Hangs up: SIGHUP, and SIGKILL soon after.
  virtual void end() = 0;
};

// Who is told, on a thread of the runtime's own.
class ExecObserver {
 public:
  virtual ~ExecObserver() = default;
  virtual void started(std::shared_ptr<ExecProcess> process) = 0;
  virtual void refused(const std::string& reason) = 0;  // instead of started(); the last call
  virtual void output(ExecStream stream, std::string_view bytes) = 0;
  virtual void taken(std::size_t bytes) = 0;  // of what was written: it has them
  virtual void ended(int exit_code) = 0;      // 128 + signal when one ended it; after all output; the last call
};

}  // namespace runtime
