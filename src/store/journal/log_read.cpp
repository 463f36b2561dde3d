#include <algorithm>

#include "base/ensure.h"
#include "base/fault.h"
#include "store/journal/layout.h"
#include "store/journal/log.h"

// What a log tells: records, recovery, what lives in a segment.
namespace store {
namespace {

// Records this near to each other are read together, up to this many bytes.
constexpr std::uint32_t kNear = 32u << 10;
constexpr std::uint32_t kReadMax = 256u << 10;
// The size of the last record is not known before it is read.
constexpr std::uint32_t kLastGuess = 4'096;

Found to_found(Place place, const EntryView& entry) {
  Found found;
  found.record.owner = entry.owner;
  found.record.number = entry.number;
  found.record.plain = entry.plain;
  found.record.meta = std::string(entry.meta);
  found.record.payload = std::string(entry.bytes);
  found.place = place;
  found.keeps = entry.keeps;
  return found;
}

// How many of `places` from the first on lie near enough together, in rising order, to be read in one go.
std::size_t neighbours(std::span<const Place> places) {
  std::size_t count = 1;
  while (count < places.size() && places[count] > places[count - 1] && places[count] - places[count - 1] <= kNear &&
         places[count] - places[0] <= kReadMax - kLastGuess && segment_of(places[count]) == segment_of(places[0])) {
    ++count;
  }
  return count;
}

}  // namespace

void Log::remember(Place place, const EntryView& entry) {
  known_[(place / layout::kAlignment) % known_.size()] = {place, {entry.owner, entry.number, entry.size}};
}

std::expected<HeldEntry, Error> Log::read(Place place) {
  if (auto bytes = groups_.unwritten(segment_of(place), offset_of(place))) {
    HeldEntry held{std::move(*bytes), {}};
    const auto entry = parse_entry(segment_of(place), held.bytes);
    if (!entry || entry->kind != EntryKind::Append) return std::unexpected(files_.damaged(place));
    held.entry = *entry;
    return held;
  }
  return files_.read(place);
}

// Reads what it can of `places` with one read; how many it got, at least one.
std::expected<std::size_t, Error> Log::read_neighbours(std::span<const Place> places, std::vector<Found>& found) {
  const bool in_file = segment_of(places[0]) != tail_.segment || offset_of(places[0]) < groups_.synced(tail_.segment);
  const std::size_t count = in_file ? neighbours(places) : 1;
  if (count > 1) {
    TRY(const std::shared_ptr<File> file, files_.open(segment_of(places[0])));
    scratch_.resize(places[count - 1] - places[0] + kLastGuess);
    const auto got = file->read(offset_of(places[0]), scratch_);  // what fails here may be none of the records
    const std::string_view bytes = std::string_view(scratch_).substr(0, got.value_or(0));
    std::size_t parsed = 0;
    for (; parsed < count; ++parsed) {
      const std::size_t at = places[parsed] - places[0];
      const auto entry = at < bytes.size() ? parse_entry(segment_of(places[0]), bytes.substr(at)) : std::nullopt;
      if (!entry || entry->kind != EntryKind::Append) break;  // not written yet, larger than guessed, or damaged
      remember(places[parsed], *entry);
      found.push_back(to_found(places[parsed], *entry));
    }
    if (parsed > 0) return parsed;
  }
  TRY(const HeldEntry held, read(places[0]));
  remember(places[0], held.entry);
  found.push_back(to_found(places[0], held.entry));
  return 1;
}

std::expected<std::vector<Found>, Error> Log::fetch(std::span<const Place> places) {
  std::vector<Found> found;
  found.reserve(places.size());
  while (!places.empty()) {
    if (!ledger_.segments().contains(segment_of(places[0]))) return std::unexpected(files_.damaged(places[0]));
    TRY(const std::size_t count, read_neighbours(places, found));
    places = places.subspan(count);
  }
  return found;
}

std::expected<std::shared_ptr<const Index>, Error> Log::index_of(std::uint32_t segment) {
  if (const auto found = new_indexes_.find(segment); found != new_indexes_.end()) return found->second;
  TRY(Index index, read_index(*disk_, segment));
  return std::make_shared<const Index>(std::move(index));
}

std::expected<void, Error> Log::tell(std::uint32_t segment, Recovery& recovery) {
  const Ledger::Segment& books = ledger_.segments().at(segment);
  if (books.charges.empty() && books.specials.empty()) return {};
  const bool fresh = new_indexes_.contains(segment);
  TRY(const std::shared_ptr<const Index> index, index_of(segment));
  std::vector<Fresh> records;
  for (const Index::Run& run : index->plain) {
    const auto floor = ledger_.floors().find(run.owner);
    const Place from = floor == ledger_.floors().end() ? kNowhere : floor->second;
    records.clear();
    for (std::size_t i = 0; i < run.offsets.size(); ++i) {
      if (place_at(segment, run.offsets[i]) < from) continue;
      if (!books.gone.empty() && books.gone.contains(run.offsets[i])) continue;
      records.push_back({run.base + run.numbers[i], run.offsets[i]});
    }
    if (!records.empty()) recovery.plain(run.owner, segment, records);
  }
  for (const Index::Entry& entry : index->specials) {
    const Place place = place_at(segment, entry.offset);
    if (!ledger_.is_indexed(place, entry.special.owner)) continue;
    if (!fresh && entry.readable) {
      recovery.record(entry.special.owner, entry.special.number, place, entry.special.kept, entry.meta);
      continue;
    }
    const auto held = files_.read(place);
    if (!held && !held.error().damage) return std::unexpected(held.error());
    if (held) {
      recovery.record(entry.special.owner, entry.special.number, place, entry.special.kept, held->entry.meta);
    } else {
      recovery.damaged(entry.special.owner, entry.special.number, place, entry.special.kept, held.error());
    }
  }
  return {};
}

std::expected<void, Error> Log::recover(Recovery& recovery) {
  ENSURE(!written_);
  for (const auto& [owner, bytes] : ledger_.notes()) recovery.note(owner, bytes);
  for (const auto& [segment, books] : ledger_.segments()) {
    if (segment != tail_.segment) CHECK(tell(segment, recovery));
  }
  applied(0);  // the first checkpoint, which may take the indexes off our hands
  return {};
}

std::expected<std::vector<Living>, Error> Log::living(std::uint32_t segment) {
  const auto books = ledger_.segments().find(segment);
  if (books == ledger_.segments().end() || segment == tail_.segment) return std::vector<Living>();
  std::vector<Living> found = ledger_.specials_of(segment);
  if (!books->second.charges.empty()) {
    TRY(const std::shared_ptr<const Index> index, index_of(segment));
    for (const Index::Run& run : index->plain) {
      for (std::size_t i = 0; i < run.offsets.size(); ++i) {
        const Place place = place_at(segment, run.offsets[i]);
        if (ledger_.is_indexed(place, run.owner)) found.push_back({place, run.owner, run.base + run.numbers[i]});
      }
    }
  }
  std::ranges::sort(found, {}, &Living::place);
  return found;
}

}  // namespace store
