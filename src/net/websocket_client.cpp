#include "net/websocket_client.h"

#include <netdb.h>
#include <openssl/rand.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/fault.h"
#include "net/parser.h"

namespace net {
namespace {

constexpr std::size_t kLongestMessage = 1 << 20;
constexpr int kAnswerPatienceSeconds = 10;

// It only has to differ from others: the server proves with it that it speaks the protocol.
constexpr const char* kKey = "cmVua2VpLWV4ZWMtY2xpZQ==";

std::uint32_t new_mask() {
  std::uint32_t mask = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&mask), sizeof mask);
  return mask;
}

std::expected<int, std::string> connect_to(const Url& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found) != 0) {
    return std::unexpected("the address " + url.authority() + " can't be resolved");
  }
  int descriptor = -1;
  for (const addrinfo* one = found; one != nullptr && descriptor < 0; one = one->ai_next) {
    descriptor = socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
    if (descriptor < 0 || connect(descriptor, one->ai_addr, one->ai_addrlen) == 0) continue;
    close(descriptor);
    descriptor = -1;
  }
  freeaddrinfo(found);
  if (descriptor < 0) return std::unexpected("can't connect to " + url.authority() + ": " + std::strerror(errno));
  return descriptor;
}

}  // namespace

WebSocketClient::WebSocketClient(int descriptor)
    : descriptor_(descriptor), reader_(WebSocketReader::From::Server, kLongestMessage) {}

WebSocketClient::WebSocketClient(WebSocketClient&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), reader_(std::move(other.reader_)) {}

WebSocketClient::~WebSocketClient() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::expected<WebSocketClient, std::string> WebSocketClient::open(const Url& url) {
  if (url.tls) return std::unexpected("sessions over https are not supported by this command");
  TRY(const int descriptor, connect_to(url));
  WebSocketClient client(descriptor);
  CHECK(client.upgrade(url));
  return client;
}

std::expected<void, std::string> WebSocketClient::upgrade(const Url& url) {
  CHECK(send_all("GET " + url.target() + " HTTP/1.1\r\nhost: " + url.authority() +
                 "\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: " +
                 kKey + "\r\n\r\n"));
  const timeval patience{.tv_sec = kAnswerPatienceSeconds, .tv_usec = 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string head;
  std::size_t searched = 0;
  std::optional<std::size_t> length;
  std::array<char, 4096> buffer;
  while (!(length = find_head_end(head, searched))) {
    const ssize_t got = recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (got <= 0 || head.size() > kLongestHead) return std::unexpected("the server gave no answer");
    head.append(buffer.data(), static_cast<std::size_t>(got));
  }
  const auto answer = parse_response_head(std::string_view(head).substr(0, *length));
  if (!answer || answer->status != 101 || answer->headers.get("sec-websocket-accept") != websocket_accept(kKey)) {
    return std::unexpected("the server refused the session");
  }
  const timeval none{};
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
  reader_.feed(std::string_view(head).substr(*length));
  return {};
}

std::expected<void, std::string> WebSocketClient::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return std::unexpected("the connection to the server broke");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

std::expected<void, std::string> WebSocketClient::send(FrameKind kind, std::string_view payload) {
  return send_all(masked_websocket_frame(kind, payload, new_mask()));
}

bool WebSocketClient::receive() {
  std::array<char, 65536> buffer;
  const ssize_t got = recv(descriptor_, buffer.data(), buffer.size(), 0);
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) return false;
  reader_.feed({buffer.data(), static_cast<std::size_t>(got)});
  return true;
}

}  // namespace net
