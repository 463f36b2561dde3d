#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

// One HTTP answer at the front of what a connection has received. Views into it.
struct Answer {
  int status = 0;
  std::string_view head;
  std::string_view body;   // chunked bodies: still in chunks, see `storage`
  std::string storage;     // of a chunked body, put together; `body` points into it then
  std::size_t length = 0;  // of the whole answer in the buffer
};

// Nothing: not all there yet. An error: it is no HTTP answer.
std::expected<std::optional<Answer>, std::string> read_answer(std::string_view bytes);

// "QueueDoesNotExist", or "HTTP 503" where the body names nothing.
std::string error_code(const Answer& answer);
// How many entries of a batch failed, and the first one's code.
struct Failures {
  std::size_t count = 0;
  std::string code;
};
Failures failures(std::string_view body);

// From a ReceiveMessage answer: the receipt handles as they stand there (still escaped for JSON), and the times of
// sending that bodies made by stamp() carry (microseconds; 0 without one).
struct Received {
  std::vector<std::string_view> receipts;
  std::vector<std::uint64_t> sent_at;
};
Received received(std::string_view body);

// The beginning of a body that tells when it was sent.
std::string stamp(std::uint64_t micros);

}  // namespace bench
