#include "net/client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "net/parser.h"

namespace net {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

std::string system_text(int error) {
  return std::strerror(error);
}

std::string tls_text() {
  char text[256] = "closed";
  if (const unsigned long code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

// Numbers and "localhost" need no resolver, so that a static program finds its endpoint without NSS libraries.
std::vector<Address> resolve(const Url& url, std::string& problem) {
  std::vector<Address> found;
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  const std::string host = url.host == "localhost" ? "127.0.0.1" : url.host;
  if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(url.port);
    address.size = sizeof *v4;
    return {address};
  }
  if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(url.port);
    address.size = sizeof *v6;
    return {address};
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int error = getaddrinfo(host.c_str(), std::to_string(url.port).c_str(), &hints, &list); error != 0) {
    problem = gai_strerror(error);
    return {};
  }
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
    address.size = at->ai_addrlen;
    found.push_back(address);
  }
  freeaddrinfo(list);
  return found;
}

std::vector<Address> unix_address(const std::string& path, std::string& problem) {
  Address address;
  auto* name = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (path.size() >= sizeof name->sun_path) {
    problem = "its name is too long for a socket";
    return {};
  }
  name->sun_family = AF_UNIX;
  std::memcpy(name->sun_path, path.c_str(), path.size() + 1);
  address.size = sizeof *name;
  return {address};
}

bool wait_for(int descriptor, short events, int timeout_ms) {
  pollfd entry{descriptor, events, 0};
  int ready;
  do {
    ready = poll(&entry, 1, timeout_ms);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

}  // namespace

// A non-blocking socket, with or without TLS, made to look like a blocking one with a time limit.
struct Client::Socket {
  int descriptor = -1;
  SSL_CTX* context = nullptr;
  SSL* tls = nullptr;
  int timeout_ms = 0;
  std::string unread;  // bytes after the last answer

  Socket() = default;
  Socket(const Socket&) = delete;
  ~Socket() {
    SSL_free(tls);
    SSL_CTX_free(context);
    if (descriptor >= 0) ::close(descriptor);
  }

  std::expected<void, std::string> open(const Address& address, int connect_timeout_ms) {
    descriptor = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return std::unexpected(system_text(errno));
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return {};
    if (errno != EINPROGRESS) return std::unexpected(system_text(errno));
    if (!wait_for(descriptor, POLLOUT, connect_timeout_ms)) return std::unexpected("timed out");
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return std::unexpected(system_text(error));
    return {};
  }

  std::expected<void, std::string> start_tls(const std::string& host, const ClientOptions& options) {
    context = SSL_CTX_new(TLS_client_method());
    if (options.ca_file.empty()) {
      SSL_CTX_set_default_verify_paths(context);
    } else if (SSL_CTX_load_verify_locations(context, options.ca_file.c_str(), nullptr) != 1) {
      return std::unexpected("cannot read the certificates in " + options.ca_file);
    }
    SSL_CTX_set_verify(context, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    tls = SSL_new(context);
    SSL_set_fd(tls, descriptor);
    in6_addr ignored;
    const bool number =
        inet_pton(AF_INET, host.c_str(), &ignored) == 1 || inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
    if (number) {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str());
    } else {
      SSL_set_tlsext_host_name(tls, host.c_str());
      SSL_set1_host(tls, host.c_str());
    }
    for (;;) {
      const int result = SSL_connect(tls);
      if (result == 1) return {};
      if (!wait_tls(result)) return std::unexpected("TLS: " + tls_text());
    }
  }

  // After a call that returned `result`: waits for what it wants. False: a real error or too long a wait.
  bool wait_tls(int result) {
    const int error = SSL_get_error(tls, result);
    if (error == SSL_ERROR_WANT_READ) return wait_for(descriptor, POLLIN, timeout_ms);
    if (error == SSL_ERROR_WANT_WRITE) return wait_for(descriptor, POLLOUT, timeout_ms);
    return false;
  }

  std::expected<void, std::string> write(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t done;
      if (tls != nullptr) {
        done = SSL_write(tls, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), kPiece)));
        if (done <= 0 && !wait_tls(static_cast<int>(done))) return std::unexpected("cannot send: " + tls_text());
      } else {
        done = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (done < 0 && errno != EAGAIN && errno != EINTR) return std::unexpected("cannot send: " + system_text(errno));
        if (done < 0 && !wait_for(descriptor, POLLOUT, timeout_ms)) return std::unexpected("timed out while sending");
      }
      if (done > 0) bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return {};
  }

  // Appends what comes next to `unread`. 0: the server has closed.
  std::expected<std::size_t, std::string> read() {
    char piece[16 * 1024];
    for (;;) {
      ssize_t got;
      if (tls != nullptr) {
        got = SSL_read(tls, piece, sizeof piece);
        if (got <= 0 && SSL_get_error(tls, static_cast<int>(got)) == SSL_ERROR_ZERO_RETURN) return 0;
        if (got <= 0 && !wait_tls(static_cast<int>(got))) return std::unexpected("no answer: " + tls_text());
      } else {
        got = ::recv(descriptor, piece, sizeof piece, 0);
        if (got == 0) return 0;
        if (got < 0 && errno != EAGAIN && errno != EINTR) return std::unexpected("no answer: " + system_text(errno));
        if (got < 0 && !wait_for(descriptor, POLLIN, timeout_ms)) return std::unexpected("no answer in time");
      }
      if (got <= 0) continue;
      unread.append(piece, static_cast<std::size_t>(got));
      return static_cast<std::size_t>(got);
    }
  }
};

