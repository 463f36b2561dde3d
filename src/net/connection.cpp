#include "net/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "net/tunnel.h"

namespace net {
namespace {

constexpr unsigned char kTlsHandshake = 0x16;
constexpr std::int64_t kLingerMs = 3'000;

// A name or value that came from a client must not end the header it is put into.
void append_clean(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 32 || c == '\t') out += c;
  }
}

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end);
}

bool wants_keep_alive(const Request& request) {
  if (request.minor_version == 0) return request.headers.has_token("connection", "keep-alive");
  return !request.headers.has_token("connection", "close");
}

bool has_no_body(int status) {
  return status == 204 || status == 304 || status < 200;
}

Response plain_refusal(int status) {
  Response response;
  response.status = status;
  response.headers.emplace_back("content-type", "text/plain");
  response.body = std::string(reason_phrase(status)) + "\n";
  return response;
}

std::string address_text(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = {};
  const void* from = address.ss_family == AF_INET6
                         ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr)
                         : &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  ::inet_ntop(address.ss_family, from, text, sizeof text);
  return text;
}

}  // namespace

// What a tunnel's owner sends, on its way to the connection.
class Line : public TunnelLine, public std::enable_shared_from_this<Line> {
 public:
  Line(std::shared_ptr<Loop> loop, Connection& connection) : loop_(std::move(loop)), connection_(&connection) {}

  void send(std::string bytes) override { add(bytes, false); }
  void close() override { add("", true); }

  // The loop's thread only. True: there will be no more.
  bool take(std::string& out) {
    const std::lock_guard lock(mutex_);
    told_ = false;
    out += std::exchange(waiting_, {});
    return closing_;
  }
  void detach() { connection_ = nullptr; }

 private:
  void add(std::string_view bytes, bool last) {
    {
      const std::lock_guard lock(mutex_);
      waiting_ += bytes;
      closing_ = closing_ || last;
      if (std::exchange(told_, true)) return;
    }
    loop_->post([self = shared_from_this()] {
      if (self->connection_ != nullptr) self->connection_->on_line();
    });
  }

  const std::shared_ptr<Loop> loop_;
  Connection* connection_;  // null: gone
  std::mutex mutex_;
  std::string waiting_;
  bool closing_ = false;
  bool told_ = false;
};

void Exchange::answer(std::shared_ptr<Exchange> exchange, Response response) {
  if (exchange->answered.exchange(true)) return;
  if (exchange->loop->is_here()) {
    if (exchange->connection != nullptr) exchange->connection->deliver(std::move(response));
    return;
  }
  // Held: once posted the exchange may end, and its loop with it, before post() has returned.
  const std::shared_ptr<Loop> loop = exchange->loop;
  loop->post([exchange = std::move(exchange), response = std::move(response)]() mutable {
    if (exchange->connection != nullptr) exchange->connection->deliver(std::move(response));
  });
}

void Exchange::abandon() {
  if (answered || abandoned.exchange(true)) return;
  std::function<void()> fn;
  {
    const std::lock_guard lock(mutex);
    fn = std::move(on_abandoned);
  }
  if (fn) fn();
}

Connection::Connection(std::shared_ptr<Loop> loop, int descriptor, std::string_view listener)
    : loop_(std::move(loop)), descriptor_(descriptor), listener_(listener) {
  ++*loop_->connection_count;
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) == 0) remote_ = address_text(address);
  size = sizeof address;
  if (::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    local_port_ = ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                                      : reinterpret_cast<const sockaddr_in&>(address).sin_port);
    if (!listener_.empty()) local_ = address_text(address);
  }
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Connection::~Connection() {
  tls_.reset();
  ::close(descriptor_);
  --*loop_->connection_count;
}

void Connection::start(std::unique_ptr<Connection> connection) {
  Connection& self = *connection;
  self.loop_->adopt(std::move(connection));
  if (!self.loop_->watch(self.descriptor_, self)) self.failed_ = true;
  run(self);
}

Detached Connection::run(Connection& self) {
  bool more = co_await self.begin();
  while (more) more = co_await self.serve_one();
  self.end();
}

void Connection::end() {
  if (exchange_) exchange_->connection = nullptr;
  exchange_.reset();
  ::shutdown(descriptor_, SHUT_RDWR);
  loop_->forget(descriptor_);
  loop_->bury(loop_->release(*this));
}

