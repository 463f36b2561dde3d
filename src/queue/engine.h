#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "queue/message.h"
#include "queue/queue.h"
#include "service/context.h"
#include "service/table.h"

namespace queue {

// A receive that waits for messages. `answer` is called once, in a later turn: with messages, with none when the
// deadline passed, or with `queue_gone`.
struct Waiter {
  struct Result {
    std::expected<std::vector<Delivery>, store::Error> deliveries;
    bool queue_gone = false;
  };
  base::TimePoint deadline;
  std::size_t max;  // messages wanted at most
  base::Duration hold;
  std::function<bool()> abandoned;  // nobody is there any more: gets nothing
  std::move_only_function<void(service::Context&, Result)> answer;
};

// All standard queues: their messages on disk, their headers in memory, their waiters and deadlines. Every writing call
// adds to the turn's change and can be undone by it.
//
// On disk, after the table name: headers "queue.h/" + queue + sequence, payloads "queue.b/" + the same, and per queue
// "queue.q/" + queue with the sequence up to which numbers may have been given out.
class Engine {
 public:
  // In flight per queue at most (SQS quotas); a receive hands out nothing beyond it.
  static constexpr std::uint64_t kInFlightMax = 120'000;
  // Long polls that may wait at once, over all queues; more are answered at once.
  static constexpr std::size_t kWaitersMax = 100'000;

  Engine();
  ~Engine();

  std::vector<service::TableBase*> tables();
  // After the tables are loaded: gives a queue that exists its retention.
  void recover(QueueId queue, base::Duration retention);
  // After that: removes messages of queues that nobody named.
  void recovered(service::Change& change);

  void create(service::Change& change, QueueId queue, base::Duration retention);
  void remove(service::Change& change, QueueId queue);
  void set_retention(service::Change& change, QueueId queue, base::Duration retention);
  // Removes every message there is now, in whatever state. Takes no longer on a deep queue.
  void purge(service::Change& change, QueueId queue);

  Sequence send(service::Change& change, QueueId queue, std::string payload, base::Duration delay, base::TimePoint now);
  struct Wanted {
    std::size_t max = 1;
    base::Duration hold{};
  };
  std::expected<std::vector<Delivery>, store::Error> receive(service::Context& ctx, QueueId queue, Wanted wanted);
  // True when there was still something to erase. Any receipt of the message does.
  bool erase(service::Change& change, const Receipt& receipt, base::TimePoint now);
  std::expected<void, Refusal> hold(service::Change& change, const Receipt& receipt, base::Duration hold,
                                    base::TimePoint now);

  Counts counts(QueueId queue, base::TimePoint now);
  std::optional<base::Duration> oldest_age(QueueId queue, base::TimePoint now);

  // False when too many wait already.
  bool wait(QueueId queue, Waiter waiter);
  std::size_t waiting() const { return waiters_count_; }

  base::TimePoint deadline() const;
  void tick(service::Context& ctx);

 private:
  class Headers;
  class Marks;
  struct Held;

  Held& held(QueueId queue, base::TimePoint now);
  void write(service::Change& change, QueueId queue, const Record& record);
  void reserve(service::Change& change, QueueId queue, Held& held);
  void reschedule(QueueId queue);
  base::TimePoint next_work(QueueId queue) const;
  void expire(service::Change& change, QueueId queue, Held& held, base::TimePoint now);
  void serve(service::Context& ctx, QueueId queue);
  bool serve_first(service::Context& ctx, QueueId queue);

  std::unique_ptr<Headers> headers_;
  std::unique_ptr<Marks> marks_;
  std::map<QueueId, Held> queues_;
  // First come, first served, by a number that rises.
  std::map<QueueId, std::map<std::uint64_t, Waiter>> waiters_;
  std::map<QueueId, std::set<std::pair<base::TimePoint, std::uint64_t>>> waiter_deadlines_;
  std::uint64_t next_waiter_ = 0;
  std::size_t waiters_count_ = 0;
  // The one structure for all that waits for time: when each queue wants attention next.
  std::set<std::pair<base::TimePoint, QueueId>> agenda_;
  std::map<QueueId, base::TimePoint> scheduled_;
  // Purged messages, whose memory is freed a slice at a time.
  std::deque<std::shared_ptr<Queue::Messages>> buried_;
};

}  // namespace queue
