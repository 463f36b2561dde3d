#include "queue/recovery.h"

#include <algorithm>
#include <utility>

#include "base/ensure.h"
#include "queue/sequence.h"
#include "service/row.h"

namespace queue {

void Engine::Recovery::plain(std::uint64_t owner, std::uint32_t segment, std::span<const store::Fresh> records) {
  Loaded& loaded = loaded_[owner];
  loaded.plain.load(segment, records);
  for (const store::Fresh& fresh : records) loaded.last = std::max(loaded.last, fresh.number);
}

void Engine::Recovery::record(std::uint64_t owner, std::uint64_t number, store::Place place, store::Place keeps,
                              std::string_view meta) {
  Loaded& loaded = loaded_[owner];
  loaded.records.push_back({number, place, keeps == store::kNowhere ? place : keeps, std::string(meta)});
  loaded.last = std::max(loaded.last, number);
}

void Engine::Recovery::damaged(std::uint64_t owner, std::uint64_t number, store::Place place, store::Place keeps,
                               const store::Error& error) {
  Loaded& loaded = loaded_[owner];
  loaded.lost.push_back({{owner, number, place, keeps == store::kNowhere ? place : keeps}, error});
  loaded.last = std::max(loaded.last, number);
}

void Engine::Recovery::note(std::uint64_t owner, std::string_view bytes) {
  ENSURE(service::row::take_varint(bytes, loaded_[owner].floor) && bytes.empty());
}

std::vector<Engine::Recovery::Lost> Engine::Recovery::fill(QueueId queue, Held& held) {
  auto node = loaded_.extract(queue);
  if (node.empty()) return {};
  Loaded& loaded = node.mapped();
  held.floor = loaded.floor;
  held.last = std::max(loaded.last, loaded.floor == 0 ? 0 : loaded.floor - 1);
  if (Standard* line = held.standard()) line->plain() = std::move(loaded.plain);
  // Records that were moved to another segment come late.
  std::ranges::sort(loaded.records, {}, &Found::number);
  for (const Found& found : loaded.records) fill(held, queue, found);
  for (const Lost& lost : loaded.lost) held.damaged.emplace(At{time_of(lost.spot.number), lost.spot.number}, lost.spot);
  return std::move(loaded.lost);
}

void Engine::Recovery::fill(Held& held, QueueId queue, const Found& found) {
  Remains remains;
  if (decode(found.meta, remains)) {
    held.window.add(found.number, {remains.sent_at, remains.dedup_key, remains.tag, found.place});
    return;
  }
  Meta meta;
  Facts facts;
  ENSURE(decode(found.meta, meta) && unpack(meta.facts, facts));
  const Header& header = meta.header;
  if (!meta.attempt_id.empty()) {
    held.attempts.load(meta.attempt_id, header.received_at, meta.attempt_size,
                       {meta.attempt_index, {queue, found.number, header.deliveries, meta.nonce}, header.visible_at});
  }
  if (held.traits.fifo && held.lineup->time() < header.available_at + DedupWindow::kDedupWindow) {
    held.window.add(found.number, {header.available_at, held.dedup_key(facts), facts.tag, store::kNowhere});
  }
  State state = held.stand(found.number, found.place, found.body, meta, facts);
  const auto* fresh = std::get_if<Fresh>(&state);
  if (Standard* line = held.standard(); line != nullptr && fresh != nullptr && fresh->group == 0) {
    const store::Fresh one{found.number, store::offset_of(found.place)};
    line->plain().load(store::segment_of(found.place), std::span(&one, 1));
  } else {
    held.lineup->replace(found.number, {}, std::move(state));
  }
}

std::vector<QueueId> Engine::Recovery::finish() {
  std::vector<QueueId> strangers;
  for (const auto& [queue, loaded] : loaded_) strangers.push_back(queue);
  loaded_.clear();
  return strangers;
}

}  // namespace queue
