#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "base/time.h"

namespace app {

// The thread that owns the cloud. Anything may post to it; closures run one after the other, in order, on the thread
// that called run(). It sleeps until a closure comes or the next deadline is due, and never polls.
class Strand {
 public:
  using Task = std::move_only_function<void()>;
  // How long to sleep until the next deadline; nullopt: until something is posted. Asked after each round.
  using UntilNext = std::function<std::optional<std::chrono::nanoseconds>()>;

  void post(Task task);
  // Returns after stop(), with everything that was posted before it done.
  void run(const UntilNext& until_next, const std::function<void()>& tick);
  void stop();

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Task> tasks_;
  bool stopping_ = false;
};

}  // namespace app
