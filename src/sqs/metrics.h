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

// What happened on a queue within one minute. Not durable: a restart loses at most two minutes of it.
struct Meter {
  std::uint64_t sent = 0;          // what a redrive or a move task brings is not sent
  std::uint64_t deduplicated = 0;  // FIFO: sends that enqueued nothing
  std::uint64_t received = 0;
  std::uint64_t deleted = 0;
  std::uint64_t empty_receives = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t smallest = 0;
  std::uint64_t largest = 0;
  bool grouped = false;  // standard: something was sent with a group

  void count_sent(std::uint64_t bytes);
  void add(const Meter& other);
};

// The AWS/SQS metrics. Counters are exact per calendar minute, by the time of the call, and published when the minute
// is over; gauges are sampled once a minute. Both happen at a moment of the queue's own, so that a thousand queues are
// not sampled at once. A queue is active while it holds messages and for six hours after the last access.
class Meters {
 public:
  explicit Meters(MetricSink& sink) : sink_(sink) {}

  // An access keeps a queue active, or makes it so.
  void touch(queue::QueueId queue, base::TimePoint now);
  // Counts what happened at `now` once the turn is durable: what was undone or refused is not counted.
  void count(service::Change& change, queue::QueueId queue, base::TimePoint now, const Meter& happened);

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
    std::map<base::TimePoint, Meter> minutes;  // not published yet, by their start
    base::TimePoint counted_until{};           // earlier minutes are published
    bool fair = false;                         // messages of this queue have groups
    base::TimePoint accessed_at{};
    base::TimePoint next = base::kNever;
  };

  static base::TimePoint minute_of(base::TimePoint at) { return std::chrono::floor<std::chrono::minutes>(at); }

  void forget(queue::QueueId queue);
  void sample(service::Context& ctx, queue::Engine& engine, const QueueRow& row);
  void publish_counters(service::Context& ctx, const QueueRow& row, State& state);

  MetricSink& sink_;
  std::map<queue::QueueId, State> states_;
  std::set<std::pair<base::TimePoint, queue::QueueId>> agenda_;
};

}  // namespace sqs