Client::Client(Url server, ClientOptions options) : server_(std::move(server)), options_(std::move(options)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

std::expected<void, std::string> Client::connect() {
  std::string problem = "no address";
  const std::string& path = options_.unix_socket;
  for (const Address& address : path.empty() ? resolve(server_, problem) : unix_address(path, problem)) {
    auto socket = std::make_unique<Socket>();
    socket->timeout_ms = options_.timeout_ms;
    auto opened = socket->open(address, options_.connect_timeout_ms);
    if (opened && server_.tls) opened = socket->start_tls(server_.host, options_);
    if (opened) {
      socket_ = std::move(socket);
      return {};
    }
    problem = opened.error();
  }
  return std::unexpected("cannot connect to " + server_.authority() + ": " + problem);
}

std::expected<Response, std::string> Client::send(const ClientRequest& request,
                                                  const std::function<bool(std::string_view)>& to) {
  if (!request.body_file.empty() && ::access(request.body_file.c_str(), R_OK) != 0) {
    return std::unexpected("cannot read " + request.body_file + ": " + system_text(errno));
  }
  const bool kept = socket_ != nullptr;
  bool stale = false;
  auto response = exchange(request, to, stale);
  if (!response && kept && stale) response = exchange(request, to, stale);
  return response;
}

std::expected<Response, std::string> Client::exchange(const ClientRequest& request,
                                                      const std::function<bool(std::string_view)>& to, bool& stale) {
  if (!socket_) {
    if (auto connected = connect(); !connected) return std::unexpected(connected.error());
  }
  auto sent = send_request(request);
  // A server that refuses early answers before it has read everything: look for the answer even so.
  auto response = read_response(request.method == "HEAD", to, stale);
  const bool close = !sent || !response || response->headers.has_token("connection", "close");
  if (!response && !sent) response = std::unexpected(sent.error());
  if (close) socket_.reset();
  if (!response) return std::unexpected(server_.authority() + ": " + response.error());
  return response;
}

std::expected<void, std::string> Client::send_request(const ClientRequest& request) {
  std::string head = request.method + " " + request.target + " HTTP/1.1\r\n";
  if (request.headers.find("host") == nullptr) head += "host: " + server_.authority() + "\r\n";
  for (const Header& header : request.headers) head += header.first + ": " + header.second + "\r\n";
  const int file = request.body_file.empty() ? -1 : ::open(request.body_file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status{};
  if (file >= 0) fstat(file, &status);
  std::uint64_t length = file < 0 ? request.body.size() : static_cast<std::uint64_t>(status.st_size);
  const bool has_body = length > 0 || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (has_body && request.headers.find("content-length") == nullptr) {
    head += "content-length: " + std::to_string(length) + "\r\n";
  }
  head += "\r\n";
  if (file < 0) return socket_->write(head + request.body);
  auto result = socket_->write(head);
  std::string piece(kPiece, '\0');
  while (result && length > 0) {
    const ssize_t got = ::read(file, piece.data(), std::min<std::uint64_t>(piece.size(), length));
    if (got <= 0) {
      result = std::unexpected("cannot read all of " + request.body_file);
      ::shutdown(socket_->descriptor, SHUT_RDWR);  // the promised length cannot be kept
      break;
    }
    length -= static_cast<std::uint64_t>(got);
    result = socket_->write(std::string_view(piece).substr(0, static_cast<std::size_t>(got)));
  }
  ::close(file);
  return result;
}

std::expected<Response, std::string> Client::read_response(bool head, const std::function<bool(std::string_view)>& to,
                                                           bool& stale) {
  std::string& unread = socket_->unread;
  Response response;
  do {  // 1xx answers only announce the real one
    std::size_t searched = 0;
    std::optional<std::size_t> end;
    while (!(end = find_head_end(unread, searched))) {
      if (unread.size() > kLongestHead) return std::unexpected("the answer's head is too long");
      const auto got = socket_->read();
      stale = unread.empty() && (!got || *got == 0);
      if (!got) return std::unexpected(got.error());
      if (*got == 0) return std::unexpected("closed without an answer");
    }
    auto parsed = parse_response_head(std::string_view(unread).substr(0, *end));
    if (!parsed) return std::unexpected("the answer is not HTTP/1.1");
    response = std::move(*parsed);
    unread.erase(0, *end);
  } while (response.status < 200);
  const auto framing = framing_of(response.headers);
  if (!framing) return std::unexpected("the answer's length is unclear");
  if (head || response.status == 204 || response.status == 304) return response;

  bool wanted = true;
  const bool to_sink = to && response.status / 100 == 2;
  const auto take = [&](std::string_view piece) {
    if (!to_sink) response.body += piece;
    if (to_sink && wanted) wanted = to(piece);
  };
  const bool until_close = !framing->chunked && !framing->length;
  BodyReader reader(*framing);
  while (until_close || !reader.done()) {
    if (until_close) {
      take(unread);
      unread.clear();
    } else {
      const auto consumed = reader.feed(unread, take);
      if (!consumed) return std::unexpected("the answer's chunks are malformed");
      unread.erase(0, *consumed);
      if (reader.done()) break;
    }
    if (!wanted) return std::unexpected("stopped by the receiver");
    const auto got = socket_->read();
    if (!got) return std::unexpected(got.error());
    if (*got == 0 && until_close) break;
    if (*got == 0) return std::unexpected("the answer was cut short");
  }
  if (until_close) response.headers.set("connection", "close");
  if (!wanted) return std::unexpected("stopped by the receiver");
  return response;
}

}  // namespace net
