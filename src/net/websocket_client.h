#pragma once

// A WebSocket of the command line's: blocking to connect and to send; what comes is read when poll() says so. http://
// only.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "net/url.h"
#include "net/websocket.h"

namespace net {

class WebSocketClient {
 public:
  // The error is a text for people.
  static std::expected<WebSocketClient, std::string> open(const Url& url);
  ~WebSocketClient();
  WebSocketClient(WebSocketClient&& other) noexcept;
  WebSocketClient& operator=(WebSocketClient&&) = delete;

  int descriptor() const { return descriptor_; }
  std::expected<void, std::string> send(FrameKind kind, std::string_view payload);
  // Reads what is there. False: the server has ended the connection.
  bool receive();
  // The next message of what was read; nothing if there is none. The error ends the connection.
  std::expected<std::optional<WebSocketMessage>, std::string> next() { return reader_.next(); }

 private:
  explicit WebSocketClient(int descriptor);
  std::expected<void, std::string> upgrade(const Url& url);
  std::expected<void, std::string> send_all(std::string_view bytes);

  int descriptor_;
  WebSocketReader reader_;
};

}  // namespace net