void Connection::on_events(std::uint32_t events) {
  if (std::exchange(paused_, false) || (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) readable_ = true;
  reads_ = 0;
  if ((events & (EPOLLRDHUP | EPOLLHUP)) != 0) hung_up_ = true;
  if ((events & EPOLLERR) != 0) failed_ = true;
  if (wants_bytes_ && !fill()) return;
  wake_.signal();  // may end or move this connection
}

// A TLS connection starts with a handshake record, a plain one with a letter.
Task<bool> Connection::begin() {
  enter(Phase::Head, loop_->options.head_timeout_ms);
  unsigned char first = 0;
  for (;;) {
    while (!readable_ && !failed_ && !timed_out_) co_await wake_;
    if (failed_ || timed_out_) co_return false;
    const ssize_t got = ::recv(descriptor_, &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got == 1) break;
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) co_return false;
    readable_ = false;
  }
  if (first != kTlsHandshake) co_return true;
  if (loop_->tls == nullptr) co_return false;
  Hop hop{*this, loop_->bulk};
  co_await hop;
  tls_ = std::make_unique<TlsSession>(*loop_->tls, descriptor_);
  for (Io step = tls_->handshake(); step != Io::Done; step = tls_->handshake()) {
    if (step != Io::Again || failed_ || timed_out_) co_return false;
    co_await wake_;
  }
  readable_ = true;
  co_return true;
}

Task<bool> Connection::serve_one() {
  Request request;
  std::size_t searched = 0;
  int status = 0;
  enter(Phase::Idle, loop_->options.idle_timeout_ms);
  for (;;) {
    const Found found = take_head(request, searched, status);
    if (found == Found::All) break;
    if (found == Found::Refused) co_return co_await refuse(status);
    if (loop_->draining) co_return false;
    if (co_await more()) continue;
    if (timed_out_ && phase_ == Phase::Head && !tls_) co_await refuse(408);
    co_return false;
  }
  request.remote_address = remote_;
  request.local_port = local_port_;
  request.tls = tls_ != nullptr;
  request.listener = listener_;
  request.local_address = local_;
  Form form{request.method == "HEAD", request.minor_version, wants_keep_alive(request)};

  const auto framing = framing_of(request.headers);
  if (!framing) co_return co_await refuse(framing.error());
  const bool expects = request.headers.has_token("expect", "100-continue");
  BodyPlan plan = loop_->handler->on_head(request);
  if (!plan.refusal && !plan.sink && framing->length.value_or(0) > plan.memory_limit) plan.refusal = plain_refusal(413);
  if (plan.refusal) {
    form.keep_alive = framing->empty() && !expects && form.keep_alive;
    if (!start_reply(*plan.refusal, form) && !co_await finish_write()) co_return false;
    if (failed_) co_return false;
    if (form.keep_alive) co_return true;
    co_return co_await linger();
  }
  Hop hop{*this, plan.sink ? loop_->bulk : nullptr};
  co_await hop;
  // Said before an empty body too: after a final reply in its place, botocore misreads the connection's next reply.
  const bool simple = !plan.sink && !expects && take_body(request, *framing);
  if (!simple && !co_await read_body(request, plan, *framing, expects)) co_return false;

  request.sink = std::move(plan.sink);
  hand_over(std::move(request));
  while (!answer_) {
    if (hung_up_ || failed_ || loop_->draining) exchange_->abandon();
    if (answer_) break;
    // A client that only closed its sending side may still read the answer.
    if (failed_) co_return false;
    co_await wake_;
  }
  const Response answer = std::move(*answer_);
  answer_.reset();
  form.keep_alive = form.keep_alive && !loop_->draining;
  if (exchange_->tunnel) {
    const std::shared_ptr<Tunnel> tunnel = std::move(exchange_->tunnel);
    if (!start_reply(answer, form) && !co_await finish_write()) co_return false;
    if (failed_) co_return false;
    co_return co_await be_tunnel(*tunnel);
  }
  if (!answer.files.empty() && !form.is_head && !has_no_body(answer.status)) {
    Hop download_hop{*this, loop_->bulk};
    co_await download_hop;
    co_return co_await send_files(answer, form) && form.keep_alive;
  }
  if (!start_reply(answer, form) && !co_await finish_write()) co_return false;
  co_return !failed_ && form.keep_alive;
}

