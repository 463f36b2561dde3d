#include "queue/log.h"

#include <algorithm>
#include <utility>

#include "base/fault.h"

namespace queue {

store::Place Log::add(service::Change& change, QueueId queue, Sequence number, bool plain, std::string meta,
                      std::string payload) {
  return change.append({{queue, number, plain, std::move(meta), std::move(payload)}, store::kNowhere, store::kNowhere});
}

store::Place Log::update(service::Change& change, const Spot& spot, std::string meta) {
  return change.append({{spot.queue, spot.number, false, std::move(meta), ""}, spot.place, spot.body});
}

store::Place Log::transfer(service::Change& change, const Spot& spot, QueueId to, Sequence number, std::string meta) {
  return change.append({{to, number, false, std::move(meta), ""}, spot.place, spot.body});
}

store::Place Log::rewrite(service::Change& change, const Spot& spot, bool plain, Fetched whole) {
  return change.append(
      {{spot.queue, spot.number, plain, std::move(whole.meta), std::move(whole.payload)}, spot.place, store::kNowhere});
}

store::Place Log::leave(service::Change& change, const Spot& spot, std::string remains) {
  return change.append({{spot.queue, spot.number, false, std::move(remains), ""}, spot.place, store::kNowhere});
}

store::Place Log::leave_behind(service::Change& change, QueueId queue, Sequence number, std::string remains) {
  return change.append({{queue, number, false, std::move(remains), ""}, store::kNowhere, store::kNowhere});
}

void Log::drop(service::Change& change, const Spot& spot) {
  change.kill(spot.place);
}

void Log::clear(service::Change& change, QueueId queue) {
  change.clear(queue);
}

void Log::note(service::Change& change, QueueId queue, std::string bytes) {
  change.note(queue, std::move(bytes));
}

std::expected<std::vector<store::Found>, store::Error> Log::read(service::Context& ctx,
                                                                 const std::vector<store::Place>& places) {
  const auto appended = [&](store::Place place) { return ctx.change.appended(place) != nullptr; };
  if (std::ranges::none_of(places, appended)) return ctx.store.fetch(places);
  std::vector<store::Found> all(places.size());
  std::vector<store::Place> stored;
  std::vector<std::size_t> where;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (const store::Append* append = ctx.change.appended(places[i])) {
      all[i] = {append->record, places[i], append->keeps};
    } else {
      stored.push_back(places[i]);
      where.push_back(i);
    }
  }
  if (stored.empty()) return all;
  TRY(std::vector<store::Found> found, ctx.store.fetch(stored));
  for (std::size_t i = 0; i < found.size(); ++i) all[where[i]] = std::move(found[i]);
  return all;
}

std::expected<std::vector<Log::Fetched>, store::Error> Log::fetch(service::Context& ctx, std::span<const Spot> spots) {
  std::vector<store::Place> places;
  places.reserve(spots.size());
  for (const Spot& spot : spots) places.push_back(spot.body == store::kNowhere ? spot.place : spot.body);
  TRY(std::vector<store::Found> found, read(ctx, places));
  std::vector<Fetched> fetched(spots.size());
  std::vector<store::Place> bodies;
  std::vector<std::size_t> where;
  for (std::size_t i = 0; i < spots.size(); ++i) {
    fetched[i] = {std::move(found[i].record.meta), std::move(found[i].record.payload), places[i]};
    if (spots[i].body != store::kNowhere || found[i].keeps == store::kNowhere) continue;
    bodies.push_back(found[i].keeps);
    where.push_back(i);
  }
  if (bodies.empty()) return fetched;
  TRY(std::vector<store::Found> kept, read(ctx, bodies));
  for (std::size_t i = 0; i < kept.size(); ++i) {
    fetched[where[i]].payload = std::move(kept[i].record.payload);
    fetched[where[i]].body = bodies[i];
  }
  return fetched;
}

}  // namespace queue
