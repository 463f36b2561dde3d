#include "linux/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>

#include "base/ensure.h"

namespace linux_runtime {
namespace {

constexpr int kEventsMax = 64;

}  // namespace

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  ENSURE(epoll_ && wake_);
  watch(wake_.get(), [this] {
    std::uint64_t count;
    (void)!read(wake_.get(), &count, sizeof count);
  });
}

void Loop::start() {
  thread_ = std::thread([this] { run(); });
}

void Loop::stop() {
  if (!thread_.joinable()) return;
  post([this] { stopping_ = true; });
  thread_.join();
}

void Loop::post(Action action) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(action));
  }
  const std::uint64_t one = 1;
  (void)!write(wake_.get(), &one, sizeof one);
}

void Loop::watch(int fd, std::function<void()> ready) {
  add(fd, EPOLLIN, std::move(ready));
}

void Loop::watch_writable(int fd, std::function<void()> ready) {
  add(fd, EPOLLOUT, std::move(ready));
}

void Loop::add(int fd, std::uint32_t events, std::function<void()> ready) {
  watched_[fd] = std::make_shared<std::function<void()>>(std::move(ready));
  epoll_event event{.events = events, .data = {.fd = fd}};
  ENSURE(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
}

void Loop::unwatch(int fd) {
  if (watched_.erase(fd) != 0) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

Loop::Timer Loop::after(std::chrono::milliseconds delay, Action action) {
  const Timer timer{std::chrono::steady_clock::now() + delay, timer_number_++};
  timers_.emplace(timer, std::move(action));
  return timer;
}

int Loop::wait_millis() const {
  if (timers_.empty()) return -1;
  const auto left = timers_.begin()->first.first - std::chrono::steady_clock::now();
  return static_cast<int>(
      std::clamp<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(left).count(), 0, 3'600'000));
}

void Loop::run() {
  while (!stopping_) {
    epoll_event events[kEventsMax];
    const int count = epoll_wait(epoll_.get(), events, kEventsMax, wait_millis());
    for (int i = 0; i < count; ++i) {
      const auto at = watched_.find(events[i].data.fd);
      if (at == watched_.end()) continue;  // an earlier one of this round took it away
      const auto ready = at->second;
      (*ready)();
    }
    run_posted();
    run_timers();
  }
}

void Loop::run_posted() {
  std::vector<Action> actions;
  {
    const std::lock_guard lock(mutex_);
    actions.swap(posted_);
  }
  for (Action& action : actions) action();
}

void Loop::run_timers() {
  const Time now = std::chrono::steady_clock::now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    Action action = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    action();
  }
}

}  // namespace linux_runtime
