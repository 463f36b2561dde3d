#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/time.h"
#include "net/server.h"

namespace app {

// What owns the cloud: closures run one after the other, in order, on the server's first I/O thread. What comes in
// there runs at once, while the processor still has the request at hand, and all requests of a round go to the disk
// together. What comes from other threads runs after the round. Anything may post.
class Strand : public net::Companion {
 public:
  using Task = std::move_only_function<void()>;
  // Does what is due by time; returns how long to wait until more is, nullopt: nothing waits for time.
  using Tick = std::function<std::optional<std::chrono::nanoseconds>()>;

  void post(Task task);
  // From now on tasks run, also those that were posted before. `wake` makes the server call run_round() soon.
  void open(Tick tick, std::function<void()> wake);
  std::optional<std::chrono::nanoseconds> run_round() override;
  // Runs what is left, when the server has ended; on any thread.
  void finish();

 private:
  void run_posted();
  void run_own();

  std::mutex mutex_;
  std::vector<Task> posted_;  // from other threads, and before open()
  std::deque<Task> own_;      // from tasks: they wait until the one under way has ended
  bool running_ = false;      // a task, or the tick; on the strand's own thread
  std::atomic<std::thread::id> thread_;
  std::atomic<bool> open_ = false;
  Tick tick_;
  std::function<void()> wake_;
};

}  // namespace app
