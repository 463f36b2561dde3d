#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace linux_runtime {

// A few threads for what blocks: mounts, child processes, unpacking.
class Workers {
 public:
  using Job = std::move_only_function<void()>;

  explicit Workers(int count);
  // Finishes the jobs that run; drops those that wait.
  ~Workers();

  void run(Job job);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace linux_runtime
