#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

using Seconds = std::chrono::duration<double>;

enum class Mix : std::uint8_t {
  Send,      // SendMessage or SendMessageBatch
  Receive,   // ReceiveMessage; what came stays in flight
  Drain,     // ReceiveMessage, then the received messages are deleted
  EndToEnd,  // half of the connections send, the other half drain with long polls
  Cycle,     // each connection sends, receives and deletes in turn: the depth stays as it is
  Poll       // each connection waits in long polls of 20 s
};
std::optional<Mix> parse_mix(std::string_view name);
std::string_view name_of(Mix mix);

struct Options {
  std::string endpoint;  // http:// or https://
  std::string region;
  Mix mix = Mix::Send;
  std::size_t message_size = 1024;  // bytes of a body
  std::size_t batch = 1;            // messages a request, 1 to 10
  std::size_t connections = 64;
  std::size_t queues = 1;
  std::size_t fifo_groups = 0;  // 0: standard queues
  double rate = 0;              // requests per second over all connections; 0: closed loop, as fast as answers come
  Seconds duration{10};
  Seconds warm_up{0.5};        // not measured
  std::uint64_t messages = 0;  // stops after as many; 0: by time alone
  int pid = 0;                 // of the server, to report its processor time; 0: not asked for
  std::string queue;           // name, or prefix of the names; "": a new one, as SQS lets names rest for a minute
  std::vector<std::string> queue_urls;  // these queues as they are, instead; none is made or removed
  bool keep = false;                    // leave the queues there
  bool json = false;
  std::string picture;  // SVG of the latencies; "": none
};

inline constexpr std::size_t kBatchMax = 10;               // SQS's
inline constexpr std::size_t kMessageSizeMax = 1'048'576;  // SQS's, also of a whole batch
inline constexpr std::size_t kConnectionsMax = 20'000;
inline constexpr std::size_t kQueuesMax = 10'000;

// What does not fit together, in words; "" when all does.
std::string complaint(const Options& options);

}  // namespace bench
