#include "net/websocket.h"

#include <openssl/evp.h>

#include <array>

#include "base/fault.h"

namespace net {
namespace {

constexpr const char* kMagic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t kLongestControl = 125;
constexpr std::uint8_t kContinuation = 0;
constexpr std::uint8_t kFinal = 0x80;
constexpr std::uint8_t kMasked = 0x80;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

void append_head(std::string& out, FrameKind kind, std::size_t length, std::uint8_t mask_bit) {
  out += static_cast<char>(kFinal | static_cast<std::uint8_t>(kind));
  const auto big_endian = [&](int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(length >> shift & 0xff);
  };
  if (length < 126) {
    out += static_cast<char>(mask_bit | length);
  } else if (length <= 0xffff) {
    out += static_cast<char>(mask_bit | 126);
    big_endian(2);
  } else {
    out += static_cast<char>(mask_bit | 127);
    big_endian(8);
  }
}

}  // namespace

std::string websocket_accept(std::string_view key) {
  const std::string text = std::string(key) + kMagic;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha1(), nullptr);
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> encoded{};
  const int size = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(length));
  return std::string(encoded.begin(), encoded.begin() + size);
}

std::string websocket_frame(FrameKind kind, std::string_view payload) {
  std::string out;
  append_head(out, kind, payload.size(), 0);
  out += payload;
  return out;
}

std::string masked_websocket_frame(FrameKind kind, std::string_view payload, std::uint32_t mask) {
  std::string out;
  append_head(out, kind, payload.size(), kMasked);
  std::array<char, 4> key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<char>(mask >> (8 * i) & 0xff);
  out.append(key.data(), key.size());
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ key[i % key.size()]);
  return out;
}

struct WebSocketReader::Head {
  std::uint8_t opcode = 0;
  bool final = false;
  std::size_t size = 0;    // of the head
  std::size_t length = 0;  // of the payload
  std::string_view mask;   // "" or four bytes

  bool is_control() const { return opcode >= 8; }
};

std::expected<std::optional<WebSocketReader::Head>, std::string> WebSocketReader::read_head() const {
  const std::string_view bytes = unread_;
  if (bytes.size() < 2) return std::nullopt;
  Head head;
  head.final = (byte_at(bytes, 0) & kFinal) != 0;
  head.opcode = byte_at(bytes, 0) & 0x0f;
  if ((byte_at(bytes, 0) & 0x70) != 0) return std::unexpected("a reserved bit is set");
  if (((byte_at(bytes, 1) & kMasked) != 0) != masked_) return std::unexpected("a frame is masked wrongly");
  const std::size_t announced = byte_at(bytes, 1) & 0x7f;
  const std::size_t more = announced == 126 ? 2 : announced == 127 ? 8 : 0;
  head.size = 2 + more + (masked_ ? 4 : 0);
  if (bytes.size() < head.size) return std::nullopt;
  head.length = more == 0 ? announced : 0;
  for (std::size_t i = 0; i < more; ++i) {
    if (head.length > longest_) break;
    head.length = head.length << 8 | byte_at(bytes, 2 + i);
  }
  if (head.length > longest_) return std::unexpected("a message is too long");
  if (head.is_control() && (head.length > kLongestControl || !head.final)) {
    return std::unexpected("a control frame is too long or a fragment");
  }
  if (masked_) head.mask = bytes.substr(2 + more, 4);
  return head;
}

std::expected<std::optional<WebSocketMessage>, std::string> WebSocketReader::next() {
  for (;;) {
    TRY(const std::optional<Head> head, read_head());
    if (!head || unread_.size() < head->size + head->length) return std::nullopt;
    std::string payload = unread_.substr(head->size, head->length);
    for (std::size_t i = 0; i < payload.size() && !head->mask.empty(); ++i) {
      payload[i] = static_cast<char>(payload[i] ^ head->mask[i % 4]);
    }
    const std::uint8_t opcode = head->opcode;
    const bool final = head->final;
    const bool control = head->is_control();
    unread_.erase(0, head->size + head->length);
    if (control) {
      if (opcode > 10) return std::unexpected("an unknown kind of frame");
      return WebSocketMessage{static_cast<FrameKind>(opcode), std::move(payload)};
    }
    if (opcode > 2) return std::unexpected("an unknown kind of frame");
    if ((opcode == kContinuation) != begun_.has_value()) return std::unexpected("fragments out of order");
    if (opcode != kContinuation) begun_ = WebSocketMessage{static_cast<FrameKind>(opcode), ""};
    if (begun_->payload.size() + payload.size() > longest_) return std::unexpected("a message is too long");
    begun_->payload += payload;
    if (final) return std::exchange(begun_, std::nullopt);
  }
}

}  // namespace net
