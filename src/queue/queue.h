#pragma once

#include <expected>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/time.h"
#include "queue/message.h"

namespace queue {

// What a call would change: the header a message gets, or nothing when it goes.
struct Record {
  Sequence message;
  std::optional<Header> after;
};

// One standard queue in memory. plan_…() decide and change nothing; apply() is the only thing that changes messages,
// and live calls, undo and recovery share it. No call costs more on a deep queue than on an empty one (but for the
// logarithm).
//
// A message is in exactly one of three states, told by its header and the queue's time:
//   delayed    deliveries == 0, visible_at is to come
//   in flight  deliveries > 0, visible_at is to come
//   ready      visible_at has come; received in the order of visible_at, so a message that comes back waits behind
//   those
//              that never had a turn, and a poisonous one can't starve the rest
class Queue {
 public:
  // Longest hold, counted from the delivery however often it is prolonged; beyond it the call is refused, not
  // shortened (ChangeMessageVisibility, API reference).
  static constexpr base::Duration kLongestHold = std::chrono::hours(12);
  // A message delivered as often counts no longer for the age of the oldest (AWS/SQS metrics, developer guide).
  static constexpr std::uint32_t kWornOut = 3;

  // Moves what became visible by `now` to the ready ones. Everything below speaks of that time.
  void advance(base::TimePoint now);

  Counts counts() const;
  bool has_ready() const { return !messages_.ready.empty(); }
  bool empty() const { return messages_.headers.empty(); }
  const Header* find(Sequence message) const;
  // When the next delayed message or hold ends.
  base::TimePoint next_visible_at() const;
  // When the oldest message reaches its retention.
  base::TimePoint next_expiry(base::Duration retention) const;
  // How long the oldest message has been available; nothing when there is none that counts.
  std::optional<base::Duration> oldest_age(base::TimePoint now);

  // The next messages to hand out, at most `max`, hidden for `hold`. Skips those past their retention.
  std::vector<Record> plan_receive(std::size_t max, base::Duration hold, base::Duration retention,
                                   base::TimePoint now) const;
  // Nothing to do when the hold ended and the message was not delivered again.
  std::expected<std::optional<Record>, Refusal> plan_hold(const Receipt& receipt, base::Duration hold,
                                                          base::TimePoint now) const;
  // The oldest messages past their retention, at most `max`.
  std::vector<Record> plan_expiry(base::Duration retention, base::TimePoint now, std::size_t max) const;

  void apply(const Record& record);

  using At = std::pair<base::TimePoint, Sequence>;
  struct Messages {
    std::map<Sequence, Header> headers;
    std::set<At> ready;   // by visible_at
    std::set<At> hidden;  // delayed or in flight, by visible_at

    // Frees about `count` messages; true when nothing is left.
    bool shrink(std::size_t count);
  };
  // Takes out all messages, puts in others: a purge and its undo.
  Messages exchange(Messages messages);

 private:
  Messages messages_;
  std::uint64_t in_flight_ = 0;
  base::TimePoint time_ = base::TimePoint::min();
  Sequence unworn_from_ = 0;  // no message before it counts for the age of the oldest
};

}  // namespace queue
