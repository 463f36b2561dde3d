#include "bench/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/fault.h"

namespace bench {
namespace {

std::unexpected<std::string> failed(const std::string& what) {
  return std::unexpected(what + ": " + std::strerror(errno));
}

std::string tls_error() {
  char text[160];
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  return text;
}

std::expected<int, std::string> dial(const net::Url& server) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(server.port);
  if (const int error = getaddrinfo(server.host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return std::unexpected("can't find " + server.host + ": " + gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const int descriptor = ::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
    if (descriptor < 0) continue;
    if (::connect(descriptor, at->ai_addr, at->ai_addrlen) == 0) {
      const int on = 1;
      setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      return descriptor;
    }
    const int error = errno;
    ::close(descriptor);
    errno = error;
  }
  return failed("can't connect to " + server.authority());
}

}  // namespace

TlsContext::TlsContext() : context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX_set_default_verify_paths(context_);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

std::expected<Socket, std::string> Socket::connect(const net::Url& server, const TlsContext* tls) {
  TRY(const int descriptor, dial(server));
  Socket socket(descriptor);
  if (tls != nullptr) {
    socket.tls_ = SSL_new(tls->get());
    SSL_set_fd(socket.tls_, descriptor);
    SSL_set_tlsext_host_name(socket.tls_, server.host.c_str());
    SSL_set1_host(socket.tls_, server.host.c_str());
    if (SSL_connect(socket.tls_) != 1) return std::unexpected("TLS with " + server.authority() + ": " + tls_error());
  }
  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  return socket;
}

Socket::Socket(Socket&& other) noexcept {
  *this = std::move(other);
}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(tls_, other.tls_);
  std::swap(rest_, other.rest_);
  return *this;
}

Socket::~Socket() {
  close();
}

void Socket::close() {
  SSL_free(std::exchange(tls_, nullptr));
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  rest_ = {};
}

std::expected<void, std::string> Socket::send(std::string_view bytes) {
  rest_ = bytes;
  return flush();
}

std::expected<void, std::string> Socket::flush() {
  while (!rest_.empty()) {
    ssize_t sent = 0;
    if (tls_ != nullptr) {
      sent = SSL_write(tls_, rest_.data(), static_cast<int>(rest_.size()));
      if (sent <= 0) {
        const int why = SSL_get_error(tls_, static_cast<int>(sent));
        if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return {};
        return std::unexpected("sending: " + tls_error());
      }
    } else {
      sent = ::send(descriptor_, rest_.data(), rest_.size(), MSG_NOSIGNAL);
      if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {};
      if (sent < 0 && errno != EINTR) return failed("sending");
    }
    if (sent > 0) rest_.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

std::expected<bool, std::string> Socket::receive(std::string& into) {
  std::array<char, 65536> buffer;
  bool any = false;
  for (;;) {
    ssize_t got = 0;
    if (tls_ != nullptr) {
      got = SSL_read(tls_, buffer.data(), buffer.size());
      if (got <= 0) {
        const int why = SSL_get_error(tls_, static_cast<int>(got));
        if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return any;
        return std::unexpected(why == SSL_ERROR_ZERO_RETURN ? "the server closed the connection"
                                                            : "receiving: " + tls_error());
      }
    } else {
      got = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
      if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return any;
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failed("receiving");
      if (got == 0) return std::unexpected("the server closed the connection");
    }
    into.append(buffer.data(), static_cast<std::size_t>(got));
    any = true;
    // A short read has emptied the socket: one system call less.
    if (tls_ == nullptr && static_cast<std::size_t>(got) < buffer.size()) return any;
  }
}

}  // namespace bench
