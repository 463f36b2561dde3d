#include "queue/engine.h"

#include <algorithm>

#include "base/ensure.h"
#include "queue/held.h"
#include "queue/recovery.h"
#include "service/row.h"

namespace queue {
namespace {

// Numbers are promised to the disk by the second, so that they go on rising after a restart without a write per
// message, also when the clock was set back.
constexpr Sequence kPromise = 1'000'000;

}  // namespace

Engine::Engine(std::uint64_t look_every) : recovery_(std::make_unique<Recovery>()), look_every_(look_every) {}
Engine::~Engine() = default;

store::Recovery& Engine::recovery() {
  return *recovery_;
}

void Engine::recover(QueueId queue, const Traits& traits, base::TimePoint now) {
  ENSURE(traits.retention > base::Duration::zero());
  Held& held = queues_[queue];
  held.traits = traits;
  held.reset();
  held.lineup->advance(now);
  for (const Recovery::Lost& lost : recovery_->fill(queue, held)) {
    if (on_damage_) on_damage_(queue, lost.spot.number, lost.error);
  }
  held.lineup->settle();
  reschedule(queue);
}

void Engine::recovered(service::Change& change) {
  for (const QueueId queue : recovery_->finish()) {
    log_.clear(change, queue);
    log_.note(change, queue, "");
  }
}

Engine::Held& Engine::held(QueueId queue, base::TimePoint now) {
  const auto found = queues_.find(queue);
  ENSURE(found != queues_.end());
  found->second.lineup->advance(now);
  return found->second;
}

void Engine::create(service::Change& change, QueueId queue, const Traits& traits) {
  ENSURE(queue != 0 && !queues_.contains(queue) && traits.retention > base::Duration::zero());
  Held& held = queues_[queue];
  held.traits = traits;
  held.reset();
  change.on_undo([this, queue] {
    queues_.erase(queue);
    reschedule(queue);
  });
}

void Engine::reshape(service::Change& change, QueueId queue, const Traits& traits) {
  Held& held = queues_.at(queue);
  ENSURE(traits.fifo == held.traits.fifo);
  change.on_undo([this, queue, before = held.traits] {
    queues_.at(queue).traits = before;
    queues_.at(queue).shape();
    reschedule(queue);
  });
  held.traits = traits;
  held.shape();
  reschedule(queue);
}

void Engine::remove(service::Change& change, QueueId queue) {
  purge(change, queue);
  log_.note(change, queue, "");
  auto node = queues_.extract(queue);
  ENSURE(!node.empty());
  change.on_undo([this, queue, node = std::move(node)]() mutable {
    queues_.insert(std::move(node));
    reschedule(queue);
  });
  reschedule(queue);
}

void Engine::purge(service::Change& change, QueueId queue) {
  log_.clear(change, queue);
  Held& held = queues_.at(queue);
  auto old = std::make_shared<Buried>(
      Buried{std::move(held.lineup), std::move(held.window), std::move(held.attempts), std::move(held.damaged)});
  held.reset();
  held.lineup->advance(old->lineup->time());
  buried_.push_back(old);
  change.on_undo([this, queue, old] {
    std::erase(buried_, old);
    Held& again = queues_.at(queue);
    again.lineup = std::move(old->lineup);
    again.window = std::move(old->window);
    again.attempts = std::move(old->attempts);
    again.damaged = std::move(old->damaged);
    reschedule(queue);
  });
  reschedule(queue);
}

// A number that is not used after an undo is simply left out.
Sequence Engine::next_number(service::Change& change, QueueId queue, Held& held) {
  held.last = std::max(held.last + 1, number_at(held.lineup->time()));
  if (held.last >= held.floor) {
    change.on_undo([this, queue, before = held.floor] { queues_.at(queue).floor = before; });
    held.floor = held.last + kPromise;
    std::string bytes;
    service::row::put_varint(bytes, held.floor);
    log_.note(change, queue, std::move(bytes));
  }
  return held.last;
}

void Engine::put(service::Change& change, QueueId queue, Sequence number, const State& before, State after) {
  ++changes_;
  Lineup& lineup = *queues_.at(queue).lineup;
  const auto* fresh = std::get_if<Fresh>(&after);
  const auto put = fresh != nullptr ? std::optional(*fresh) : std::nullopt;
  State was = lineup.replace(number, before, std::move(after));
  const GroupId group = group_of(was);
  // A message is large: it is moved to where the undo needs it, and only if there was one.
  if (auto* message = std::get_if<Message>(&was)) {
    change.on_undo([this, queue, number, put, old = std::move(*message)]() mutable {
      put_back(queue, number, put, std::move(old));
    });
  } else if (const auto* first = std::get_if<Fresh>(&was)) {
    change.on_undo([this, queue, number, put, old = *first] { put_back(queue, number, put, old); });
  } else {
    change.on_undo([this, queue, number, put] { put_back(queue, number, put, {}); });
  }
  if (group == 0 || !lineup.vacant(group)) return;
  change.after_durable([this, queue, group] { release_if_vacant(queue, group); });
}

// The undo of put(). A held message may have been changed in place since; that it is there is enough.
void Engine::put_back(QueueId queue, Sequence number, const std::optional<Fresh>& put, State before) {
  Lineup& lineup = *queues_.at(queue).lineup;
  const State now = put ? State(*put) : lineup.find(number) != nullptr ? State(Message{}) : State();
  lineup.replace(number, now, std::move(before));
  reschedule(queue);
}

// Only between turns: an undo must find the group that it knew.
void Engine::release_if_vacant(QueueId queue, GroupId group) {
  const auto found = queues_.find(queue);
  if (found != queues_.end() && found->second.lineup->vacant(group)) found->second.lineup->release(group);
}

// A FIFO queue was sent this, and should know it again.
void Engine::remember(service::Change& change, QueueId queue, Sequence number, base::TimePoint at, const Facts& facts) {
  Held& held = queues_.at(queue);
  held.window.add(number, {at, held.dedup_key(facts), facts.tag, store::kNowhere});
  change.on_undo([this, queue, number] { queues_.at(queue).window.remove(number); });
}

Sent Engine::send(service::Change& change, QueueId queue, Outgoing message, base::TimePoint now) {
  Held& target = held(queue, now);
  Facts facts{std::move(message.tag), std::move(message.group), std::move(message.dedup_id), 0, 0};
  if (target.traits.fifo) {
    ENSURE(!facts.group.empty() && !facts.dedup_id.empty());
    if (const auto* first = target.window.find(target.dedup_key(facts), target.lineup->time())) {
      return {first->first, true, first->second.tag};
    }
  }
  const Sequence number = next_number(change, queue, target);
  Meta meta;
  meta.header.sent_at = now;
  meta.header.available_at = target.traits.fifo ? target.lineup->time() : now + message.delay;
  meta.header.visible_at = meta.header.available_at;
  meta.facts = pack(facts);
  const bool plain = !target.traits.fifo && message.delay == base::Duration::zero() && facts.group.empty();
  const store::Place place =
      log_.add(change, queue, number, plain, encode(meta.header, meta.facts), std::move(message.payload));
  State state = target.stand(number, place, place, meta, facts);
  if (const GroupId group = group_of(state); group != 0) {
    change.on_undo([this, queue, group] { left_groups_.emplace_back(queue, group); });
  }
  put(change, queue, number, {}, std::move(state));
  if (target.traits.fifo) remember(change, queue, number, meta.header.available_at, facts);
  reschedule(queue);
  return {number, false, std::move(facts.tag)};
}

// The records of a message that is gone, but for what a FIFO queue must still know of it.
void Engine::give_up(service::Change& change, const Spot& spot) {
  Held& held = queues_.at(spot.queue);
  DedupWindow::Entry* entry = held.window.find(spot.number);
  if (entry != nullptr && held.lineup->time() < entry->sent_at + DedupWindow::kDedupWindow) {
    entry->remains = log_.leave(change, spot, encode(Remains{entry->sent_at, entry->key, entry->tag}));
    change.on_undo([this, queue = spot.queue, number = spot.number] {
      queues_.at(queue).window.find(number)->remains = store::kNowhere;
    });
  } else {
    log_.drop(change, spot);
  }
}

// The message is gone for good.
void Engine::retire(service::Change& change, const Spot& spot, const State& state) {
  give_up(change, spot);
  put(change, spot.queue, spot.number, state, {});
}

std::expected<bool, Refusal> Engine::erase(service::Change& change, const Receipt& receipt, base::TimePoint now) {
  const Held& source = held(receipt.queue, now);
  const Message* message = std::as_const(*source.lineup).find(receipt.message);
  if (message == nullptr) return false;
  if (source.traits.fifo) {
    if (message->header.deliveries != receipt.delivery) return std::unexpected(Refusal::Superseded);
    if (message->header.visible_at <= source.lineup->time()) return std::unexpected(Refusal::Expired);
  }
  retire(change, {receipt.queue, receipt.message, message->place, message->body}, Message{});
  reschedule(receipt.queue);
  return true;
}

std::expected<void, Refusal> Engine::hold(service::Change& change, const Receipt& receipt, base::Duration hold,
                                          base::TimePoint now) {
  const Held& source = held(receipt.queue, now);
  const Message* message = std::as_const(*source.lineup).find(receipt.message);
  const base::TimePoint time = source.lineup->time();
  if (message == nullptr) return std::unexpected(Refusal::Gone);
  if (message->header.deliveries != receipt.delivery) return std::unexpected(Refusal::Superseded);
  if (message->header.visible_at <= time) {
    if (source.traits.fifo) return std::unexpected(Refusal::Expired);
    return {};
  }
  if (time + hold > message->header.received_at + kLongestHold) return std::unexpected(Refusal::HeldTooLong);
  Message after = *message;
  after.header.visible_at = time + hold;
  const State before = *message;
  after.place =
      log_.update(change, spot_of(receipt.queue, receipt.message, before), encode(Meta{after.header, after.facts}));
  put(change, receipt.queue, receipt.message, before, std::move(after));
  reschedule(receipt.queue);
  return {};
}

bool Engine::exists(QueueId queue) const {
  return queues_.contains(queue);
}

Counts Engine::counts(QueueId queue, base::TimePoint now) {
  return held(queue, now).lineup->counts();
}

std::optional<base::Duration> Engine::oldest_age(QueueId queue, base::TimePoint now) {
  return age_since(held(queue, now), Lineup::Among::All);
}

std::optional<base::Duration> Engine::quiet_oldest_age(QueueId queue, base::TimePoint now) {
  return age_since(held(queue, now), Lineup::Among::Quiet);
}

std::optional<base::Duration> Engine::age_since(const Held& source, Lineup::Among among) {
  const auto since = source.lineup->oldest_available(among);
  if (!since) return std::nullopt;
  return std::max(source.lineup->time() - *since, base::Duration::zero());
}

}  // namespace queue
