#pragma once

// HTTP/1.1 as bytes: request and response heads, and body framing. No I/O.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace net {

inline constexpr std::size_t kLongestHead = 64 * 1024;  // bytes, request line and headers together

// Length of the head at the start of `bytes`, with its empty line; nothing if it is not complete. `from`: where an
// earlier call stopped looking, so that a head that comes byte by byte is not searched again and again.
std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t& from);

// The status to refuse with on error. `head` ends with its empty line.
std::expected<Request, int> parse_request_head(std::string_view head);
std::expected<Response, int> parse_response_head(std::string_view head);

// How long the body is, by RFC 9112, 6.3. A message with two different answers is refused: that is how requests
// are smuggled past a proxy.
struct Framing {
  bool chunked = false;
  std::optional<std::uint64_t> length;  // neither: no body (request), up to the end of the connection (response)

  bool empty() const { return !chunked && length.value_or(0) == 0; }
};
template <class Text>
std::expected<Framing, int> framing_of(const HeaderList<Text>& headers);

// Takes the body's bytes off the stream.
class BodyReader {
 public:
  explicit BodyReader(const Framing& framing);

  // Consumes a prefix of `bytes` and hands the body bytes in it to `data`. Returns how many were consumed; those
  // after the end of the body are left. An error is the status to refuse with.
  std::expected<std::size_t, int> feed(std::string_view bytes, const std::function<void(std::string_view)>& data);
  bool done() const { return state_ == State::Done; }

 private:
  enum class State : std::uint8_t { Size, Data, DataEnd, Trailer, Done };
  static constexpr std::size_t kLongestLine = 8192;
  static constexpr std::size_t kMostTrailers = 64;

  bool on_line();

  State state_;
  bool chunked_;
  std::uint64_t left_ = 0;
  std::size_t trailers_ = 0;
  std::string line_;
};

}  // namespace net
