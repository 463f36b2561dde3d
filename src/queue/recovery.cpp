#include "queue/recovery.h"

#include <algorithm>

#include "base/ensure.h"
#include "service/row.h"

namespace queue {

bool Engine::Recovery::load_record(const Spot& spot, std::string_view meta) {
  Meta message;
  Remains remains;
  if (!(is_remains(meta) ? decode(meta, remains) : decode(meta, message))) return false;
  loaded_[spot.queue].records.push_back({spot.number, spot.place, spot.body, std::string(meta)});
  return true;
}

bool Engine::Recovery::load_note(QueueId queue, std::string_view bytes) {
  return service::row::take_varint(bytes, loaded_[queue].floor) && bytes.empty();
}

void Engine::Recovery::fill(QueueId queue, Held& held) {
  auto node = loaded_.extract(queue);
  if (node.empty()) return;
  Loaded& loaded = node.mapped();
  std::ranges::sort(loaded.records, {}, &Found::number);
  held.floor = loaded.floor;
  held.last = loaded.floor == 0 ? 0 : loaded.floor - 1;
  for (Found& found : loaded.records) {
    Remains remains;
    if (decode(found.meta, remains)) {
      held.window.add(found.number, {remains.sent_at, remains.dedup_key, remains.tag, found.place});
      continue;
    }
    Meta meta;
    Facts facts;
    ENSURE(decode(found.meta, meta) && unpack(meta.facts, facts));
    if (!meta.attempt_id.empty()) {
      held.attempts.load(meta.attempt_id, meta.header.received_at, meta.attempt_size,
                         {{queue, found.number, meta.header.deliveries, meta.nonce}, meta.header.visible_at});
    }
    if (held.traits.fifo && held.lineup->time() < meta.header.available_at + DedupWindow::kDedupWindow) {
      held.window.add(found.number, {meta.header.available_at, held.dedup_key(facts), facts.tag, store::kNowhere});
    }
    held.lineup->replace(found.number, {}, held.stand(found.number, found.place, found.body, meta, facts));
    held.last = std::max(held.last, found.number);
  }
}

std::vector<QueueId> Engine::Recovery::finish() {
  std::vector<QueueId> strangers;
  for (const auto& [queue, loaded] : loaded_) strangers.push_back(queue);
  loaded_.clear();
  return strangers;
}

}  // namespace queue
