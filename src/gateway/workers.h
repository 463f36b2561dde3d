#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace gateway {

// Threads for what blocks: syncing uploads to disk. As much can wait here as there are connections.
class Workers {
 public:
  using Task = std::move_only_function<void()>;

  explicit Workers(int threads);
  // Does what was posted before, then ends.
  ~Workers();

  void post(Task task);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace gateway