// Takes a whole head off what is unread.
Connection::Found Connection::take_head(Request& request, std::size_t& searched, int& status) {
  while (unread_.starts_with("\r\n")) unread_.remove_prefix(2);  // tolerated before a request line (RFC 9112, 2.2)
  if (unread_.empty()) return Found::Part;
  const auto length = find_head_end(unread_, searched);
  if (length.value_or(unread_.size()) > kLongestHead) {
    status = 431;
    return Found::Refused;
  }
  if (!length) {
    if (phase_ == Phase::Idle) enter(Phase::Head, loop_->options.head_timeout_ms);
    return Found::Part;
  }
  auto parsed = parse_request_head(unread_.substr(0, *length));
  if (!parsed) {
    status = parsed.error();
    return Found::Refused;
  }
  unread_.remove_prefix(*length);
  request = std::move(*parsed);
  return Found::All;
}

// Takes a body of known length, if all of it is there.
bool Connection::take_body(Request& request, const Framing& framing) {
  if (framing.chunked || framing.length.value_or(0) > unread_.size()) return false;
  const auto length = static_cast<std::size_t>(framing.length.value_or(0));
  request.body.assign(unread_.substr(0, length));
  unread_.remove_prefix(length);
  return true;
}

Task<bool> Connection::read_body(Request& request, BodyPlan& plan, const Framing& framing, bool expects) {
  BodyReader reader(framing);
  bool too_large = false;
  bool sink_fails = false;
  const std::function<void(std::string_view)> take = [&](std::string_view piece) {
    if (plan.sink) {
      sink_fails = sink_fails || !plan.sink->write(piece);
    } else if (request.body.size() + piece.size() > plan.memory_limit) {
      too_large = true;
    } else {
      request.body += piece;
    }
  };
  if (!plan.sink && framing.length) request.body.reserve(*framing.length);
  if (expects && unread_.empty()) {
    if (!start_write("HTTP/1.1 100 Continue\r\n\r\n", "") && !co_await finish_write()) co_return false;
    if (failed_) co_return false;
  }
  for (;;) {
    const auto consumed = reader.feed(unread_, take);
    if (!consumed) co_return co_await refuse(consumed.error());
    unread_.remove_prefix(*consumed);
    if (too_large) co_return co_await refuse(413);
    if (reader.done()) co_return true;
    enter(Phase::Body, loop_->options.body_timeout_ms);
    if (!co_await more()) co_return false;
  }
}

namespace {

// Whether nobody else has it any more; what the others did with it has happened then. ThreadSanitizer follows no
// fences: under it every request gets an exchange of its own.
bool is_alone([[maybe_unused]] const std::shared_ptr<Exchange>& exchange) {
#ifdef __SANITIZE_THREAD__
  return false;
#else
  if (exchange.use_count() != 1) return false;
  std::atomic_thread_fence(std::memory_order_acquire);
  return true;
#endif
}

}  // namespace

// To the handler. It may answer at once, or later from anywhere.
void Connection::hand_over(Request request) {
  keep_unread();
  if (exchange_ != nullptr && is_alone(exchange_)) {
    exchange_->answered = false;
    exchange_->abandoned = false;
    exchange_->on_abandoned = nullptr;
  } else {
    if (exchange_) exchange_->connection = nullptr;
    exchange_ = std::make_shared<Exchange>();
  }
  if (exchange_->loop != loop_) exchange_->loop = loop_;
  exchange_->connection = this;
  enter(Phase::Handling, 0);
  loop_->handler->handle(std::move(request), Responder(exchange_));
}

// Bytes both ways, without a time-out: people think.
Task<bool> Connection::be_tunnel(Tunnel& tunnel) {
  enter(Phase::Tunnel, 0);
  const int on = 1;
  ::setsockopt(descriptor_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  const auto line = std::make_shared<Line>(loop_, *this);
  tunnel.opened(line);
  std::string out;
  for (;;) {
    if (!unread_.empty()) {
      tunnel.received(unread_);
      unread_ = {};
    }
    const bool last = line->take(out);
    std::size_t sent = 0;
    if (!out.empty() && write_some(out, "", sent) == Io::Failed) failed_ = true;
    out.erase(0, sent);
    if (failed_ || ended_ || loop_->draining || (last && out.empty())) break;
    if (fill()) continue;
    if (sent > 0 && !out.empty()) continue;
    co_await wake_;
  }
  line->detach();
  tunnel.closed();
  if (!failed_ && !ended_) co_await linger();  // the client may be about to say something more
  co_return false;
}

void Connection::on_line() {
  wants_bytes_ = false;
  wake_.signal();
}

// Refuses and closes: what follows on the stream cannot be told apart any more.
Task<bool> Connection::refuse(int status) {
  timed_out_ = false;
  const Response refusal = plain_refusal(status);
  if (!start_reply(refusal, Form{}) && !co_await finish_write()) co_return false;
  if (!failed_) co_await linger();
  co_return false;
}

// Closing while the client still sends would reset the connection and could destroy the reply on its way.
Task<bool> Connection::linger() {
  enter(Phase::Closing, kLingerMs);
  if (!tls_) ::shutdown(descriptor_, SHUT_WR);
  std::size_t dropped = 0;
  while (!ended_ && !failed_ && !timed_out_ && dropped < kMostLinger) {
    dropped += unread_.size();
    unread_ = {};
    if (!co_await more()) break;
  }
  co_return false;
}

void Connection::append_head(std::string& out, const Response& response, std::uint64_t length, const Form& form) const {
  if (response.status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
  } else {
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::uint64_t>(response.status));
    out.append(" ").append(reason_phrase(response.status)).append("\r\n");
  }
  out += response.lines;
  for (const Header& header : response.headers) {
    append_clean(out, header.first);
    out += ": ";
    append_clean(out, header.second);
    out += "\r\n";
  }
  if (!has_no_body(response.status)) {
    out += "content-length: ";
    append_number(out, length);
    out += "\r\n";
  }
  out.append("date: ").append(loop_->date).append("\r\n");
  if (!form.keep_alive) out += "connection: close\r\n";
  if (form.keep_alive && form.minor_version == 0) out += "connection: keep-alive\r\n";
  out += "\r\n";
}

