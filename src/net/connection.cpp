#include "net/connection.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <utility>

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

}  // namespace

void Exchange::answer(Response response) {
  {
    const std::lock_guard lock(mutex);
    if (answered) return;
    answered = true;
    on_abandoned = nullptr;
  }
  if (loop->context.get_executor().running_in_this_thread()) {
    if (const auto alive = connection.lock()) alive->deliver(std::move(response));
    return;
  }
  asio::post(loop->context, [weak = connection, response = std::move(response)]() mutable {
    if (const auto alive = weak.lock()) alive->deliver(std::move(response));
  });
}

void Exchange::abandon() {
  std::function<void()> fn;
  {
    const std::lock_guard lock(mutex);
    if (abandoned || answered) return;
    abandoned = true;
    fn = std::move(on_abandoned);
  }
  if (fn) fn();
}

Connection::Connection(std::shared_ptr<Loop> loop, asio::ip::tcp::socket socket)
    : loop_(std::move(loop)), socket_(std::move(socket)) {
  loop_->connections.insert(this);
  ++*loop_->connection_count;
  boost::system::error_code error;
  const auto remote = socket_.remote_endpoint(error);
  if (!error) remote_ = remote.address().to_string();
  const auto local = socket_.local_endpoint(error);
  if (!error) local_port_ = local.port();
  socket_.set_option(asio::ip::tcp::no_delay(true), error);
}

Connection::~Connection() {
  loop_->connections.erase(this);
  --*loop_->connection_count;
}

void Connection::start() {
  run(shared_from_this());
}

Detached Connection::run(std::shared_ptr<Connection> self) {
  bool more = co_await self->begin();
  while (more) more = co_await self->serve_one();
  self->close();
}

// A TLS connection starts with a handshake record, a plain one with a letter.
Task<bool> Connection::begin() {
  enter(Phase::Head, loop_->options.head_timeout_ms);
  reading_ = true;
  socket_.async_wait(asio::ip::tcp::socket::wait_read, [self = shared_from_this()](boost::system::error_code error) {
    self->reading_ = false;
    if (error) self->failed_ = true;
    self->wake_.signal();
  });
  while (reading_) co_await wake_;
  unsigned char first = 0;
  boost::system::error_code error;
  if (!failed_) {
    socket_.non_blocking(true, error);
    socket_.receive(asio::buffer(&first, 1), asio::ip::tcp::socket::message_peek, error);
  }
  if (failed_ || error) co_return false;
  if (first != kTlsHandshake) co_return true;
  if (loop_->tls == nullptr) co_return false;
  tls_.emplace(socket_, *loop_->tls);
  reading_ = true;
  tls_->async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](boost::system::error_code failure) {
    self->reading_ = false;
    if (failure) self->failed_ = true;
    self->wake_.signal();
  });
  while (reading_) co_await wake_;
  co_return !failed_;
}

Task<bool> Connection::serve_one() {
  Request request;
  if (!co_await read_head(request)) co_return false;
  request.remote_address = remote_;
  request.local_port = local_port_;
  request.tls = tls_.has_value();

  const auto framing = framing_of(request.headers);
  if (!framing) co_return co_await refuse(framing.error());
  const bool expects = request.headers.has_token("expect", "100-continue");
  BodyPlan plan = loop_->handler->on_head(request);
  if (!plan.refusal && !plan.sink && framing->length.value_or(0) > plan.memory_limit) plan.refusal = plain_refusal(413);
  if (plan.refusal) {
    const bool keep = framing->empty() && !expects && wants_keep_alive(request);
    const bool sent = co_await send(std::move(*plan.refusal), request, keep);
    if (sent && keep) co_return true;
    co_return co_await linger();
  }
  // Said before an empty body too: after a final reply in its place, botocore misreads the connection's next reply.
  const bool reads = !framing->empty() || expects;
  if (reads && !co_await read_body(request, plan, *framing, expects)) co_return false;

  bool keep_alive = wants_keep_alive(request);
  Request head;  // what the reply's form depends on
  head.method = request.method;
  head.minor_version = request.minor_version;
  request.sink = std::move(plan.sink);
  auto exchange = std::make_shared<Exchange>();
  exchange->loop = loop_;
  exchange->connection = weak_from_this();
  exchange_ = exchange;
  enter(Phase::Handling, 0);
  loop_->handler->handle(std::move(request), Responder(exchange));
  const bool answered = co_await await_answer(exchange);
  exchange_.reset();
  if (!answered) co_return false;
  Response answer = std::move(*answer_);
  answer_.reset();
  keep_alive = keep_alive && !loop_->draining;
  const bool sent = co_await send(std::move(answer), head, keep_alive);
  co_return sent&& keep_alive;
}

