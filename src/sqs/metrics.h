#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "base/time.h"
#include "queue/engine.h"
#include "sqs/ports.h"
#include "sqs/rows.h"

namespace sqs {

// What happened on a queue since its last sample. Not durable: a restart loses at most a minute of it.
struct Meter {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t deleted = 0;
  std::uint64_t empty_receives = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t smallest = 0;
  std::uint64_t largest = 0;

  void count_sent(std::uint64_t bytes);
};

// The AWS/SQS metrics: each active queue is sampled once a minute at a moment of its own, so that a thousand queues are
// not sampled at once. A queue is active while it holds messages and for six hours after the last access.
class Meters {
 public:
  explicit Meters(MetricSink& sink) : sink_(sink) {}

  // An access keeps a queue active, or makes it so.
  void touch(queue::QueueId queue, base::TimePoint now);
  // Counts what `count(Meter&)` says once the turn is durable: what was undone or refused is not counted.
  template <class Count>
  void count(service::Change& change, queue::QueueId queue, Count count) {
    change.after_durable([this, queue, count] {
      const auto found = states_.find(queue);
      if (found != states_.end()) count(found->second.meter);
    });
  }

  base::TimePoint deadline() const { return agenda_.empty() ? base::kNever : agenda_.begin()->first; }
  // Samples what is due. `find` gives the row of a queue, or nullptr when it is gone.
  template <class Find>
  void tick(service::Context& ctx, queue::Engine& engine, Find find) {
    while (!agenda_.empty() && agenda_.begin()->first <= ctx.now) {
      const queue::QueueId queue = agenda_.begin()->second;
      const QueueRow* row = find(queue);
      if (row == nullptr) {
        forget(queue);
      } else {
        sample(ctx, engine, *row);
      }
    }
  }

 private:
  struct State {
    Meter meter;
    base::TimePoint accessed_at{};
    base::TimePoint next = base::kNever;
  };

  void forget(queue::QueueId queue);
  void sample(service::Context& ctx, queue::Engine& engine, const QueueRow& row);

  MetricSink& sink_;
  std::map<queue::QueueId, State> states_;
  std::set<std::pair<base::TimePoint, queue::QueueId>> agenda_;
};

}  // namespace sqs
