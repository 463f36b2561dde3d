#pragma once

// Internal to the server: one client's connection, and the I/O thread it lives on. Everything here but Exchange
// is touched by that thread alone.

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>

#include "net/http.h"
#include "net/parser.h"
#include "net/server.h"
#include "net/task.h"

namespace net {

namespace asio = boost::asio;
using Instant = std::chrono::steady_clock::time_point;

class Connection;

// One I/O thread: its event loop, its connections, and one coarse timer for all their deadlines.
struct Loop {
  explicit Loop(const ServerOptions& limits) : options(limits) {}

  void start_sweeping();
  void sweep();
  // Idle connections close now, the others after their answer; abandons what waits.
  void drain();
  void close_all();

  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  asio::steady_timer timer{context};
  const ServerOptions options;
  Handler* handler = nullptr;
  asio::ssl::context* tls = nullptr;  // null: no TLS
  std::unordered_set<Connection*> connections;
  std::atomic<std::size_t>* connection_count = nullptr;
  Instant now;       // as of the last sweep
  std::string date;  // the Date header, as of the last sweep
  bool draining = false;
};

// A request on its way to an answer. Shared by the connection and the Responder, on any threads.
struct Exchange {
  std::mutex mutex;
  bool answered = false;
  bool abandoned = false;
  std::function<void()> on_abandoned;
  std::shared_ptr<Loop> loop;
  std::weak_ptr<Connection> connection;

  void answer(Response response);
  void abandon();
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Loop> loop, asio::ip::tcp::socket socket);
  ~Connection();

  void start();
  void deliver(Response response);
  void check_deadline(Instant now);
  void drain();
  void close();

 private:
  enum class Phase : std::uint8_t { Idle, Head, Body, Handling, Writing, Closing };
  static constexpr std::size_t kReadBytes = 16 * 1024;
  static constexpr std::size_t kMostAhead = 64 * 1024;  // unread bytes kept while a request is under way
  static constexpr std::size_t kFilePiece = 256 * 1024;
  static constexpr std::size_t kMostLinger = 64 * 1024 * 1024;  // bytes thrown away after an early refusal

  static Detached run(std::shared_ptr<Connection> self);
  Task<bool> begin();      // plain or TLS
  Task<bool> serve_one();  // true: another request may follow
  Task<bool> read_head(Request& request);
  Task<bool> read_body(Request& request, BodyPlan& plan, const Framing& framing, bool expects);
  Task<bool> await_answer(const std::shared_ptr<Exchange>& exchange);
  Task<bool> refuse(int status);
  Task<bool> send(Response response, const Request& request, bool keep_alive);
  Task<bool> write(std::string_view head, std::string_view body);
  Task<bool> write_files(std::string head, std::vector<FileRange> files);
  Task<bool> write_file(std::string& head, FileRange range, int file);
  Task<bool> more();
  Task<bool> linger();

  std::string head_of(const Response& response, std::uint64_t length, bool keep_alive, const Request& request) const;
  std::string_view unread() const { return std::string_view(in_).substr(at_, filled_ - at_); }
  void start_read();
  template <typename Buffers>
  void start_write(const Buffers& buffers);
  void enter(Phase phase, std::int64_t timeout_ms);

  std::shared_ptr<Loop> loop_;
  asio::ip::tcp::socket socket_;
  std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> tls_;
  std::string remote_;
  std::uint16_t local_port_ = 0;

  std::string in_;  // [at_, filled_) is read and not yet consumed
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  bool reading_ = false;
  bool writing_ = false;
  bool ended_ = false;   // the client sends no more
  bool failed_ = false;  // nothing can be sent either
  bool timed_out_ = false;
  std::optional<Response> answer_;
  std::shared_ptr<Exchange> exchange_;  // while Handling

  Phase phase_ = Phase::Idle;
  Instant deadline_ = Instant::max();
  Wakeup wake_;
};

}  // namespace net
