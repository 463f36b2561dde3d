#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/time.h"
#include "queue/engine.h"
#include "service/table.h"
#include "sqs/ports.h"
#include "sqs/rows.h"

namespace sqs {

// What happened on a queue within one minute; also the row of it, see Meters. Key: padded(queue) + "/" +
// padded(minute), by its start in seconds since 1970.
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

  friend bool operator==(const Meter&, const Meter&) = default;

  template <class Self, class Field>
  static void fields(Self& meter, Field&& field) {
    field(1, meter.sent);
    field(2, meter.deduplicated);
    field(3, meter.received);
    field(4, meter.deleted);
    field(5, meter.empty_receives);
    field(6, meter.sent_bytes);
    field(7, meter.smallest);
    field(8, meter.largest);
    field(9, meter.grouped);
  }
};

// The AWS/SQS metrics. Counters are exact per calendar minute, by the time of the call, and published when the minute
// is over; gauges are sampled once a minute. Both happen at a moment of the queue's own, so that a thousand queues are
// not sampled at once. A queue is active while it holds messages and for six hours after the last access.
//
// Counting writes nothing: kKeptEvery after the first count that is in no row, all such counts become rows at once. A
// crash loses what was counted in that time, an end that says so beforehand nothing. The row of a minute goes with the
// batch that publishes it, so nothing is published twice.
class Meters {
 public:
  static constexpr base::Duration kKeptEvery = std::chrono::seconds(5);
  // Queues whose rows one turn writes at most.
  static constexpr std::size_t kKeptAtOnce = 1'000;

  // `rows`: of minutes that are not published yet.
  Meters(MetricSink& sink, service::Table<Meter>& rows) : sink_(sink), rows_(rows) {}

  // Takes up what an earlier run has counted, after all queues were touched.
  void recovered(service::Change& change);

  // An access keeps a queue active, or makes it so.
  void touch(queue::QueueId queue, base::TimePoint now);
  // Counts what happened at `now` once the turn is durable: what was undone or refused is not counted.
  void count(service::Change& change, queue::QueueId queue, base::TimePoint now, const Meter& happened);

  base::TimePoint deadline() const {
    return std::min(agenda_.empty() ? base::kNever : agenda_.begin()->first, keep_at_);
  }
  // Samples what is due. `find` gives the row of a queue, or nullptr when it is gone.
  template <class Find>
  void tick(service::Context& ctx, queue::Engine& engine, Find find) {
    while (!agenda_.empty() && agenda_.begin()->first <= ctx.now) {
      const queue::QueueId queue = agenda_.begin()->second;
      const QueueRow* row = find(queue);
      if (row == nullptr) {
        forget(ctx.change, queue);
      } else {
        sample(ctx, engine, *row);
      }
    }
    if (keep_at_ <= ctx.now) keep(ctx);
  }
  // Makes rows of everything that is in none.
  void keep_all(service::Context& ctx) {
    while (keep_at_ != base::kNever) keep(ctx);
  }

 private:
  struct State {
    std::map<base::TimePoint, Meter> minutes;  // not published yet, by their start
    base::TimePoint counted_until{};           // earlier minutes are published
    bool fair = false;                         // messages of this queue have groups
    base::TimePoint accessed_at{};
    base::TimePoint next = base::kNever;
    bool kept = true;  // the rows say all of `minutes`
  };

  static base::TimePoint minute_of(base::TimePoint at) { return std::chrono::floor<std::chrono::minutes>(at); }

  void keep(service::Context& ctx);
  void keep_later(queue::QueueId queue, State& state, base::TimePoint now);
  void forget(service::Change& change, queue::QueueId queue);
  void sample(service::Context& ctx, queue::Engine& engine, const QueueRow& row);
  void publish_counters(service::Context& ctx, const QueueRow& row, State& state);

  MetricSink& sink_;
  service::Table<Meter>& rows_;
  std::map<queue::QueueId, State> states_;
  std::set<std::pair<base::TimePoint, queue::QueueId>> agenda_;
  // Queues with counts that are in no row: those whose turn it is, and who comes after them. Some may be gone.
  std::vector<queue::QueueId> keeping_;
  std::vector<queue::QueueId> unkept_;
  base::TimePoint keep_at_ = base::kNever;
};

}  // namespace sqs
