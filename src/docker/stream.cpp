#include "docker/stream.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace docker {
namespace {

constexpr std::size_t kReadBytes = 64 << 10;

linux_runtime::Fd connect_to(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof name.sun_path) return {};
  std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
  linux_runtime::Fd made(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!made || connect(made.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) return {};
  return made;
}

// Requests here are a few hundred bytes: they fit into the socket's buffer.
bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

Stream::Stream(linux_runtime::Loop& loop, const std::string& socket, const std::string& request, Told told)
    : loop_(loop), socket_(connect_to(socket)), told_(std::move(told)) {
  if (!socket_ || !send_all(socket_.get(), request) || fcntl(socket_.get(), F_SETFL, O_NONBLOCK) != 0) {
    loop_.post([this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) finish(0);
    });
    return;
  }
  resume();
}

Stream::~Stream() {
  pause();
}

void Stream::pause() {
  if (watched_) loop_.unwatch(socket_.get());
  watched_ = false;
}

void Stream::resume() {
  if (watched_ || !socket_) return;
  watched_ = true;
  loop_.watch(socket_.get(), [this] { on_readable(); });
}

// Once a turn: what more there is, the loop tells again.
void Stream::on_readable() {
  char piece[kReadBytes];
  const ssize_t got = recv(socket_.get(), piece, sizeof piece, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return finish(until_close_ && got == 0 ? status_ : 0);
  const std::weak_ptr<bool> alive = alive_;
  if (take({piece, static_cast<std::size_t>(got)})) return;
  if (!alive.expired()) finish(reader_ && reader_->done() ? status_ : 0);
}

bool Stream::take(std::string_view bytes) {
  const auto keep = [this](std::string_view piece) {
    if (told_.data && status_ / 100 == 2) {
      told_.data(piece);
    } else {
      body_ += piece;
    }
  };
  std::string rest;
  if (status_ == 0) {
    head_ += bytes;
    std::size_t searched = 0;
    const auto end = net::find_head_end(head_, searched);
    if (!end) return head_.size() < net::kLongestHead;
    const auto response = net::parse_response_head(std::string_view(head_).substr(0, *end));
    if (!response) return false;
    const auto framing = net::framing_of(response->headers);
    if (!framing) return false;
    status_ = response->status;
    until_close_ = !framing->chunked && !framing->length;
    reader_.emplace(*framing);
    rest = head_.substr(*end);
    bytes = rest;
  }
  if (until_close_) {
    if (!bytes.empty()) keep(bytes);
    return true;
  }
  return reader_->feed(bytes, keep) && !reader_->done();
}

void Stream::finish(int status) {
  pause();
  const auto ended = std::move(told_.ended);
  const std::string body = std::move(body_);
  if (ended) ended(status, body);
}

}  // namespace docker
