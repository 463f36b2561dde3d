#include "app/strand.h"

namespace app {

void Strand::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    if (tasks_.size() > 1) return;  // whoever made it non-empty has woken the thread
  }
  wake_.notify_one();
}

void Strand::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
}

void Strand::run(const UntilNext& until_next, const std::function<void()>& tick) {
  for (;;) {
    std::vector<Task> round;
    const auto sleep = until_next();
    {
      std::unique_lock lock(mutex_);
      const auto ready = [&] { return stopping_ || !tasks_.empty(); };
      if (!sleep) {
        wake_.wait(lock, ready);
      } else if (sleep->count() > 0) {
        wake_.wait_for(lock, *sleep, ready);
      }
      if (stopping_ && tasks_.empty()) return;
      round.swap(tasks_);
    }
    for (Task& task : round) task();
    tick();
  }
}

}  // namespace app
