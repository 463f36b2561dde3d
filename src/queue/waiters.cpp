#include "queue/waiters.h"

namespace queue {

base::TimePoint Waiters::next_deadline(QueueId queue) const {
  const auto line = lines_.find(queue);
  return line == lines_.end() ? base::kNever : line->second.deadlines.begin()->first;
}

void Waiters::add(QueueId queue, Waiter waiter) {
  const std::uint64_t number = next_++;
  Line& line = lines_[queue];
  line.deadlines.insert({waiter.deadline, number});
  line.waiters.emplace(number, std::move(waiter));
  ++count_;
}

Waiter Waiters::take_first(QueueId queue) {
  return take(queue, lines_.at(queue).waiters.begin()->first);
}

Waiter Waiters::take_earliest(QueueId queue) {
  return take(queue, lines_.at(queue).deadlines.begin()->second);
}

Waiter Waiters::take(QueueId queue, std::uint64_t number) {
  Line& line = lines_.at(queue);
  Waiter waiter = std::move(line.waiters.at(number));
  line.waiters.erase(number);
  line.deadlines.erase({waiter.deadline, number});
  if (line.waiters.empty()) lines_.erase(queue);
  --count_;
  return waiter;
}

}  // namespace queue
