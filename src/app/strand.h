#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/time.h"
#include "net/server.h"

namespace app {

// What owns the cloud: closures run one after the other, in order, on the server's first I/O thread, after each round
// of ready sockets. A request that comes in there is served without another thread, and all requests of a round go to
// the disk together. Anything may post.
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

  std::mutex mutex_;
  std::vector<Task> posted_;  // from other threads, and before open()
  std::vector<Task> own_;     // from tasks and requests on the strand's own thread
  std::atomic<std::thread::id> thread_;
  std::atomic<bool> open_ = false;
  Tick tick_;
  std::function<void()> wake_;
};

}  // namespace app
