#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace queue {

using QueueId = std::uint64_t;   // never reused, also not after a restart; 0 is no queue
using Sequence = std::uint64_t;  // of a message in its queue: rising, never reused. See sequence.h

// What a queue is. May change while it lives, but for `fifo`.
struct Traits {
  bool fifo = false;
  // FIFO: a deduplication id counts within its group only, not in the whole queue.
  bool dedup_per_group = false;
  // Messages older than this are removed, in whatever state they are.
  base::Duration retention{};
  // FIFO: every message waits as long, counted from its send. (On a standard queue each message says its own delay.)
  base::Duration delay{};
  // A message that was received `max_receives` times goes to `target` instead of being handed out once more; to a queue
  // of the same kind. While there is no such queue it stays and is handed out.
  struct Redrive {
    QueueId target = 0;
    std::uint32_t max_receives = 0;
    friend bool operator==(const Redrive&, const Redrive&) = default;
  };
  std::optional<Redrive> redrive;
};

struct Outgoing {
  std::string payload;
  base::Duration delay{};  // standard queues only
  // FIFO: the line in which the message stands, required. Standard: who it belongs to, for fairness; may be "".
  std::string group;
  std::string dedup_id;  // FIFO, required
  // The owner's short name for the message; told again of a duplicate, and with each delivery.
  std::string tag;
};

struct Sent {
  Sequence number = 0;
  bool duplicate = false;  // nothing was enqueued; number and tag are those of the first
  std::string tag;
};

// What is known of a message as it is handed out.
struct Header {
  base::TimePoint sent_at;
  base::TimePoint available_at;  // end of the delay it was sent with, or when it came from another queue
  base::TimePoint visible_at;    // receivable from then on
  base::TimePoint first_received_at{};
  base::TimePoint received_at{};
  std::uint32_t deliveries = 0;  // goes on in a dead-letter queue

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

// What does not change with a delivery.
struct Facts {
  std::string tag;
  std::string group;
  std::string dedup_id;
  QueueId source = 0;                      // the queue whose redrive brought it here
  std::uint32_t deliveries_elsewhere = 0;  // of the header's count, those before it came here

  friend bool operator==(const Facts&, const Facts&) = default;
};

struct Delivery {
  Receipt receipt;  // receipt.message is the sequence number
  Header header;    // as of this delivery
  Facts facts;
  std::string payload;
};

// Exact at every instant.
struct Counts {
  std::uint64_t visible = 0;  // FIFO: also those that wait for their group
  std::uint64_t in_flight = 0;
  std::uint64_t delayed = 0;
  // Of groups that have messages in flight. On a standard queue: of messages that were sent with a group.
  std::uint64_t groups_in_flight = 0;
  // Standard: groups that hold more than their share of the consumers, and what is left without them.
  std::uint64_t noisy_groups = 0;
  std::uint64_t quiet_visible = 0;
  std::uint64_t quiet_in_flight = 0;
  std::uint64_t quiet_delayed = 0;
};

// Why a receipt can't do what was asked.
enum class Refusal : std::uint8_t {
  Gone,        // the message does not exist any more
  Superseded,  // it was delivered again since
  Expired,     // FIFO: the hold has ended
  HeldTooLong  // the hold would end later than allowed after the delivery
};

// The bytes of a receipt, with a check sum that tells a receipt of ours from garbage.
std::string encode(const Receipt& receipt);
bool decode(std::string_view bytes, Receipt& receipt);

}  // namespace queue
