#include "queue/engine.h"

#include <algorithm>
#include <optional>

#include "base/ensure.h"
#include "service/row.h"

namespace queue {
namespace {

constexpr std::string_view kHeaderTable = "queue.h";
constexpr std::string_view kPayloadTable = "queue.b";
constexpr std::string_view kMarkTable = "queue.q";
// Sequences are reserved on disk by the block, so that they go on rising after a restart without a write per message.
constexpr Sequence kReserve = 4'096;
// Work of one turn at most, so that a deep queue never holds up the others.
constexpr std::size_t kExpirySlice = 1'000;
constexpr std::size_t kServeSlice = 100;
constexpr std::size_t kBurialSlice = 10'000;

std::string disk_key(std::string_view table, std::string_view key) {
  return std::string(table) + "/" + std::string(key);
}

void erase_all(service::Change& change, QueueId queue) {
  for (const std::string_view table : {kHeaderTable, kPayloadTable}) {
    change.erase_range(disk_key(table, queue_key(queue)), disk_key(table, queue_key(queue + 1)));
  }
}

// Also finds what this very turn has written and not yet handed to the store.
std::expected<std::optional<std::string>, store::Error> read_payload(service::Context& ctx, QueueId queue,
                                                                     Sequence message) {
  const std::string key = disk_key(kPayloadTable, message_key(queue, message));
  TRY(std::optional<std::string> payload, ctx.store.read(key));
  if (payload) return payload;
  for (const store::Write& write : ctx.change.batch().rows) {
    if (write.kind == store::Write::Kind::Put && write.key == key) return write.value;
  }
  return std::nullopt;
}

}  // namespace

struct Engine::Held {
  Queue queue;
  base::Duration retention{};
  Sequence next = 1;
  Sequence reserved = 1;  // on disk: numbers below may have been given out
};

class Engine::Headers : public service::TableBase {
 public:
  explicit Headers(Engine& engine) : TableBase(std::string(kHeaderTable)), engine_(engine) {}
  bool load(std::string_view key, std::string_view bytes) override {
    QueueId queue = 0;
    Sequence message = 0;
    Header header;
    if (!parse_message_key(key, queue, message) || !decode(bytes, header)) return false;
    engine_.queues_[queue].queue.apply({message, header});
    return true;
  }

 private:
  Engine& engine_;
};

class Engine::Marks : public service::TableBase {
 public:
  explicit Marks(Engine& engine) : TableBase(std::string(kMarkTable)), engine_(engine) {}
  bool load(std::string_view key, std::string_view bytes) override {
    QueueId queue = 0;
    std::uint64_t reserved = 0;
    if (!parse_queue_key(key, queue) || !service::row::take_varint(bytes, reserved)) return false;
    Held& held = engine_.queues_[queue];
    held.reserved = reserved;
    held.next = reserved;
    return true;
  }