// True if all is sent, or nothing can be: see failed_. Else finish_write() sends the rest.
bool Connection::start_reply(const Response& response, const Form& form) {
  const bool bare = form.is_head || has_no_body(response.status);
  std::uint64_t length = response.body.size();
  for (const FileRange& file : response.files) length += file.length;
  if (form.is_head) length = response.head_length.value_or(length);
  std::string& head = loop_->write_buffer();
  head.clear();
  append_head(head, response, length, form);
  std::string_view body = bare ? std::string_view() : std::string_view(response.body);
  if (body.size() <= kShortBody) {
    head += body;
    body = {};
  }
  return start_write(head, body);
}

bool Connection::start_write(std::string_view head, std::string_view body) {
  std::size_t sent = 0;
  const Io result = failed_ ? Io::Failed : write_some(head, body, sent);
  if (result == Io::Failed) {
    failed_ = true;
    return true;
  }
  if (sent == head.size() + body.size()) return true;
  out_.assign(head.substr(std::min(sent, head.size())));
  out_body_ = body.substr(sent > head.size() ? sent - head.size() : 0);
  return false;
}

Task<bool> Connection::finish_write() {
  enter(Phase::Writing, loop_->options.body_timeout_ms);
  while (!failed_ && !timed_out_ && !(out_.empty() && out_body_.empty())) {
    std::size_t sent = 0;
    const Io result = write_some(out_, out_body_, sent);
    if (result == Io::Failed) failed_ = true;
    if (result == Io::Again) co_await wake_;
    if (sent == 0) continue;
    const std::size_t of_head = std::min(sent, out_.size());
    out_.erase(0, of_head);
    out_body_.remove_prefix(sent - of_head);
    enter(Phase::Writing, loop_->options.body_timeout_ms);
  }
  if (timed_out_) failed_ = true;
  out_body_ = {};
  co_return !failed_;
}

Task<bool> Connection::send_files(Response response, Form form) {
  std::uint64_t length = 0;
  for (const FileRange& file : response.files) length += file.length;
  std::string head;
  append_head(head, response, length, form);
  for (std::size_t i = 0; i < response.files.size(); ++i) {
    const int file = ::open(response.files[i].path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
      if (i == 0) co_return co_await refuse(500);
      co_return false;
    }
    const bool fine = co_await send_file(head, response.files[i], file);
    ::close(file);
    if (!fine) co_return false;
  }
  // Files of no length at all.
  if (!head.empty() && !start_write(head, "") && !co_await finish_write()) co_return false;
  co_return !failed_;
}

// Sends `head` before the first bytes, and empties it then.
Task<bool> Connection::send_file(std::string& head, FileRange range, int file) {
  std::string piece;
  while (range.length > 0) {
    piece.resize(std::min<std::uint64_t>(range.length, kFilePiece));
    const ssize_t got = ::pread(file, piece.data(), piece.size(), static_cast<off_t>(range.offset));
    if (got <= 0) co_return false;  // shorter than promised: the client sees a cut body
    range.offset += static_cast<std::uint64_t>(got);
    range.length -= static_cast<std::uint64_t>(got);
    const std::string_view body = std::string_view(piece).substr(0, static_cast<std::size_t>(got));
    const bool sent = start_write(head, body) || co_await finish_write();
    head.clear();
    if (!sent || failed_) co_return false;
  }
  co_return true;
}

