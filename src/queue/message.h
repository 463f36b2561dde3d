#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace queue {

using QueueId = std::uint64_t;   // never reused, also not after a restart
using Sequence = std::uint64_t;  // of a message in its queue: rising, never reused

// What is known of a message without its payload. The payload is a row of its own that is written once; this one is
// rewritten with every delivery and is all that memory holds.
struct Header {
  base::TimePoint sent_at;
  base::TimePoint available_at;  // end of the delay it was sent with
  base::TimePoint visible_at;    // receivable from then on
  base::TimePoint first_received_at{};
  base::TimePoint received_at{};
  std::uint32_t deliveries = 0;

  friend bool operator==(const Header&, const Header&) = default;
};

// Names one delivery of one message. Holds all it needs, so receipts outlive a restart.
struct Receipt {
  QueueId queue = 0;
  Sequence message = 0;
  std::uint32_t delivery = 0;  // counts from 1
  std::uint64_t nonce = 0;     // makes receipts unguessable and distinct

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

struct Delivery {
  Receipt receipt;
  Header header;  // as of this delivery
  std::string payload;
};

struct Counts {
  std::uint64_t visible = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t delayed = 0;
};

// Why a receipt can't do what was asked.
enum class Refusal : std::uint8_t {
  Gone,        // the message does not exist any more
  Superseded,  // it was delivered again since
  HeldTooLong  // the hold would end later than allowed after the delivery
};

// Fixed-width, big-endian, so that keys sort by queue, then by sequence.
std::string message_key(QueueId queue, Sequence message);
std::string queue_key(QueueId queue);
bool parse_message_key(std::string_view key, QueueId& queue, Sequence& message);
bool parse_queue_key(std::string_view key, QueueId& queue);

std::string encode(const Header& header);
bool decode(std::string_view bytes, Header& header);

// The bytes of a receipt, with a check sum that tells a receipt of ours from garbage.
std::string encode(const Receipt& receipt);
bool decode(std::string_view bytes, Receipt& receipt);

}  // namespace queue