 private:
  Engine& engine_;
};

Engine::Engine() : headers_(std::make_unique<Headers>(*this)), marks_(std::make_unique<Marks>(*this)) {}
Engine::~Engine() = default;

std::vector<service::TableBase*> Engine::tables() {
  return {headers_.get(), marks_.get()};
}

void Engine::recover(QueueId queue, base::Duration retention) {
  ENSURE(retention > base::Duration::zero());
  queues_[queue].retention = retention;
  reschedule(queue);
}

void Engine::recovered(service::Change& change) {
  for (auto next = queues_.begin(); next != queues_.end();) {
    if (next->second.retention > base::Duration::zero()) {
      ++next;
      continue;
    }
    erase_all(change, next->first);
    change.erase(disk_key(kMarkTable, queue_key(next->first)));
    next = queues_.erase(next);
  }
}

Engine::Held& Engine::held(QueueId queue, base::TimePoint now) {
  const auto found = queues_.find(queue);
  ENSURE(found != queues_.end());
  found->second.queue.advance(now);
  return found->second;
}

void Engine::create(service::Change& change, QueueId queue, base::Duration retention) {
  ENSURE(!queues_.contains(queue));
  queues_[queue].retention = retention;
  change.on_undo([this, queue] {
    queues_.erase(queue);
    reschedule(queue);
  });
}

void Engine::remove(service::Change& change, QueueId queue) {
  purge(change, queue);
  change.erase(disk_key(kMarkTable, queue_key(queue)));
  auto node = queues_.extract(queue);
  ENSURE(!node.empty());
  change.on_undo([this, queue, node = std::move(node)]() mutable {
    queues_.insert(std::move(node));
    reschedule(queue);
  });
  reschedule(queue);
}

void Engine::set_retention(service::Change& change, QueueId queue, base::Duration retention) {
  Held& held = queues_.at(queue);
  change.on_undo([this, queue, before = held.retention] {
    queues_.at(queue).retention = before;
    reschedule(queue);
  });
  held.retention = retention;
  reschedule(queue);
}

void Engine::purge(service::Change& change, QueueId queue) {
  erase_all(change, queue);
  if (queues_.at(queue).queue.empty()) return;
  auto old = std::make_shared<Queue::Messages>(queues_.at(queue).queue.exchange({}));
  buried_.push_back(old);
  change.on_undo([this, queue, old] {
    std::erase(buried_, old);
    (void)queues_.at(queue).queue.exchange(std::move(*old));
    reschedule(queue);
  });
  reschedule(queue);
}

// Applies one record to memory and to the turn's batch.
void Engine::write(service::Change& change, QueueId queue, const Record& record) {
  Queue& held = queues_.at(queue).queue;
  const Header* before = held.find(record.message);
  Record back{record.message, before == nullptr ? std::nullopt : std::optional(*before)};
  change.on_undo([this, queue, back] {
    queues_.at(queue).queue.apply(back);
    reschedule(queue);
  });
  const std::string key = message_key(queue, record.message);
  if (record.after) {
    change.put(disk_key(kHeaderTable, key), encode(*record.after));
  } else {
    change.erase(disk_key(kHeaderTable, key));
    change.erase(disk_key(kPayloadTable, key));
  }
  held.apply(record);
}

void Engine::reserve(service::Change& change, QueueId queue, Held& held) {
  if (held.next < held.reserved) return;
  change.on_undo([this, queue, before = held.reserved] { queues_.at(queue).reserved = before; });
  held.reserved = held.next + kReserve;
  std::string bytes;
  service::row::put_varint(bytes, held.reserved);
  change.put(disk_key(kMarkTable, queue_key(queue)), std::move(bytes));
}

Sequence Engine::send(service::Change& change, QueueId queue, std::string payload, base::Duration delay,
                      base::TimePoint now) {
  Held& target = held(queue, now);
  reserve(change, queue, target);
  const Sequence message = target.next++;  // a number that is not used after an undo is simply left out
  Header header;
  header.sent_at = now;
  header.available_at = now + delay;
  header.visible_at = header.available_at;
  change.put(disk_key(kPayloadTable, message_key(queue, message)), std::move(payload));
  write(change, queue, {message, header});
  reschedule(queue);
  return message;
}

std::expected<std::vector<Delivery>, store::Error> Engine::receive(service::Context& ctx, QueueId queue,
                                                                   Wanted wanted) {
  Held& source = held(queue, ctx.now);
  const std::uint64_t in_flight = source.queue.counts().in_flight;
  const std::size_t room = in_flight >= kInFlightMax ? 0 : kInFlightMax - in_flight;
  const auto records = source.queue.plan_receive(std::min(wanted.max, room), wanted.hold, source.retention, ctx.now);
  std::vector<Delivery> deliveries;
  for (const Record& record : records) {
    TRY(std::optional<std::string> payload, read_payload(ctx, queue, record.message));
    if (!payload) return std::unexpected(store::Error{"the payload of a message is missing"});
    const Receipt receipt{queue, record.message, record.after->deliveries, ctx.random.next()};
    deliveries.push_back({receipt, *record.after, std::move(*payload)});
  }
  for (const Record& record : records) write(ctx.change, queue, record);
  reschedule(queue);
  return deliveries;
}

bool Engine::erase(service::Change& change, const Receipt& receipt, base::TimePoint now) {
  if (held(receipt.queue, now).queue.find(receipt.message) == nullptr) return false;
  write(change, receipt.queue, {receipt.message, std::nullopt});
  reschedule(receipt.queue);
  return true;
}

std::expected<void, Refusal> Engine::hold(service::Change& change, const Receipt& receipt, base::Duration hold,
                                          base::TimePoint now) {
  TRY(const std::optional<Record> record, held(receipt.queue, now).queue.plan_hold(receipt, hold, now));
  if (record) write(change, receipt.queue, *record);
  reschedule(receipt.queue);
  return {};
}

Counts Engine::counts(QueueId queue, base::TimePoint now) {
  return held(queue, now).queue.counts();
}

std::optional<base::Duration> Engine::oldest_age(QueueId queue, base::TimePoint now) {
  return held(queue, now).queue.oldest_age(now);
}

bool Engine::wait(QueueId queue, Waiter waiter) {
  if (waiters_count_ >= kWaitersMax) return false;
  const std::uint64_t number = next_waiter_++;
  waiter_deadlines_[queue].insert({waiter.deadline, number});
  waiters_[queue].emplace(number, std::move(waiter));
  ++waiters_count_;
  reschedule(queue);
  return true;
}

base::TimePoint Engine::next_work(QueueId queue) const {
  const auto held = queues_.find(queue);
  const auto waiters = waiters_.find(queue);
  const bool waited_for = waiters != waiters_.end();
  if (held == queues_.end()) return waited_for ? base::TimePoint::min() : base::kNever;
  base::TimePoint next = held->second.queue.next_expiry(held->second.retention);
  if (!waited_for) return next;
  if (held->second.queue.has_ready() && held->second.queue.counts().in_flight < kInFlightMax) {
    return base::TimePoint::min();
  }
  next = std::min(next, held->second.queue.next_visible_at());
  return std::min(next, waiter_deadlines_.at(queue).begin()->first);
}

void Engine::reschedule(QueueId queue) {
  const base::TimePoint next = next_work(queue);
  const auto before = scheduled_.find(queue);
  if (before != scheduled_.end()) {
    if (before->second == next) return;
    agenda_.erase({before->second, queue});
    scheduled_.erase(before);
  }
  if (next == base::kNever) return;
  agenda_.insert({next, queue});
  scheduled_.emplace(queue, next);
}

base::TimePoint Engine::deadline() const {
  if (!buried_.empty()) return base::TimePoint::min();
  return agenda_.empty() ? base::kNever : agenda_.begin()->first;
}

void Engine::tick(service::Context& ctx) {
  if (!buried_.empty()) {
    if (buried_.front()->shrink(kBurialSlice)) buried_.pop_front();
  }
  std::vector<QueueId> due;
  for (const auto& [at, queue] : agenda_) {
    if (at > ctx.now) break;
    due.push_back(queue);
  }
  for (const QueueId queue : due) {
    const auto found = queues_.find(queue);
    if (found != queues_.end()) {
      found->second.queue.advance(ctx.now);
      expire(ctx.change, queue, found->second, ctx.now);
      // Still some left: the rest goes in the next turns, and who waits is served after that.
      if (found->second.queue.next_expiry(found->second.retention) <= ctx.now) {
        reschedule(queue);
        continue;
      }
    }
    serve(ctx, queue);
    reschedule(queue);
  }
}

void Engine::expire(service::Change& change, QueueId queue, Held& held, base::TimePoint now) {
  for (const Record& record : held.queue.plan_expiry(held.retention, now, kExpirySlice)) {
    write(change, queue, record);
  }
}

void Engine::serve(service::Context& ctx, QueueId queue) {
  for (std::size_t served = 0; served < kServeSlice && waiters_.contains(queue); ++served) {
    if (!serve_first(ctx, queue)) return;
  }
}

// Answers the waiter whose turn it is: the first in line when there are messages, else the one whose time is up.
bool Engine::serve_first(service::Context& ctx, QueueId queue) {
  auto& line = waiters_.at(queue);
  auto& deadlines = waiter_deadlines_.at(queue);
  const auto held = queues_.find(queue);
  const bool gone = held == queues_.end();
  const bool ready = !gone && held->second.queue.has_ready() && held->second.queue.counts().in_flight < kInFlightMax;
  if (!gone && !ready && deadlines.begin()->first > ctx.now) return false;
  const std::uint64_t number = gone || ready ? line.begin()->first : deadlines.begin()->second;

  Waiter waiter = std::move(line.at(number));
  line.erase(number);
  deadlines.erase({waiter.deadline, number});
  --waiters_count_;
  if (line.empty()) {
    waiters_.erase(queue);
    waiter_deadlines_.erase(queue);
  }
  if (waiter.abandoned()) return true;
  if (gone) {
    waiter.answer(ctx, {{}, true});
  } else if (!ready) {
    waiter.answer(ctx, {{}, false});
  } else {
    waiter.answer(ctx, {receive(ctx, queue, {waiter.max, waiter.hold}), false});
  }
  return true;
}

}  // namespace queue