Task<bool> Connection::read_head(Request& request) {
  enter(Phase::Idle, loop_->options.idle_timeout_ms);
  std::size_t searched = 0;
  for (;;) {
    while (unread().starts_with("\r\n")) at_ += 2;  // tolerated before a request line (RFC 9112, 2.2)
    if (!unread().empty() && phase_ == Phase::Idle) enter(Phase::Head, loop_->options.head_timeout_ms);
    const auto length = find_head_end(unread(), searched);
    if (length.value_or(unread().size()) > kLongestHead) co_return co_await refuse(431);
    if (length) {
      auto parsed = parse_request_head(unread().substr(0, *length));
      if (!parsed) co_return co_await refuse(parsed.error());
      at_ += *length;
      request = std::move(*parsed);
      co_return true;
    }
    if (loop_->draining) co_return false;
    const bool got = co_await more();
    if (got) continue;
    if (timed_out_ && phase_ == Phase::Head && !tls_) co_await refuse(408);
    co_return false;
  }
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
  if (expects && unread().empty() && !co_await write("HTTP/1.1 100 Continue\r\n\r\n", "")) co_return false;
  for (;;) {
    const auto consumed = reader.feed(unread(), take);
    if (!consumed) co_return co_await refuse(consumed.error());
    at_ += *consumed;
    if (too_large) co_return co_await refuse(413);
    if (reader.done()) co_return true;
    enter(Phase::Body, loop_->options.body_timeout_ms);
    if (!co_await more()) co_return false;
  }
}

Task<bool> Connection::await_answer(const std::shared_ptr<Exchange>& exchange) {
  if (loop_->draining && !answer_) exchange->abandon();
  while (!answer_) {
    // Reading on is how a client's going away is noticed; what it pipelines meanwhile is kept, up to a bound.
    if (!ended_ && unread().size() < kMostAhead) start_read();
    if (ended_ || failed_) exchange->abandon();
    if (answer_) break;
    // A client that only closed its sending side may still read the answer.
    if (failed_) co_return false;
    co_await wake_;
  }
  co_return true;
}

// Refuses and closes: what follows on the stream cannot be told apart any more.
Task<bool> Connection::refuse(int status) {
  Request unknown;
  timed_out_ = false;
  if (co_await send(plain_refusal(status), unknown, false)) co_await linger();
  co_return false;
}

// Closing while the client still sends would reset the connection and could destroy the reply on its way.
Task<bool> Connection::linger() {
  enter(Phase::Closing, kLingerMs);
  boost::system::error_code error;
  if (!tls_) socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  std::size_t dropped = 0;
  while (!ended_ && !failed_ && !timed_out_ && dropped < kMostLinger) {
    dropped += unread().size();
    at_ = filled_;
    if (!co_await more()) break;
  }
  co_return false;
}

std::string Connection::head_of(const Response& response, std::uint64_t length, bool keep_alive,
                                const Request& request) const {
  std::string head;
  head.reserve(512);
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ").append(reason_phrase(response.status));
  head += "\r\n";
  for (const Header& header : response.headers) {
    append_clean(head, header.first);
    head += ": ";
    append_clean(head, header.second);
    head += "\r\n";
  }
  if (!has_no_body(response.status)) head.append("content-length: ").append(std::to_string(length)).append("\r\n");
  head.append("date: ").append(loop_->date).append("\r\n");
  if (!keep_alive) head += "connection: close\r\n";
  if (keep_alive && request.minor_version == 0) head += "connection: keep-alive\r\n";
  head += "\r\n";
  return head;
}

Task<bool> Connection::send(Response response, const Request& request, bool keep_alive) {
  const bool bare = request.method == "HEAD" || has_no_body(response.status);
  std::uint64_t length = response.body.size();
  for (const FileRange& file : response.files) length += file.length;
  if (request.method == "HEAD") length = response.head_length.value_or(length);
  std::string head = head_of(response, length, keep_alive, request);
  if (!response.files.empty() && !bare) co_return co_await write_files(std::move(head), std::move(response.files));
  co_return co_await write(head, bare ? std::string_view() : std::string_view(response.body));
}

Task<bool> Connection::write(std::string_view head, std::string_view body) {
  enter(Phase::Writing, loop_->options.body_timeout_ms);
  if (failed_) co_return false;
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(head.data(), head.size()),
                                                  asio::buffer(body.data(), body.size())};
  start_write(buffers);
  while (writing_) co_await wake_;
  co_return !failed_;
}

