#pragma once

#include <algorithm>
#include <map>
#include <memory>

#include "queue/attempts.h"
#include "queue/dedup.h"
#include "queue/engine.h"
#include "queue/fifo.h"
#include "queue/record.h"
#include "queue/sequence.h"
#include "queue/standard.h"

namespace queue {

// What the engine holds of one queue. For the engine's own files.
struct Engine::Held {
  Traits traits;
  std::unique_ptr<Lineup> lineup;
  DedupWindow window;
  Attempts attempts;
  // Messages that can't be read, by the time from which their retention counts.
  std::map<At, Spot> damaged;
  Sequence last = 0;   // number given out
  Sequence floor = 0;  // on disk: numbers below may have been given out

  void reset() {
    window = {};
    attempts = {};
    damaged = {};
    if (traits.fifo) {
      lineup = std::make_unique<Fifo>();
    } else {
      lineup = std::make_unique<Standard>();
    }
    shape();
  }
  void shape() {
    if (Fifo* line = fifo()) line->set_delay(traits.delay);
  }
  Fifo* fifo() const { return traits.fifo ? static_cast<Fifo*>(lineup.get()) : nullptr; }
  Standard* standard() const { return traits.fifo ? nullptr : static_cast<Standard*>(lineup.get()); }
  std::string dedup_key(const Facts& facts) const {
    return DedupWindow::key(traits.dedup_per_group ? facts.group : "", facts.dedup_id);
  }
  // When the retention of the next message ends.
  base::TimePoint next_expiry() const {
    const auto since = lineup->oldest_since();
    return std::min(since ? expiry(*since, traits.retention) : base::kNever, next_damaged_expiry());
  }
  base::TimePoint next_damaged_expiry() const {
    return damaged.empty() ? base::kNever : expiry(damaged.begin()->first.first, traits.retention);
  }
  static base::TimePoint kept_since(Sequence number, const State& state) {
    const auto* message = std::get_if<Message>(&state);
    return message != nullptr && message->kept_since ? *message->kept_since : time_of(number);
  }
  bool is_over(Sequence number, const State& state) const {
    return expiry(kept_since(number, state), traits.retention) <= lineup->time();
  }
  // How a message stands in this queue that comes in or is found at recovery.
  State stand(Sequence number, store::Place place, store::Place body, const Meta& meta, const Facts& facts) {
    const GroupId group = lineup->join(facts.group);
    const Header& header = meta.header;
    if (Fifo* line = fifo()) {
      if (header.deliveries > facts.deliveries_elsewhere) return Message{place, body, header, meta.facts, group, {}};
      line->enter(number, group, header.available_at);
      return Fresh{place, group};
    }
    if (header.deliveries == 0 && header.available_at <= header.sent_at) return Fresh{place, group};
    Message message{place, body, header, meta.facts, group, {}};
    if (facts.deliveries_elsewhere > 0) message.kept_since = header.sent_at;
    return message;
  }
};

struct Engine::Buried {
  std::unique_ptr<Lineup> lineup;
  DedupWindow window;
  Attempts attempts;
  std::map<At, Spot> damaged;
};

// The places of a message's records, as far as memory knows them.
inline Spot spot_of(QueueId queue, Sequence number, const State& state) {
  if (const auto* fresh = std::get_if<Fresh>(&state)) return {queue, number, fresh->place, store::kNowhere};
  const Message& message = std::get<Message>(state);
  return {queue, number, message.place, message.body};
}

inline GroupId group_of(const State& state) {
  if (const auto* fresh = std::get_if<Fresh>(&state)) return fresh->group;
  const auto* message = std::get_if<Message>(&state);
  return message == nullptr ? 0 : message->group;
}

}  // namespace queue
