#include "net/loop.h"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/ensure.h"
#include "net/connection.h"

namespace net {
namespace {

using std::chrono::nanoseconds;

constexpr int kEventsMax = 256;
// Sockets that became ready while others were served still belong to the round, so that one commit serves them all;
// but the first of them must not wait for ever.
constexpr int kLooksPerRound = 8;
// Of a loop that nothing makes look at the clock earlier.
constexpr nanoseconds kLongestSleep = std::chrono::hours(1);

// Kernels before 5.11, gVisor and valgrind know milliseconds only; rounded up, or a loop would spin until it is time.
int wait_for_events(int epoll, epoll_event* events, int most, const timespec& timeout) {
  static std::atomic<bool> is_fine = true;
  if (is_fine.load(std::memory_order_relaxed)) {
    const int ready = ::epoll_pwait2(epoll, events, most, &timeout, nullptr);
    if (ready >= 0 || errno != ENOSYS) return ready;
    is_fine = false;
  }
  const auto millis = static_cast<int>(timeout.tv_sec * 1'000 + (timeout.tv_nsec + 999'999) / 1'000'000);
  return ::epoll_wait(epoll, events, most, millis);
}

}  // namespace

Loop::Loop(const ServerOptions& limits)
    : options(limits),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      read_buffer_(std::make_unique_for_overwrite<char[]>(kReadBytes)) {
  ENSURE(epoll_ >= 0 && wake_ >= 0);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = nullptr;
  ENSURE(::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) == 0);
  const std::int64_t shortest = std::min({options.head_timeout_ms, options.body_timeout_ms, options.idle_timeout_ms});
  sweep_every_ = std::chrono::milliseconds(std::clamp<std::int64_t>(shortest / 4, 5, 1'000));
  sweep();
}

Loop::~Loop() {
  for (Connection* connection : connections_) delete connection;
  ::close(wake_);
  ::close(epoll_);
}

void Loop::run() {
  thread_ = std::this_thread::get_id();
  sigset_t pipe;  // TLS writes by plain write()
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  nanoseconds sleep{0};
  while (!stopping_.load(std::memory_order_acquire)) {
    const int ready = wait(std::min(sleep, until_sweep()));
    if (ready > 0) {
      for (int look = 1; look < kLooksPerRound && wait(nanoseconds(0)) > 0; ++look) {
      }
    }
    run_posted();
    sleep = kLongestSleep;
    if (companion != nullptr) {
      const auto next = companion->run_round();
      if (next) sleep = std::min(sleep, *next);
    }
    if (std::chrono::steady_clock::now() >= next_sweep_) sweep();
    buried_.clear();
  }
  // What comes now comes too late, and would keep this loop alive through what it holds.
  std::vector<Task> late;
  const std::lock_guard lock(mutex_);
  ended_ = true;
  late.swap(posted_);
}

// Serves what is ready; returns how many descriptors were.
int Loop::wait(nanoseconds longest) {
  std::array<epoll_event, kEventsMax> events;
  timespec timeout{};
  if (longest > nanoseconds(0)) {
    asleep_.store(true);
    // Whoever posts from here on finds the loop asleep, and wakes it.
    bool has_work = woken_.load() || stopping_.load();
    if (!has_work) {
      const std::lock_guard lock(mutex_);
      has_work = !posted_.empty();
    }
    if (!has_work) {
      timeout.tv_sec = static_cast<time_t>(longest.count() / 1'000'000'000);
      timeout.tv_nsec = static_cast<long>(longest.count() % 1'000'000'000);
    }
  }
  const int ready = wait_for_events(epoll_, events.data(), kEventsMax, timeout);
  if (longest > nanoseconds(0)) {
    asleep_.store(false);
    if (connections_.empty()) look_at_clock();  // no sweep did
  }
  woken_.store(false);
  for (int i = 0; i < ready; ++i) {
    if (events[static_cast<std::size_t>(i)].data.ptr == nullptr) continue;  // just to wake up
    const auto& event = events[static_cast<std::size_t>(i)];
    static_cast<Watched*>(event.data.ptr)->on_events(event.events);
  }
  return ready;
}

void Loop::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    posted_.push_back(std::move(task));
  }
  wake();
}

void Loop::wake() {
  woken_.store(true);
  if (is_here() || !asleep_.exchange(false)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

void Loop::stop() {
  stopping_.store(true);
  asleep_.store(true);
  wake();
}

void Loop::run_posted() {
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (Task& task : tasks) task();
}

bool Loop::watch(int descriptor, Watched& watched) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &watched;
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void Loop::tell_again(int descriptor, Watched& watched) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &watched;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event);
}

void Loop::forget(int descriptor) {
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
}

void Loop::adopt(std::unique_ptr<Connection> connection) {
  Connection* adopted = connection.release();
  adopted->place = connections_.size();
  connections_.push_back(adopted);
}

std::unique_ptr<Connection> Loop::release(Connection& connection) {
  Connection* last = connections_.back();
  last->place = connection.place;
  connections_[connection.place] = last;
  connections_.pop_back();
  return std::unique_ptr<Connection>(&connection);
}

void Loop::look_at_clock() {
  now = std::chrono::steady_clock::now();
  const auto wall = std::chrono::system_clock::now();
  date = http_date(std::chrono::duration_cast<std::chrono::seconds>(wall.time_since_epoch()).count());
  next_sweep_ = now + sweep_every_;
}

// What is called here may end connections.
void Loop::sweep() {
  look_at_clock();
  for (std::size_t i = connections_.size(); i-- > 0;) {
    if (i < connections_.size()) connections_[i]->check_deadline(now);
  }
}

// Nobody has a deadline where there is no connection.
std::chrono::nanoseconds Loop::until_sweep() const {
  if (connections_.empty()) return kLongestSleep;
  return std::max(nanoseconds(1),
                  std::chrono::duration_cast<nanoseconds>(next_sweep_ - std::chrono::steady_clock::now()));
}

void Loop::drain() {
  draining = true;
  const auto all = connections_;
  for (Connection* connection : all) connection->drain();
}

void Loop::close_all() {
  closing = true;
  const auto all = connections_;
  for (Connection* connection : all) connection->close();
}

void Loop::close_those_from(std::string_view label) {
  auto those = connections_;
  std::erase_if(those, [&](const Connection* connection) { return connection->listener() != label; });
  for (Connection* connection : those) connection->close();
}

}  // namespace net
