#include "base/ensure.h"
#include "queue/held.h"

namespace queue {
namespace {

// Messages that one move sets aside before it leaves the rest to the next one.
constexpr std::size_t kDamagedMax = 1'000;

}  // namespace

// The queue to which messages go that were received too often, if there is one.
const Engine::Held* Engine::dead_letters_of(const Held& source) const {
  if (!source.traits.redrive) return nullptr;
  const auto target = queues_.find(source.traits.redrive->target);
  if (target == queues_.end() || target->second.traits.fifo != source.traits.fifo) return nullptr;
  return &target->second == &source ? nullptr : &target->second;
}

// Takes a message out of one queue and puts it into another, where it is new.
void Engine::transfer(service::Context& ctx, QueueId from, const Lineup::Pick& pick, store::Place body, QueueId to,
                      Header header, const Facts& facts) {
  Held& source = queues_.at(from);
  Held& target = held(to, ctx.now);
  const Sequence number = next_number(ctx.change, to, target);
  header.available_at = target.lineup->time();
  header.visible_at = header.available_at;
  const Meta meta{header, pack(facts)};
  Spot spot = spot_of(from, pick.number, pick.state);
  spot.body = body;
  const store::Place place = log_.transfer(ctx.change, spot, to, number, encode(meta));
  DedupWindow::Entry* entry = source.window.find(pick.number);
  if (entry != nullptr && source.lineup->time() < entry->sent_at + DedupWindow::kDedupWindow) {
    entry->remains =
        log_.leave_behind(ctx.change, from, pick.number, encode(Remains{entry->sent_at, entry->key, entry->tag}));
    ctx.change.on_undo(
        [this, from, gone = pick.number] { queues_.at(from).window.find(gone)->remains = store::kNowhere; });
  }
  put(ctx.change, from, pick.number, pick.state, {});

  State state = target.stand(number, place, body, meta, facts);
  if (const GroupId group = group_of(state); group != 0) {
    ctx.change.on_undo([this, to, group] { left_groups_.emplace_back(to, group); });
  }
  put(ctx.change, to, number, {}, std::move(state));
  if (target.traits.fifo) remember(ctx.change, to, number, header.available_at, facts);
  reschedule(to);
}

// Identity, payload and count stay what they were (dead-letter queues, developer guide).
void Engine::dead_letter(service::Context& ctx, QueueId from, const Lineup::Pick& pick) {
  const Held& source = queues_.at(from);
  const auto& message = std::get<Message>(pick.state);
  Facts facts;
  ENSURE(unpack(message.facts, facts));
  facts.source = from;
  facts.deliveries_elsewhere = message.header.deliveries;
  if (source.traits.fifo) facts.dedup_id = facts.tag;
  transfer(ctx, from, pick, message.body, source.traits.redrive->target, message.header, facts);
}

std::expected<Engine::Moved, store::Error> Engine::move(service::Context& ctx, QueueId from, const Route& route,
                                                        std::size_t max, const std::function<std::string()>& new_tag) {
  const service::Change::Mark mark = ctx.change.mark();
  Held& source = held(from, ctx.now);
  Moved moved;
  source.lineup->start_picking();
  for (std::size_t damaged = 0; moved.count < max;) {
    const auto pick = source.lineup->next();
    if (!pick) break;
    if (source.is_over(pick->number, pick->state)) {
      retire(ctx.change, spot_of(from, pick->number, pick->state), pick->state);
      continue;
    }
    auto passed = move_one(ctx, from, *pick, route, new_tag);
    if (!passed && passed.error().damage) {
      set_aside(ctx.change, spot_of(from, pick->number, pick->state), pick->state, passed.error());
      moved.more = ++damaged == kDamagedMax;
      if (moved.more) break;
      continue;
    }
    if (!passed) {
      ctx.change.roll_back_to(mark);
      return std::unexpected(std::move(passed).error());
    }
    moved.stop = *passed;
    if (moved.stop != Moved::Stop::None) break;
    ++moved.count;
  }
  reschedule(from);
  return moved;
}

std::expected<Engine::Moved::Stop, store::Error> Engine::move_one(service::Context& ctx, QueueId from,
                                                                  const Lineup::Pick& pick, const Route& route,
                                                                  const std::function<std::string()>& new_tag) {
  const Spot spot = spot_of(from, pick.number, pick.state);
  TRY(const std::vector<Log::Fetched> fetched, log_.fetch(ctx, std::span(&spot, 1)));
  Meta meta;
  const auto* message = std::get_if<Message>(&pick.state);
  if (message == nullptr && !decode(fetched.front().meta, meta)) {
    return std::unexpected(store::Error{"the record of message " + std::to_string(pick.number) + " of queue " +
                                        std::to_string(from) + " is not one"});
  }
  Facts facts;
  ENSURE(unpack(message != nullptr ? message->facts : meta.facts, facts));
  const QueueId target = route(facts.source);
  if (target == 0 && facts.source == 0) return Moved::Stop::NoSource;
  const auto found = queues_.find(target);
  if (found == queues_.end() || found->second.traits.fifo != queues_.at(from).traits.fifo) return Moved::Stop::NoTarget;
  facts.tag = new_tag();
  facts.source = 0;
  facts.deliveries_elsewhere = 0;
  Header header;
  header.sent_at = held(target, ctx.now).lineup->time();
  transfer(ctx, from, pick, fetched.front().body, target, header, facts);
  return Moved::Stop::None;
}

}  // namespace queue
