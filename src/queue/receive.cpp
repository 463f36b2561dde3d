#include <algorithm>

#include "base/ensure.h"
#include "queue/held.h"

namespace queue {
namespace {

// Messages that one receive removes or passes on to a dead-letter queue before it gives up and leaves the rest to the
// next one.
constexpr std::size_t kPassedOverMax = 1'000;
// So many are usual.
constexpr std::size_t kReceivedAtOnce = 10;
// How often one receive takes others instead of messages that turn out to be damaged, all of them.
constexpr std::size_t kTakesMax = 100;
constexpr base::Duration kInstant = base::Duration(1);

}  // namespace

// A message that this receive hands out.
struct Engine::Taken {
  Sequence number;
  State before;
  Meta meta;  // of a fresh one: what its record tells
};

Engine::Deliveries Engine::receive(service::Context& ctx, QueueId queue, const Wanted& wanted) {
  const service::Change::Mark mark = ctx.change.mark();
  Held& source = held(queue, ctx.now);
  std::optional<Deliveries> deliveries;
  if (source.traits.fifo && !wanted.attempt_id.empty()) deliveries = hand_out_again(ctx, queue, wanted);
  if (!deliveries) deliveries = hand_out(ctx, queue, wanted);
  if (!*deliveries) ctx.change.roll_back_to(mark);
  reschedule(queue);
  return std::move(*deliveries);
}

Engine::Deliveries Engine::hand_out(service::Context& ctx, QueueId queue, const Wanted& wanted) {
  std::vector<Taken> taken;
  std::vector<Log::Fetched> fetched;
  bool any = true;
  for (std::size_t takes = 0; taken.empty() && any && takes < kTakesMax; ++takes) {
    taken = take(ctx, queue, wanted);
    any = !taken.empty();
    TRY(fetched, read(ctx, queue, taken));
  }
  std::vector<Delivery> deliveries;
  deliveries.reserve(taken.size());
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (std::holds_alternative<Fresh>(taken[i].before) && !decode(fetched[i].meta, taken[i].meta)) {
      return std::unexpected(store::Error{"the record of message " + std::to_string(taken[i].number) + " of queue " +
                                          std::to_string(queue) + " is not one"});
    }
    deliver(ctx, queue, wanted, taken[i], fetched[i], {i, taken.size()}, deliveries.emplace_back());
  }
  if (!wanted.attempt_id.empty() && !deliveries.empty()) note_attempt(ctx.change, queue, wanted.attempt_id, deliveries);
  return deliveries;
}

// Reads what was taken. What is damaged is set aside, and not among it any more.
std::expected<std::vector<Log::Fetched>, store::Error> Engine::read(service::Context& ctx, QueueId queue,
                                                                    std::vector<Taken>& taken) {
  std::vector<Spot> spots;
  spots.reserve(taken.size());
  for (const Taken& one : taken) spots.push_back(spot_of(queue, one.number, one.before));
  auto all = log_.fetch(ctx, spots);
  if (all || !all.error().damage) return all;
  std::vector<Log::Fetched> fetched;
  std::vector<Taken> whole;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (auto alone = log_.fetch(ctx, std::span(&spots[i], 1))) {
      fetched.push_back(std::move(alone->front()));
      whole.push_back(std::move(taken[i]));
    } else if (alone.error().damage) {
      set_aside(ctx.change, spots[i], Message{}, alone.error());
    } else {
      return std::unexpected(std::move(alone).error());
    }
  }
  taken = std::move(whole);
  return fetched;
}

// `now`: how the message stands, which can't be read.
void Engine::set_aside(service::Change& change, const Spot& spot, const State& now, const store::Error& error) {
  Held& source = queues_.at(spot.queue);
  const Message* held = std::as_const(*source.lineup).find(spot.number);
  const At at{Held::kept_since(spot.number, held != nullptr ? State(*held) : now), spot.number};
  put(change, spot.queue, spot.number, now, {});
  source.damaged.emplace(at, spot);
  change.on_undo([this, queue = spot.queue, at] { queues_.at(queue).damaged.erase(at); });
  change.after_durable([this, queue = spot.queue, number = spot.number, error] {
    if (on_damage_) on_damage_(queue, number, error);
  });
}

// Takes the next messages and hides them, before anything is read: which ones they are depends on memory alone.
std::vector<Engine::Taken> Engine::take(service::Context& ctx, QueueId queue, const Wanted& wanted) {
  Lineup& lineup = *queues_.at(queue).lineup;
  const std::uint64_t in_flight = lineup.in_flight();
  const std::size_t max = std::min<std::size_t>(wanted.max, in_flight >= kInFlightMax ? 0 : kInFlightMax - in_flight);
  std::vector<Taken> taken;
  taken.reserve(std::min(max, kReceivedAtOnce));
  lineup.start_picking();
  for (std::size_t passed_over = 0; taken.size() < max && passed_over < kPassedOverMax;) {
    auto pick = lineup.next();
    if (!pick) break;
    if (pass_over(ctx, queue, *pick)) {
      ++passed_over;
      continue;
    }
    Message after;
    if (const auto* message = std::get_if<Message>(&pick->state)) after = *message;
    after.group = group_of(pick->state);
    after.header.deliveries += 1;  // of a fresh one its record tells more, later
    // Nothing is handed out twice by one call, not even with no hold at all.
    after.header.visible_at = lineup.time() + std::max(wanted.hold, kInstant);
    put(ctx.change, queue, pick->number, pick->state, std::move(after));
    lineup.took();
    taken.push_back({pick->number, std::move(pick->state), {}});
  }
  return taken;
}

