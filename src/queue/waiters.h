#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "queue/message.h"
#include "service/context.h"

namespace queue {

struct Wanted {
  std::size_t max = 1;
  base::Duration hold{};
  std::string attempt_id;  // FIFO; "" for none
};

// A receive that waits for messages. `answer` is called once, in a later turn: with messages, with none when the
// deadline passed, or with `queue_gone`.
struct Waiter {
  struct Result {
    std::expected<std::vector<Delivery>, store::Error> deliveries;
    bool queue_gone = false;
  };
  base::TimePoint deadline;
  Wanted wanted;
  std::function<bool()> abandoned;  // nobody is there any more: gets nothing
  std::move_only_function<void(service::Context&, Result)> answer;
};

// Who waits, by queue: first come, first served, and by deadline.
class Waiters {
 public:
  std::size_t size() const { return count_; }
  bool any(QueueId queue) const { return lines_.contains(queue); }
  // kNever when nobody waits.
  base::TimePoint next_deadline(QueueId queue) const;
  void add(QueueId queue, Waiter waiter);
  const Waiter& first(QueueId queue) const { return lines_.at(queue).waiters.begin()->second; }
  Waiter take_first(QueueId queue);
  Waiter take_earliest(QueueId queue);  // by deadline

 private:
  struct Line {
    std::map<std::uint64_t, Waiter> waiters;  // by a number that rises
    std::set<std::pair<base::TimePoint, std::uint64_t>> deadlines;
  };
  Waiter take(QueueId queue, std::uint64_t number);

  std::map<QueueId, Line> lines_;
  std::uint64_t next_ = 0;
  std::size_t count_ = 0;
};

}  // namespace queue
