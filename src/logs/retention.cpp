#include "logs/retention.h"

#include <algorithm>

namespace logs {
namespace {

constexpr base::Duration kInterval = std::chrono::hours(1);
constexpr std::size_t kSlice = 10'000;  // events of one turn

// True when the stream holds nothing more that is due. `budget` counts events down.
bool expire_stream(State& state, const std::string& key, std::int64_t oldest, std::size_t& budget,
                   service::Context& ctx) {
  StreamRow row = *state.streams.find(key);
  std::optional<Place> kept;  // the first event that stays
  std::uint64_t bytes = 0;
  const auto scanned = scan_events(ctx.store, row.id, {}, {kFarTime, 0}, Order::Forward, [&](const Event& event) {
    if (event.place.time >= oldest || budget == 0) {
      kept = event.place;
      return false;
    }
    --budget;
    bytes += event.message.size() + kEventOverhead;
    return true;
  });
  if (!scanned) return true;  // tried again in an hour
  ctx.change.erase_range(stream_begin(row.id), kept ? event_key(row.id, *kept) : stream_end(row.id));
  row.stored_bytes -= std::min(row.stored_bytes, bytes);
  row.first_event = kept ? std::optional(kept->time) : std::nullopt;
  if (!kept) row.last_event.reset();
  state.streams.put(ctx.change, key, row);
  return !kept || kept->time >= oldest;
}

bool expire_group(State& state, const GroupRow& group, std::size_t& budget, service::Context& ctx) {
  const std::int64_t oldest = oldest_kept(group, ctx.now);
  std::vector<std::string> due;
  for (const auto& [key, stream] : state.streams.with_prefix(streams_prefix(group.id))) {
    if (stream.first_event && *stream.first_event < oldest) due.push_back(key);
  }
  return std::ranges::all_of(
      due, [&](const std::string& key) { return budget > 0 && expire_stream(state, key, oldest, budget, ctx); });
}

}  // namespace

void remove_expired(State& state, service::Context& ctx) {
  std::size_t budget = kSlice;
  bool all = true;
  bool any_retention = false;
  for (const auto& [key, group] : state.groups.rows()) {
    if (!group.retention_days) continue;
    any_retention = true;
    all = all && expire_group(state, group, budget, ctx);
  }
  state.next_expiry = !all ? ctx.now : any_retention ? ctx.now + kInterval : base::kNever;
}

}  // namespace logs
