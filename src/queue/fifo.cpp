#include "queue/fifo.h"

#include <algorithm>

#include "base/ensure.h"
#include "queue/sequence.h"

namespace queue {
namespace {

// How many groups the search for the oldest available message looks at.
constexpr std::size_t kLookAtGroups = 1'000;

}  // namespace

void Fifo::enter(Sequence number, GroupId group, base::TimePoint entered_at) {
  if (waiting_.empty() && entered_at + delay_ <= time_) {
    available_below_ = std::max(available_below_, number + 1);
  } else {
    waiting_.push_back({number, entered_at, group});
  }
}

// The queue's delay is the same for all, so they become available in the order in which they came.
void Fifo::on_time() {
  while (!waiting_.empty() && waiting_.front().entered_at + delay_ <= time_) {
    const Delayed next = waiting_.front();
    waiting_.pop_front();
    available_below_ = next.number + 1;
    if (!groups_.has(next.group) || !groups_[next.group].fresh.has(next.number)) continue;
    --delayed_;
    refresh(next.group);
  }
}

// Puts a group where it belongs after a change.
void Fifo::refresh(GroupId id) {
  Group& group = groups_[id];
  Sequence front = 0;
  bool open = false;
  if (!group.received.empty()) {
    front = group.received.front();
    open = held_.at(front).header.visible_at <= time_;
  } else if (!group.fresh.empty()) {
    front = group.fresh.front().number;
    open = is_available(front);
  }
  if (front == group.front && open == group.open) return;
  if (group.open) open_.erase({group.front, id});
  if (front != group.front) {
    if (group.front != 0) groups_by_front_.erase({group.front, id});
    if (front != 0) groups_by_front_.insert({front, id});
  }
  if (open) open_.insert({front, id});
  group.front = front;
  group.open = open;
}

void Fifo::insert_fresh(Sequence number, const Fresh& fresh) {
  groups_[fresh.group].fresh.insert(number, fresh.place);
  ++fresh_;
  if (!is_available(number)) ++delayed_;
  refresh(fresh.group);
}

void Fifo::remove_fresh(Sequence number, const Fresh& fresh) {
  groups_[fresh.group].fresh.remove(number);
  --fresh_;
  if (!is_available(number)) --delayed_;
  refresh(fresh.group);
}

void Fifo::on_held(Sequence number, const Message& message, bool is) {
  std::vector<Sequence>& received = groups_[message.group].received;
  const auto at = std::ranges::lower_bound(received, number);
  is ? (void)received.insert(at, number) : (void)received.erase(at);
}

void Fifo::on_ready(Sequence, const Message& message, bool) {
  refresh(message.group);
}

void Fifo::on_hidden(Sequence, const Message& message, bool is) {
  Group& group = groups_[message.group];
  if (is) {
    if (group.in_flight++ == 0) ++groups_in_flight_;
  } else {
    if (--group.in_flight == 0) --groups_in_flight_;
  }
  refresh(message.group);
}

// The message behind the first `taken` ones of a group, unless it is out of reach.
std::optional<Lineup::Pick> Fifo::next_of(GroupId id, std::size_t taken) const {
  const Group& group = groups_[id];
  if (taken < group.received.size()) {
    const Sequence number = group.received[taken];
    const Message& message = held_.at(number);
    if (message.header.visible_at > time_) return std::nullopt;
    return Pick{number, message};
  }
  if (group.fresh.empty() || !is_available(group.fresh.front().number)) return std::nullopt;
  return Pick{group.fresh.front().number, Fresh{group.fresh.front().place, id}};
}

std::optional<Lineup::Pick> Fifo::next() {
  if (current_ != 0) {
    if (auto more = next_of(current_, taken_)) return more;
  }
  if (open_.empty()) return std::nullopt;
  current_ = open_.begin()->second;
  taken_ = 0;
  return next_of(current_, 0);
}

std::optional<Lineup::Pick> Fifo::oldest() const {
  if (groups_by_front_.empty()) return std::nullopt;
  const auto [number, id] = *groups_by_front_.begin();
  if (const Message* held = find(number)) return Pick{number, *held};
  return Pick{number, Fresh{groups_[id].fresh.front().place, id}};
}

std::optional<base::TimePoint> Fifo::oldest_since() const {
  if (groups_by_front_.empty()) return std::nullopt;
  return time_of(groups_by_front_.begin()->first);
}

Counts Fifo::counts() const {
  Counts counts;
  counts.in_flight = in_flight_;
  counts.delayed = delayed_;
  counts.visible = held_.size() + fresh_ - in_flight_ - delayed_;
  counts.groups_in_flight = groups_in_flight_;
  counts.quiet_visible = counts.visible;
  counts.quiet_in_flight = counts.in_flight;
  counts.quiet_delayed = counts.delayed;
  return counts;
}

// Within a group a message is older than those behind it, so the first one that counts tells for the group.
std::optional<base::TimePoint> Fifo::oldest_available(Among) {
  std::optional<base::TimePoint> oldest;
  std::size_t seen = 0;
  for (auto next = groups_by_front_.begin(); next != groups_by_front_.end() && seen < kLookAtGroups; ++next, ++seen) {
    if (oldest && time_of(next->first) >= *oldest) break;
    const Group& group = groups_[next->second];
    const auto counts = std::ranges::find_if(group.received, [&](Sequence n) { return !worn_out(held_.at(n)); });
    std::optional<base::TimePoint> at;
    if (counts != group.received.end()) {
      at = held_.at(*counts).header.available_at + delay_;
    } else if (!group.fresh.empty() && is_available(group.fresh.front().number)) {
      at = time_of(group.fresh.front().number) + delay_;
    }
    if (at && (!oldest || *at < *oldest)) oldest = at;
  }
  return oldest;
}

base::TimePoint Fifo::next_visible_at() const {
  const base::TimePoint next = Lineup::next_visible_at();
  return waiting_.empty() ? next : std::min(next, waiting_.front().entered_at + delay_);
}

bool Fifo::shrink(std::size_t count) {
  for (std::size_t freed = 0; freed < count && !held_.empty(); ++freed) {
    held_.erase(held_.begin());
    if (!hidden_.empty()) hidden_.erase(hidden_.begin());
  }
  for (std::size_t freed = 0; freed < count && !groups_by_front_.empty(); ++freed) {
    groups_by_front_.erase(groups_by_front_.begin());
    if (!open_.empty()) open_.erase(open_.begin());
  }
  return held_.empty() && groups_by_front_.empty() && groups_.shrink(count);
}

}  // namespace queue