Task<bool> Connection::write_files(std::string head, std::vector<FileRange> files) {
  bool first = true;
  bool fine = true;
  for (std::size_t i = 0; fine && i < files.size(); ++i) {
    const int file = ::open(files[i].path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0 && first) {
      const Request unknown;
      const Response broken = plain_refusal(500);
      const std::string instead = head_of(broken, broken.body.size(), false, unknown);
      co_await write(instead, broken.body);
    }
    if (file < 0) co_return false;
    first = false;
    fine = co_await write_file(head, files[i], file);
    ::close(file);
  }
  // Files of no length at all.
  if (fine && !head.empty()) fine = co_await write(head, "");
  co_return fine;
}

// Sends `head` before the first bytes, and empties it then.
Task<bool> Connection::write_file(std::string& head, FileRange range, int file) {
  std::string piece;
  while (range.length > 0) {
    piece.resize(std::min<std::uint64_t>(range.length, kFilePiece));
    const ssize_t got = ::pread(file, piece.data(), piece.size(), static_cast<off_t>(range.offset));
    if (got <= 0) co_return false;  // shorter than promised: the client sees a cut body
    range.offset += static_cast<std::uint64_t>(got);
    range.length -= static_cast<std::uint64_t>(got);
    const bool sent = co_await write(head, std::string_view(piece).substr(0, static_cast<std::size_t>(got)));
    head.clear();
    if (!sent) co_return false;
  }
  co_return true;
}

// Waits for more bytes than there are now. False: there will be none.
Task<bool> Connection::more() {
  start_read();
  while (reading_) co_await wake_;
  co_return !ended_ && !failed_ && !timed_out_;
}

void Connection::start_read() {
  if (reading_ || ended_ || failed_) return;
  if (at_ > 0) {
    in_.erase(0, at_);
    filled_ -= at_;
    at_ = 0;
  }
  in_.resize(filled_ + kReadBytes);
  reading_ = true;
  const auto done = [self = shared_from_this()](boost::system::error_code error, std::size_t bytes) {
    self->reading_ = false;
    self->filled_ += bytes;
    if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
      self->ended_ = true;
    } else if (error && !self->timed_out_) {
      self->failed_ = true;
    }
    self->wake_.signal();
  };
  const auto space = asio::buffer(in_.data() + filled_, kReadBytes);
  tls_ ? tls_->async_read_some(space, done) : socket_.async_read_some(space, done);
}

template <typename Buffers>
void Connection::start_write(const Buffers& buffers) {
  writing_ = true;
  const auto done = [self = shared_from_this()](boost::system::error_code error, std::size_t) {
    self->writing_ = false;
    if (error) self->failed_ = true;
    self->wake_.signal();
  };
  tls_ ? asio::async_write(*tls_, buffers, done) : asio::async_write(socket_, buffers, done);
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
  boost::system::error_code error;
  if (phase_ == Phase::Head && !tls_ && !writing_) {
    socket_.cancel(error);  // wakes the reader, which says 408
  } else {
    close();
  }
}

void Connection::drain() {
  if (phase_ == Phase::Idle) return close();
  if (exchange_) exchange_->abandon();
}

void Connection::close() {
  boost::system::error_code error;
  failed_ = true;
  socket_.close(error);
  wake_.signal();
}

void Loop::start_sweeping() {
  const std::int64_t shortest = std::min({options.head_timeout_ms, options.body_timeout_ms, options.idle_timeout_ms});
  now = std::chrono::steady_clock::now();
  const auto wall = std::chrono::system_clock::now();
  date = http_date(std::chrono::duration_cast<std::chrono::seconds>(wall.time_since_epoch()).count());
  timer.expires_after(std::chrono::milliseconds(std::clamp<std::int64_t>(shortest / 4, 5, 1'000)));
  timer.async_wait([this](boost::system::error_code error) {
    if (error) return;
    sweep();
    start_sweeping();
  });
}

void Loop::sweep() {
  now = std::chrono::steady_clock::now();
  // Held while looked at: closing one may end it, and with it others' entries in the set.
  std::vector<std::shared_ptr<Connection>> all;
  for (Connection* connection : connections) all.push_back(connection->shared_from_this());
  for (const auto& connection : all) connection->check_deadline(now);
}

void Loop::drain() {
  draining = true;
  std::vector<std::shared_ptr<Connection>> all;
  for (Connection* connection : connections) all.push_back(connection->shared_from_this());
  for (const auto& connection : all) connection->drain();
}

void Loop::close_all() {
  std::vector<std::shared_ptr<Connection>> all;
  for (Connection* connection : connections) all.push_back(connection->shared_from_this());
  for (const auto& connection : all) connection->close();
}

}  // namespace net
