#include "app/strand.h"

namespace app {

void Strand::post(Task task) {
  if (thread_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
    if (running_ || !own_.empty()) {
      own_.push_back(std::move(task));
    } else {
      running_ = true;
      task();
      running_ = false;
    }
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
    if (posted_.size() > 1) return;  // whoever made it non-empty has woken the thread
  }
  if (open_.load(std::memory_order_acquire)) wake_();
}

void Strand::open(Tick tick, std::function<void()> wake) {
  tick_ = std::move(tick);
  wake_ = std::move(wake);
  open_.store(true, std::memory_order_release);
  wake_();
}

std::optional<std::chrono::nanoseconds> Strand::run_round() {
  if (!open_.load(std::memory_order_acquire)) return std::nullopt;
  thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  run_posted();
  running_ = true;
  auto next = tick_();
  running_ = false;
  if (!own_.empty()) next = std::chrono::nanoseconds(0);
  return next;
}

void Strand::finish() {
  open_.store(false);
  thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  run_posted();
}

void Strand::run_posted() {
  std::vector<Task> round;
  {
    const std::lock_guard lock(mutex_);
    round.swap(posted_);
  }
  running_ = true;
  for (Task& task : round) task();
  running_ = false;
  run_own();
}

// What they post in turn has the next round, after a look at the sockets.
void Strand::run_own() {
  running_ = true;
  for (std::size_t left = own_.size(); left > 0; --left) {
    Task task = std::move(own_.front());
    own_.pop_front();
    task();
  }
  running_ = false;
}

}  // namespace app
