#pragma once

// Internal to the server: one client's connection. Everything here but Exchange is touched only by the thread of the
// loop that it lives on.

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "net/http.h"
#include "net/loop.h"
#include "net/parser.h"
#include "net/server.h"
#include "net/task.h"
#include "net/tls_session.h"

namespace net {

// A request on its way to an answer. Shared by the connection and the Responder, on any threads.
struct Exchange {
  std::atomic<bool> answered = false;
  std::atomic<bool> abandoned = false;
  std::mutex mutex;  // of on_abandoned
  std::function<void()> on_abandoned;
  std::shared_ptr<Tunnel> tunnel;  // set before the answer
  std::shared_ptr<Loop> loop;
  Connection* connection = nullptr;  // null: gone. Touched by the loop's thread only

  static void answer(std::shared_ptr<Exchange> exchange, Response response);
  void abandon();
};

class Connection : public Watched {
 public:
  Connection(std::shared_ptr<Loop> loop, int descriptor, std::string_view listener);
  ~Connection() override;

  // Hands it to its loop; on the loop's thread.
  static void start(std::unique_ptr<Connection> connection);
  void on_events(std::uint32_t events) override;
  void deliver(Response response);
  void check_deadline(Instant now);
  void drain();
  void on_line();
  void close();
  std::string_view listener() const { return listener_; }

  std::size_t place = 0;  // in the loop's list

 private:
  enum class Phase : std::uint8_t { Idle, Head, Body, Handling, Writing, Closing, Tunnel };
  enum class Found : std::uint8_t { All, Part, Refused };
  static constexpr std::size_t kFilePiece = 256 * 1024;
  static constexpr std::size_t kMostLinger = 64 * 1024 * 1024;  // bytes thrown away after an early refusal
  static constexpr std::size_t kShortBody = 16 * 1024;          // goes out in one piece with its head
  static constexpr int kMostReads = 16;                         // in a row, before others have their turn

  // What the reply's form depends on, once the request has gone to the handler.
  struct Form {
    bool is_head = false;
    int minor_version = 1;
    bool keep_alive = false;
  };
  // Waits for bytes beyond those that are unread. False: there will be none.
  struct Fill {
    Connection& connection;
    bool await_ready() { return connection.fill(); }
    void await_suspend(std::coroutine_handle<> self);
    bool await_resume() const { return !connection.ended_ && !connection.failed_ && !connection.timed_out_; }
  };
  // Goes on in another loop's thread.
  struct Hop {
    Connection& connection;
    std::shared_ptr<Loop> to;
    bool await_ready() const { return to == nullptr || connection.loop_ == to; }
    void await_suspend(std::coroutine_handle<> self);
    void await_resume() const {}
  };

  static Detached run(Connection& self);
  void end();
  Task<bool> begin();      // plain or TLS
  Task<bool> serve_one();  // true: another request may follow
  Found take_head(Request& request, std::size_t& searched, int& status);
  bool take_body(Request& request, const Framing& framing);
  Task<bool> read_body(Request& request, BodyPlan& plan, const Framing& framing, bool expects);
  void hand_over(Request request);
  Task<bool> refuse(int status);
  Task<bool> be_tunnel(Tunnel& tunnel);
  Task<bool> linger();

  void append_head(std::string& out, const Response& response, std::uint64_t length, const Form& form) const;
  Task<bool> send_files(Response response, Form form);
  Task<bool> send_file(std::string& head, FileRange range, int file);
  bool start_reply(const Response& response, const Form& form);
  bool start_write(std::string_view head, std::string_view body);
  Task<bool> finish_write();

  Fill more() { return {*this}; }
  bool fill();
  Io read_some(char* to, std::size_t size, std::size_t& got);
  Io write_some(std::string_view head, std::string_view body, std::size_t& sent);
  std::string_view unread() const { return unread_; }
  void keep_unread();
  void enter(Phase phase, std::int64_t timeout_ms);

  std::shared_ptr<Loop> loop_;
  int descriptor_;
  std::unique_ptr<TlsSession> tls_;
  std::string remote_;
  std::uint16_t local_port_ = 0;
  const std::string_view listener_;  // label
  std::string local_;                // address, of a labelled listener

  // Read and not yet consumed: in the loop's buffer until somebody else may read, else in `in_`.
  std::string_view unread_;
  std::string in_;
  bool borrowed_ = false;
  // Not sent yet: `out_`, then `out_body_`, whose owner is who waits for finish_write().
  std::string out_;
  std::string_view out_body_;

  bool wants_bytes_ = false;  // the coroutine waits for fill()
  bool readable_ = false;     // there may be something to read
  bool paused_ = false;       // it goes on reading with the next event
  int reads_ = 0;             // since the last event
  bool hung_up_ = false;      // the client has ended its side; there may be bytes before that
  bool ended_ = false;        // it has, and nothing is left to read
  bool failed_ = false;       // nothing can be sent either
  bool timed_out_ = false;
  std::optional<Response> answer_;
  std::shared_ptr<Exchange> exchange_;

  Phase phase_ = Phase::Idle;
  Instant deadline_ = Instant::max();
  Wakeup wake_;
};

}  // namespace net
