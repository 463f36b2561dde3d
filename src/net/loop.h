#pragma once

// Internal to the server: an I/O thread. Sockets are watched edge-triggered, once and for all; a round is everything
// that is ready, then what other threads posted, then the companion. One coarse sweep looks at all deadlines.

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/server.h"

namespace net {

using Instant = std::chrono::steady_clock::time_point;

class Connection;
class TlsContext;

// Something with a descriptor that a loop watches. Told on the loop's thread; may end itself by Loop::bury().
class Watched {
 public:
  virtual ~Watched() = default;
  virtual void on_events(std::uint32_t events) = 0;
};

class Loop {
 public:
  using Task = std::move_only_function<void()>;

  explicit Loop(const ServerOptions& limits);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run();  // until stop()
  // Any thread.
  void post(Task task);
  void wake();
  void stop();
  bool is_here() const { return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }

  // This thread only, from here on.
  bool watch(int descriptor, Watched& watched);
  // Says again what is ready, as if it had just become so.
  void tell_again(int descriptor, Watched& watched);
  void forget(int descriptor);
  // Deleted when nothing that is under way can touch it any more.
  void bury(std::unique_ptr<Watched> watched) { buried_.push_back(std::move(watched)); }

  void adopt(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> release(Connection& connection);
  // Idle connections close now, the others after their answer; abandons what waits.
  void drain();
  void close_all();
  // Those that came through the listener with that label.
  void close_those_from(std::string_view label);

  // Where sockets are read into: what is not consumed at once, the connection keeps.
  static constexpr std::size_t kReadBytes = 64 * 1024;
  char* read_buffer() { return read_buffer_.get(); }
  std::string& write_buffer() { return write_buffer_; }

  const ServerOptions options;
  Handler* handler = nullptr;
  TlsContext* tls = nullptr;   // null: no TLS
  std::shared_ptr<Loop> bulk;  // where long transfers and TLS go, so that they don't hold up this loop; null: here
  std::atomic<std::size_t>* connection_count = nullptr;
  Companion* companion = nullptr;
  Instant now;       // as of the last sweep
  std::string date;  // the Date header, as of the last sweep
  bool draining = false;
  bool closing = false;

 private:
  int wait(std::chrono::nanoseconds longest);
  void look_at_clock();
  void sweep();
  void run_posted();
  std::chrono::nanoseconds until_sweep() const;

  int epoll_ = -1;
  int wake_ = -1;  // eventfd
  std::atomic<std::thread::id> thread_;
  std::atomic<bool> asleep_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> woken_ = false;
  std::mutex mutex_;
  std::vector<Task> posted_;
  bool ended_ = false;
  std::vector<Connection*> connections_;  // owned
  std::vector<std::unique_ptr<Watched>> buried_;
  std::chrono::nanoseconds sweep_every_;
  Instant next_sweep_;
  std::unique_ptr<char[]> read_buffer_;
  std::string write_buffer_;
};

}  // namespace net
