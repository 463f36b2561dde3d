#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "linux/fd.h"

namespace linux_runtime {

// One thread that waits for file descriptors, timers and closures. All but post() is for that thread only.
class Loop {
 public:
  using Action = std::move_only_function<void()>;
  using Time = std::chrono::steady_clock::time_point;
  using Timer = std::pair<Time, std::uint64_t>;

  Loop();
  ~Loop() { stop(); }

  void start();
  // Runs what was posted before, then ends the thread.
  void stop();
  // From any thread; in order.
  void post(Action action);

  // `ready` runs each time `fd` is readable, until unwatch(). It may unwatch itself.
  void watch(int fd, std::function<void()> ready);
  // The same for when it can be written to. Not for a descriptor that is watched already.
  void watch_writable(int fd, std::function<void()> ready);
  void unwatch(int fd);
  Timer after(std::chrono::milliseconds delay, Action action);
  void cancel(const Timer& timer) { timers_.erase(timer); }

 private:
  void add(int fd, std::uint32_t events, std::function<void()> ready);
  void run();
  void run_posted();
  void run_timers();
  int wait_millis() const;

  Fd epoll_;
  Fd wake_;
  std::thread thread_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::vector<Action> posted_;
  std::map<int, std::shared_ptr<std::function<void()>>> watched_;
  std::map<Timer, Action> timers_;
  std::uint64_t timer_number_ = 0;
};

}  // namespace linux_runtime
