#pragma once

// The HTTP/1.1 server: keep-alive, pipelining (answered in order), chunked and spooled request bodies,
// 100-continue, TLS on the same port (by the first byte), bounded and timed everywhere. Handlers answer when they
// like, from any thread.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/http.h"
#include "net/tls.h"

namespace net {

struct Exchange;
class Tunnel;

// The right, and the duty, to answer one request. Dropping it unanswered answers 500.
class Responder {
 public:
  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  Responder(Responder&&) = default;
  Responder& operator=(Responder&&) = delete;
  ~Responder();

  // At most once, from any thread.
  void send(Response response);
  // The same for an answer of 101, after which the connection is the tunnel's (tunnel.h).
  void send(Response response, std::shared_ptr<Tunnel> tunnel);
  // `fn` is called, at most once and on an I/O thread, if the client goes away before the answer: a long poll must
  // not take messages for nobody. At once if it has gone already. The request must still be answered (or dropped).
  void on_abandoned(std::function<void()> fn);

 private:
  std::shared_ptr<Exchange> exchange_;
};

// Work that shares the first I/O thread, so that what it does for the requests of a round needs no hand-over to
// another thread and back.
class Companion {
 public:
  virtual ~Companion() = default;
  // Called after every round of ready sockets, and soon after Server::wake(). Returns how long it can wait until the
  // next call; nothing: until there is a round.
  virtual std::optional<std::chrono::nanoseconds> run_round() = 0;
};

// What to do with a request's body, decided when only its head is known.
struct BodyPlan {
  std::size_t memory_limit = 16 * 1024 * 1024;  // bytes; a longer body is refused with 413
  std::unique_ptr<BodySink> sink;               // takes the body instead of memory, without a limit of ours
  std::optional<Response> refusal;              // answer this without reading the body
};

class Handler {
 public:
  virtual ~Handler() = default;
  // Both run on an I/O thread, for several requests at once, and must not block.
  virtual BodyPlan on_head(const Request& head) = 0;
  virtual void handle(Request request, Responder responder) = 0;
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;          // 0: a free one
  int threads = 1;                 // with a companion: the first for requests, the second for TLS and long transfers
  Companion* companion = nullptr;  // must outlive the server
  std::size_t max_connections = 16'384;  // more are answered 503
  std::optional<TlsIdentity> tls;        // absent: a TLS hello is refused
  std::optional<Authority> authority;    // with `tls`: issues a certificate for each name that clients ask for
  // Milliseconds, looked at once a second or at a quarter of the shortest, whichever comes sooner.
  std::int64_t head_timeout_ms = 30'000;  // first byte to the end of the head
  std::int64_t body_timeout_ms = 30'000;  // between two pieces of a body, ours or theirs
  std::int64_t idle_timeout_ms = 75'000;  // between two requests
  std::int64_t stop_grace_ms = 5'000;     // for requests under way when the server stops
};

class Server {
 public:
  // `handler` must outlive the server. The error says what could not be done, e.g. bind the port.
  static std::expected<std::unique_ptr<Server>, std::string> start(ServerOptions options, Handler& handler);
  // Stops accepting, tells waiting requests that they are abandoned, lets them answer, then closes.
  virtual ~Server() = default;

  virtual std::uint16_t port() const = 0;
  virtual std::size_t connections() const = 0;
  // Takes over a listening TCP socket as well, for example one made in another network namespace. Requests that come
  // in there carry `label`.
  virtual std::expected<void, std::string> adopt_listener(int descriptor, std::string label = "") = 0;
  // Closes the adopted listeners with that label, and soon the connections that came through them.
  virtual void drop_listeners(const std::string& label) = 0;
  // Lets the companion run soon. Any thread.
  virtual void wake() = 0;
  virtual void stop() = 0;
};

}  // namespace net
