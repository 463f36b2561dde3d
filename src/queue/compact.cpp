#include "queue/held.h"

namespace queue {
namespace {

// What one turn writes anew, about.
constexpr std::size_t kRewriteSlice = 256;
constexpr std::size_t kRewriteBytes = 256u << 10;

}  // namespace

bool Engine::compaction_due() const {
  return !scattered_.empty() || changes_ >= look_every_;
}

// Writes anew what lives in segments that are mostly dead, a slice a turn, so that they can be reused.
void Engine::compact(service::Context& ctx) {
  if (scattered_.empty()) {
    changes_ = 0;
    const std::optional<std::uint32_t> segment = ctx.store.sparse(stuck_);
    if (!segment) return;
    const auto living = ctx.store.living(*segment);
    scattered_in_ = *segment;
    if (!living) return (void)stuck_.insert(*segment);
    scattered_.assign(living->begin(), living->end());
  }
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < kRewriteSlice && bytes < kRewriteBytes && !scattered_.empty(); ++i) {
    bytes += rewrite(ctx, scattered_.front());
    scattered_.pop_front();
  }
}

// Returns how many bytes it wrote: none when the record is not the latest one of its message any more, or can't be
// read.
std::size_t Engine::rewrite(service::Context& ctx, const store::Living& living) {
  const auto found = queues_.find(living.owner);
  if (found == queues_.end()) return 0;
  Held& held = found->second;
  const auto* message = std::as_const(*held.lineup).find(living.number);
  if (message != nullptr && message->place != living.place) return 0;
  const Spot spot{living.owner, living.number, living.place, store::kNowhere};
  auto fetched = log_.fetch(ctx, std::span(&spot, 1));
  if (!fetched) return (void)stuck_.insert(scattered_in_), 0;  // damage is told to whoever wants what is damaged
  Meta meta;
  Facts facts;
  Remains remains;
  GroupId group = 0;
  if (decode(fetched->front().meta, meta) && unpack(meta.facts, facts)) {
    group = held.lineup->known(facts.group);
  } else if (!decode(fetched->front().meta, remains)) {
    return 0;
  }
  if (!stands_at(living, group)) return 0;
  const bool plain = message == nullptr && held.standard() != nullptr && group == 0;
  const std::size_t bytes = fetched->front().meta.size() + fetched->front().payload.size();
  const store::Place body = fetched->front().body;
  const store::Place to = log_.rewrite(ctx.change, spot, plain, std::move(fetched->front()));
  relocate(living, group, to, to);  // whole: its payload is in it
  ctx.change.on_undo(
      [this, to, group, living, body] { relocate({to, living.owner, living.number}, group, living.place, body); });
  return bytes;
}

// Whether that record is the latest one of its message, or what is left of it.
bool Engine::stands_at(const store::Living& living, GroupId group) {
  Held& held = queues_.at(living.owner);
  if (const Message* message = std::as_const(*held.lineup).find(living.number)) return message->place == living.place;
  if (held.lineup->place_of(living.number, group) == living.place) return true;
  const DedupWindow::Entry* entry = held.window.find(living.number);
  return entry != nullptr && entry->remains == living.place;
}

void Engine::relocate(const store::Living& living, GroupId group, store::Place to, store::Place body) {
  Held& held = queues_.at(living.owner);
  if (Message* message = held.lineup->find(living.number)) {
    message->place = to;
    message->body = body;
  } else if (held.lineup->place_of(living.number, group) == living.place) {
    held.lineup->relocate(living.number, group, to);
  } else {
    held.window.find(living.number)->remains = to;
  }
}

}  // namespace queue
