#pragma once

// WebSocket frames (RFC 6455) as bytes: the opening handshake's key and the frames of a connection that has been
// upgraded. No I/O, no extensions.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace net {

// Sec-WebSocket-Accept for a client's Sec-WebSocket-Key.
std::string websocket_accept(std::string_view key);

enum class FrameKind : std::uint8_t { Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10 };

struct WebSocketMessage {
  FrameKind kind = FrameKind::Binary;
  std::string payload;
};

// A frame that is a whole message. Clients mask theirs with a key that servers can't guess; servers don't mask.
std::string websocket_frame(FrameKind kind, std::string_view payload);
std::string masked_websocket_frame(FrameKind kind, std::string_view payload, std::uint32_t mask);

// Takes messages off a stream, putting fragments together.
class WebSocketReader {
 public:
  enum class From : std::uint8_t { Client, Server };
  // `longest`: bytes of a message.
  WebSocketReader(From from, std::size_t longest) : masked_(from == From::Client), longest_(longest) {}

  void feed(std::string_view bytes) { unread_.append(bytes); }
  // The next message, nothing if it is not complete yet, or why the connection must end.
  std::expected<std::optional<WebSocketMessage>, std::string> next();

 private:
  struct Head;
  std::expected<std::optional<Head>, std::string> read_head() const;

  bool masked_;
  std::size_t longest_;
  std::string unread_;
  std::optional<WebSocketMessage> begun_;  // of a message in fragments
};

}  // namespace net