void Connection::Fill::await_suspend(std::coroutine_handle<> self) {
  connection.wants_bytes_ = true;
  connection.wake_.await_suspend(self);
}

// True if waiting longer changes nothing: there are more bytes, or none will come.
bool Connection::fill() {
  keep_unread();
  while (!failed_ && !ended_ && !timed_out_) {
    if (!readable_) return false;
    if (++reads_ > kMostReads) {
      readable_ = false;
      paused_ = true;
      loop_->tell_again(descriptor_, *this);
      return false;
    }
    std::size_t got = 0;
    char* const buffer = loop_->read_buffer();
    const Io result = read_some(buffer, Loop::kReadBytes, got);
    if (result == Io::Again) readable_ = false;
    if (result == Io::Failed) failed_ = true;
    if (result == Io::Ended) ended_ = true;
    if (result != Io::Done) continue;
    // All that there was: the next bytes come with an event.
    if (!tls_ && got < Loop::kReadBytes && !hung_up_) readable_ = false;
    if (unread_.empty()) {
      unread_ = {buffer, got};
      borrowed_ = true;
    } else {
      in_.append(buffer, got);
      unread_ = in_;
    }
    break;
  }
  wants_bytes_ = false;
  return true;
}

Io Connection::read_some(char* to, std::size_t size, std::size_t& got) {
  if (tls_) return tls_->read(to, size, got);
  const ssize_t result = ::recv(descriptor_, to, size, 0);
  if (result == 0) return Io::Ended;
  if (result < 0) return errno == EAGAIN || errno == EINTR ? Io::Again : Io::Failed;
  got = static_cast<std::size_t>(result);
  return Io::Done;
}

Io Connection::write_some(std::string_view head, std::string_view body, std::size_t& sent) {
  if (tls_) return tls_->write(head.empty() ? body : head, sent);
  ssize_t result = 0;
  if (body.empty()) {
    result = ::send(descriptor_, head.data(), head.size(), MSG_NOSIGNAL);
  } else {
    std::array<iovec, 2> parts{iovec{const_cast<char*>(head.data()), head.size()},
                               iovec{const_cast<char*>(body.data()), body.size()}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    result = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL);
  }
  if (result < 0) return errno == EAGAIN || errno == EINTR ? Io::Again : Io::Failed;
  sent = static_cast<std::size_t>(result);
  return Io::Done;
}

// The loop's buffer is for the next reader.
void Connection::keep_unread() {
  if (unread_.empty()) {
    in_.clear();
    if (in_.capacity() > Loop::kReadBytes) in_.shrink_to_fit();
  } else if (borrowed_) {
    in_.assign(unread_);
    unread_ = in_;
  } else if (unread_.data() != in_.data()) {
    in_.erase(0, in_.size() - unread_.size());
    unread_ = in_;
  }
  borrowed_ = false;
}

void Connection::Hop::await_suspend(std::coroutine_handle<> self) {
  connection.keep_unread();
  connection.loop_->forget(connection.descriptor_);
  auto owned = connection.loop_->release(connection);
  const std::shared_ptr<Loop> target = to;  // this awaiter may be gone before post() returns
  target->post([owned = std::move(owned), target, self]() mutable {
    Connection& moved = *owned;
    moved.loop_ = target;
    moved.readable_ = true;
    target->adopt(std::move(owned));
    if (target->closing || !target->watch(moved.descriptor_, moved)) moved.failed_ = true;
    self.resume();
  });
}

void Connection::deliver(Response response) {
  answer_ = std::move(response);
  wake_.signal();
}

// `timeout_ms` 0: for as long as it takes.
void Connection::enter(Phase phase, std::int64_t timeout_ms) {
  phase_ = phase;
  deadline_ = timeout_ms == 0 ? Instant::max() : loop_->now + std::chrono::milliseconds(timeout_ms);
}

void Connection::check_deadline(Instant now) {
  if (now < deadline_) return;
  deadline_ = Instant::max();
  timed_out_ = true;
  if (phase_ != Phase::Head || tls_) return close();
  wants_bytes_ = false;
  wake_.signal();  // the reader says 408
}

void Connection::drain() {
  if (phase_ == Phase::Idle || phase_ == Phase::Tunnel) return close();
  if (exchange_) exchange_->abandon();
}

void Connection::close() {
  failed_ = true;
  wants_bytes_ = false;
  wake_.signal();
}

}  // namespace net