// True when the message is not handed out: its time is over, or it was received too often.
bool Engine::pass_over(service::Context& ctx, QueueId queue, const Lineup::Pick& pick) {
  const Held& source = queues_.at(queue);
  if (source.is_over(pick.number, pick.state)) {
    retire(ctx.change, spot_of(queue, pick.number, pick.state), pick.state);
    return true;
  }
  const auto* message = std::get_if<Message>(&pick.state);
  if (message == nullptr || dead_letters_of(source) == nullptr) return false;
  if (deliveries_here(*message) < source.traits.redrive->max_receives) return false;
  dead_letter(ctx, queue, pick);
  return true;
}

// Fills in what the record of a taken message tells, and records the delivery. Takes the payload.
void Engine::deliver(service::Context& ctx, QueueId queue, const Wanted& wanted, Taken& taken, Log::Fetched& fetched,
                     InAnswer in_answer, Delivery& delivery) {
  Lineup& lineup = *queues_.at(queue).lineup;
  Message& message = *lineup.find(taken.number);
  const base::TimePoint hidden_until = message.header.visible_at;
  if (const auto* fresh = std::get_if<Fresh>(&taken.before)) {
    message.place = fresh->place;
    message.body = fetched.body;
    message.facts = std::move(taken.meta.facts);
    message.header = taken.meta.header;
    message.header.deliveries += 1;
  }
  Header& header = message.header;
  if (header.deliveries == 1) header.first_received_at = lineup.time();
  header.received_at = lineup.time();
  header.visible_at = lineup.time() + wanted.hold;

  delivery.receipt = {queue, taken.number, header.deliveries, ctx.random.next()};
  delivery.header = header;
  delivery.payload = std::move(fetched.payload);
  ENSURE(unpack(message.facts, delivery.facts));
  std::string record =
      wanted.attempt_id.empty()
          ? encode(header, message.facts)
          : encode(Meta{header, message.facts, wanted.attempt_id, static_cast<std::uint32_t>(in_answer.size),
                        static_cast<std::uint32_t>(in_answer.index), delivery.receipt.nonce});
  message.place = log_.update(ctx.change, {queue, taken.number, message.place, message.body}, std::move(record));
  header.visible_at = hidden_until;
  if (hidden_until > lineup.time() + wanted.hold) {
    Message visible = message;
    visible.header.visible_at = delivery.header.visible_at;
    lineup.replace(taken.number, Message{}, std::move(visible));
  }
}

void Engine::note_attempt(service::Change& change, QueueId queue, const std::string& id,
                          const std::vector<Delivery>& deliveries) {
  Held& source = queues_.at(queue);
  const Attempts::Attempt* before = source.attempts.find(id, source.lineup->time());
  change.on_undo([this, queue, id, old = before != nullptr ? std::optional(*before) : std::nullopt] {
    Attempts& attempts = queues_.at(queue).attempts;
    attempts.remove(id);
    if (old) attempts.put(id, *old);
  });
  Attempts::Attempt attempt{source.lineup->time(), deliveries.size(), {}};
  for (const Delivery& delivery : deliveries) {
    const auto index = static_cast<std::uint32_t>(attempt.handed.size());
    attempt.handed.push_back({index, delivery.receipt, delivery.header.visible_at});
  }
  source.attempts.put(id, std::move(attempt));
}

// The answer to an earlier attempt once more, held anew; nothing when there was none or it does not hold any more.
std::optional<Engine::Deliveries> Engine::hand_out_again(service::Context& ctx, QueueId queue, const Wanted& wanted) {
  Held& source = queues_.at(queue);
  const base::TimePoint time = source.lineup->time();
  const Attempts::Attempt* known = source.attempts.find(wanted.attempt_id, time);
  if (known == nullptr || known->handed.size() != known->size) return std::nullopt;
  const Attempts::Attempt attempt = *known;
  std::vector<Spot> spots;
  for (const auto& [index, receipt, visible_at] : attempt.handed) {
    const Message* message = std::as_const(*source.lineup).find(receipt.message);
    if (message == nullptr || message->header.deliveries != receipt.delivery ||
        message->header.visible_at != visible_at) {
      return std::nullopt;
    }
    spots.push_back({queue, receipt.message, message->place, message->body});
  }
  auto fetched = log_.fetch(ctx, spots);
  if (!fetched && fetched.error().damage) return std::nullopt;  // whoever receives it next sets it aside
  if (!fetched) return std::unexpected(std::move(fetched).error());
  std::vector<Delivery> deliveries;
  for (std::size_t i = 0; i < spots.size(); ++i) {
    const Receipt& receipt = attempt.handed[i].receipt;
    const Message before = *std::as_const(*source.lineup).find(receipt.message);
    Message after = before;
    after.header.received_at = time;
    after.header.visible_at = time + wanted.hold;
    Delivery delivery{receipt, after.header, {}, std::move((*fetched)[i].payload)};
    ENSURE(unpack(after.facts, delivery.facts));
    const Meta meta{after.header,
                    after.facts,
                    wanted.attempt_id,
                    static_cast<std::uint32_t>(spots.size()),
                    static_cast<std::uint32_t>(i),
                    receipt.nonce};
    after.place = log_.update(ctx.change, spots[i], encode(meta));
    put(ctx.change, queue, receipt.message, before, std::move(after));
    deliveries.push_back(std::move(delivery));
  }
  note_attempt(ctx.change, queue, wanted.attempt_id, deliveries);
  return deliveries;
}

}  // namespace queue
