#include <algorithm>

#include "queue/held.h"

namespace queue {
namespace {

// Work of one turn at most, so that a deep queue never holds up the others.
constexpr std::size_t kExpirySlice = 1'000;
constexpr std::size_t kServeSlice = 100;
constexpr std::size_t kBurialSlice = 10'000;

}  // namespace

bool Engine::wait(QueueId queue, Waiter waiter) {
  if (waiters_.size() >= kWaitersMax) return false;
  waiters_.add(queue, std::move(waiter));
  reschedule(queue);
  return true;
}

base::TimePoint Engine::next_work(QueueId queue) const {
  const auto held = queues_.find(queue);
  const bool waited_for = waiters_.any(queue);
  if (held == queues_.end()) return waited_for ? base::TimePoint::min() : base::kNever;
  const base::TimePoint next = std::min(held->second.next_expiry(), held->second.window.next_sweep());
  if (!waited_for) return next;
  const Lineup& lineup = *held->second.lineup;
  if (lineup.has_ready() && lineup.in_flight() < kInFlightMax) return base::TimePoint::min();
  return std::min({next, lineup.next_visible_at(), waiters_.next_deadline(queue)});
}

void Engine::reschedule(QueueId queue) {
  agenda_.set(queue, next_work(queue));
}

base::TimePoint Engine::deadline() const {
  if (!buried_.empty() || !left_groups_.empty() || compaction_due()) return base::TimePoint::min();
  return agenda_.next();
}

void Engine::tick(service::Context& ctx) {
  for (const auto& [queue, group] : std::exchange(left_groups_, {})) release_if_vacant(queue, group);
  if (!buried_.empty()) {
    Buried& old = *buried_.front();
    if (old.lineup->shrink(kBurialSlice) && old.window.shrink(kBurialSlice)) buried_.pop_front();
  }
  if (compaction_due()) compact(ctx);
  for (const QueueId queue : agenda_.due(ctx.now)) {
    if (exists(queue)) {
      sweep(ctx.change, queue, ctx.now);
      expire(ctx.change, queue, ctx.now);
      // Still some left: the rest goes in the next turns, and who waits is served after that.
      if (queues_.at(queue).next_expiry() <= ctx.now) {
        reschedule(queue);
        continue;
      }
    }
    serve(ctx, queue);
    reschedule(queue);
  }
}

void Engine::expire(service::Change& change, QueueId queue, base::TimePoint now) {
  Held& source = held(queue, now);
  for (std::size_t gone = 0; gone < kExpirySlice && source.next_expiry() <= source.lineup->time(); ++gone) {
    if (source.next_damaged_expiry() <= source.lineup->time()) {
      auto node = source.damaged.extract(source.damaged.begin());
      give_up(change, node.mapped());
      change.on_undo(
          [this, queue, node = std::move(node)]() mutable { queues_.at(queue).damaged.insert(std::move(node)); });
      continue;
    }
    const auto oldest = *source.lineup->oldest();
    retire(change, spot_of(queue, oldest.number, oldest.state), oldest.state);
  }
}

// Forgets what was sent too long ago to be a duplicate's first.
void Engine::sweep(service::Change& change, QueueId queue, base::TimePoint now) {
  Held& source = held(queue, now);
  for (std::size_t gone = 0; gone < kExpirySlice; ++gone) {
    const auto* over = source.window.over(source.lineup->time());
    if (over == nullptr) return;
    const auto [number, entry] = *over;
    if (entry.remains != store::kNowhere) log_.drop(change, {queue, number, entry.remains, entry.remains});
    change.on_undo([this, queue, number, entry] { queues_.at(queue).window.add(number, entry); });
    source.window.remove(number);
  }
}

void Engine::serve(service::Context& ctx, QueueId queue) {
  for (std::size_t served = 0; served < kServeSlice && waiters_.any(queue); ++served) {
    if (!serve_first(ctx, queue)) return;
  }
}

// Answers the waiter whose turn it is: the first in line when there are messages, else the one whose time is up.
bool Engine::serve_first(service::Context& ctx, QueueId queue) {
  const auto held = queues_.find(queue);
  if (held == queues_.end()) {
    Waiter waiter = waiters_.take_first(queue);
    if (!waiter.abandoned()) waiter.answer(ctx, {{}, true});
    return true;
  }
  const Lineup& lineup = *held->second.lineup;
  if (lineup.has_ready() && lineup.in_flight() < kInFlightMax) {
    if (waiters_.first(queue).abandoned()) return (void)waiters_.take_first(queue), true;
    auto deliveries = receive(ctx, queue, waiters_.first(queue).wanted);
    // All that was ready may have gone another way.
    if (!deliveries || !deliveries->empty()) {
      waiters_.take_first(queue).answer(ctx, {std::move(deliveries), false});
      return true;
    }
  }
  if (waiters_.next_deadline(queue) > ctx.now) return false;
  Waiter waiter = waiters_.take_earliest(queue);
  if (!waiter.abandoned()) waiter.answer(ctx, {{}, false});
  return true;
}

}  // namespace queue
