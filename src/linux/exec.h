#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "linux/fd.h"
#include "linux/loop.h"
#include "linux/process.h"
#include "runtime/exec.h"

// Programs that people run in a container: crun exec, on three pipes or a terminal.
namespace linux_runtime {

// How to start one.
struct ExecPlan {
  std::vector<std::string> crun;  // with its global options
  std::string id;                 // of the container
  std::string bundle;             // its directory: config.json is there, and files of the program while it runs
  std::string socket_directory;   // short
  std::string name;               // of this program; no other has it
  runtime::ExecSpec spec;

  std::string process_file() const { return bundle + "/" + name + ".json"; }
  std::string pid_file() const { return bundle + "/" + name + ".pid"; }
  std::string socket() const { return socket_directory + "/" + name; }
};

// One that runs: crun's process, which ends as the program does, and what talks to the program.
struct ExecStarted {
  int pid = 0;
  Fd process;  // pidfd of crun
  Fd input;
  Fd output;
  Fd errors;  // of crun itself where the program has a terminal
};
// Blocks until the program has its terminal. As Fargate's agent does it, the program is root's, whoever the container's
// own is.
Result<ExecStarted> start_exec(const ExecPlan& plan);

// How other threads reach the loop, as long as it is there.
class LoopDoor {
 public:
  explicit LoopDoor(Loop& loop) : loop_(&loop) {}
  void post(Loop::Action action);
  void close();

 private:
  std::mutex mutex_;
  Loop* loop_;
};

// Everything but the calls of ExecProcess on the loop's thread.
class Exec : public runtime::ExecProcess, public std::enable_shared_from_this<Exec> {
 public:
  Exec(Loop& loop, std::shared_ptr<LoopDoor> door, ExecPlan plan, ExecStarted started,
       std::shared_ptr<runtime::ExecObserver> observer);

  // `gone` is called when it has ended and its observer knows.
  void run(std::function<void()> gone);
  // At once and without a word: the runtime ends.
  void kill();

  void write(std::string bytes) override;
  void close_input() override;
  void resize(int rows, int columns) override;
  void allow(std::size_t bytes) override;
  void end() override;

 private:
  struct Stream {
    Fd fd;
    runtime::ExecStream kind;
    bool watched = false;
  };

  template <class Action>
  void post(Action action);
  void pump();
  bool read_some(Stream& stream);
  void watch(Stream& stream, bool wanted);
  void flush_input();
  void exited();
  void finish();
  void signal(int number) const;

  Loop& loop_;
  std::shared_ptr<LoopDoor> door_;
  ExecPlan plan_;
  std::shared_ptr<runtime::ExecObserver> observer_;
  std::function<void()> gone_;
  int pid_;
  Fd process_;
  Fd input_;
  bool input_watched_ = false;
  bool input_ends_ = false;
  std::deque<std::string> unwritten_;
  std::vector<Stream> streams_;
  std::size_t credit_ = 0;
  std::optional<int> status_;
  std::optional<Loop::Timer> kill_timer_;
  bool over_ = false;
};

}  // namespace linux_runtime
