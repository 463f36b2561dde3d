#include "store/journal/ledger.h"

#include <algorithm>

#include "base/fault.h"

namespace store {
namespace {

// Segments whose dead bytes nobody is asked to save: a queue that drains empties them by itself soon. What is dead as a
// whole does not count, for it is given back without anybody's work: otherwise the owner of a long queue that drains
// would be asked to write anew what it is about to read.
constexpr std::size_t kSlackSegments = 4;

std::string name(Place place) {
  return "the record at " + std::to_string(segment_of(place)) + ":" + std::to_string(offset_of(place));
}

std::unexpected<std::string> not_indexed(Place place) {
  return std::unexpected(name(place) + " is not indexed");
}

}  // namespace

bool Ledger::knows(Place place) const {
  const auto segment = segments_.find(segment_of(place));
  if (segment == segments_.end()) return true;  // it knows that there is no such record
  return !segment->second.closed || segment->second.specials.contains(offset_of(place)) ||
         segment->second.gone.contains(offset_of(place)) || learnt_.contains(place);
}

bool Ledger::is_cleared(Place place, std::uint64_t owner) const {
  const auto floor = floors_.find(owner);
  return floor != floors_.end() && place < floor->second;
}

bool Ledger::is_indexed(Place place, std::uint64_t owner) const {
  if (is_cleared(place, owner)) return false;
  const auto segment = segments_.find(segment_of(place));
  return segment != segments_.end() && !segment->second.gone.contains(offset_of(place));
}

// A record that is not special: of an open segment it is listed, of a closed one learnt.
std::optional<RecordHead> Ledger::find_plain(const Segment& segment, Place place) const {
  const auto row = std::ranges::lower_bound(segment.rows, offset_of(place), {}, &Row::offset);
  if (row != segment.rows.end() && row->offset == offset_of(place))
    return RecordHead{row->owner, row->number, row->size};
  const auto learnt = learnt_.find(place);
  return learnt == learnt_.end() ? std::nullopt : std::optional(learnt->second);
}

// Takes a record out of the index; its bytes are still charged.
std::expected<Special, std::string> Ledger::unindex(Place place) {
  const auto found = segments_.find(segment_of(place));
  if (found == segments_.end()) return not_indexed(place);
  Segment& segment = found->second;
  Special record;
  const auto special = segment.specials.find(offset_of(place));
  if (special != segment.specials.end()) {
    record = special->second;
  } else if (const auto plain = find_plain(segment, place)) {
    record = {plain->owner, plain->number, kNowhere, plain->size, 0};
  } else {
    return not_indexed(place);
  }
  if (is_cleared(place, record.owner) || !segment.gone.insert(offset_of(place)).second) return not_indexed(place);
  if (special != segment.specials.end()) {
    forget_keeper(place, record);
    segment.specials.erase(special);
  }
  return record;
}

void Ledger::charge(Segment& segment, std::uint64_t owner, std::uint64_t bytes, std::uint32_t records) {
  Charge& charge = segment.charges[owner];
  charge.bytes += bytes;
  charge.records += records;
  segment.live_bytes += bytes;
  live_bytes_ += bytes;
}

void Ledger::charge(Place place, std::uint64_t owner, std::uint64_t bytes, std::uint32_t records) {
  charge(segments_[segment_of(place)], owner, bytes, records);
}

Ledger::Result Ledger::discharge(Place place, std::uint64_t owner, std::uint64_t bytes) {
  const auto segment = segments_.find(segment_of(place));
  if (segment == segments_.end()) return std::unexpected(name(place) + " is in no segment");
  const auto charge = segment->second.charges.find(owner);
  if (charge == segment->second.charges.end() || charge->second.bytes < bytes || charge->second.records == 0) {
    return std::unexpected(name(place) + " was given up twice");
  }
  if (charge->second.records == 1) bytes = charge->second.bytes;  // also those of damaged records
  charge->second.bytes -= bytes;
  if (--charge->second.records == 0) segment->second.charges.erase(charge);
  segment->second.live_bytes -= bytes;
  live_bytes_ -= bytes;
  return {};
}

Ledger::Result Ledger::recharge(Place place, std::uint64_t bytes, std::uint64_t from, std::uint64_t to) {
  if (from == to) return {};
  CHECK(discharge(place, from, bytes));
  charge(place, to, bytes, 1);
  return {};
}

Ledger::Result Ledger::append(const Record& record, Place place, std::uint32_t size, Place replaces, Place keeps) {
  Special added{record.owner, record.number, keeps, size, 0};
  if (replaces == kNowhere && keeps != kNowhere) return std::unexpected("a record keeps what it does not replace");
  if (record.plain && keeps != kNowhere) return std::unexpected("a plain record keeps another");
  if (replaces != kNowhere) {
    TRY(const Special old, unindex(replaces));
    if (keeps == replaces && old.kept == kNowhere) {
      added.kept_size = old.size;
      CHECK(recharge(replaces, old.size, old.owner, record.owner));
    } else {
      if (keeps != kNowhere && keeps != old.kept) return std::unexpected(name(keeps) + " is not there to be kept");
      CHECK(discharge(replaces, old.owner, old.size));
      if (keeps != kNowhere) {
        added.kept_size = old.kept_size;
        CHECK(recharge(keeps, old.kept_size, old.owner, record.owner));
      } else if (old.kept != kNowhere) {
        CHECK(discharge(old.kept, old.owner, old.kept_size));
      }
    }
  }
  Segment& segment = segments_[segment_of(place)];
  charge(segment, record.owner, size, 1);
  segment.rows.push_back({offset_of(place), size, record.owner, record.number, record.plain});
  if (!record.plain) add_special(place, added);
  return {};
}

void Ledger::add_special(Place place, const Special& special) {
  segments_[segment_of(place)].specials.emplace(offset_of(place), special);
  if (special.kept == kNowhere || segment_of(special.kept) == segment_of(place)) return;
  const auto kept = segments_.find(segment_of(special.kept));
  if (kept != segments_.end()) kept->second.keepers.insert(place);
}

void Ledger::forget_keeper(Place place, const Special& special) {
  if (special.kept == kNowhere || segment_of(special.kept) == segment_of(place)) return;
  const auto kept = segments_.find(segment_of(special.kept));
  if (kept != segments_.end()) kept->second.keepers.erase(place);
}

Ledger::Result Ledger::kill(Place place) {
  TRY(const Special old, unindex(place));
  CHECK(discharge(place, old.owner, old.size));
  if (old.kept != kNowhere) CHECK(discharge(old.kept, old.owner, old.kept_size));
  return {};
}

void Ledger::clear(std::uint64_t owner, Place at) {
  floors_[owner] = at;
  for (auto& [number, segment] : segments_) {
    const auto charge = segment.charges.find(owner);
    if (charge == segment.charges.end()) continue;
    segment.live_bytes -= charge->second.bytes;
    live_bytes_ -= charge->second.bytes;
    segment.charges.erase(charge);
  }
}

void Ledger::note(std::uint64_t owner, std::string_view bytes) {
  if (bytes.empty()) {
    notes_.erase(owner);
  } else {
    notes_[owner] = bytes;
  }
}

std::vector<Ledger::Row> Ledger::indexed(std::uint32_t segment) const {
  std::vector<Row> rows;
  const auto found = segments_.find(segment);
  if (found == segments_.end()) return rows;
  for (const Row& row : found->second.rows) {
    if (is_indexed(place_at(segment, row.offset), row.owner)) rows.push_back(row);
  }
  return rows;
}

void Ledger::close(std::uint32_t segment) {
  Segment& closing = segments_[segment];
  closing.closed = true;
  // Not `= {}`, which assigns an empty list and keeps the memory: a megabyte for each segment there is.
  std::vector<Row>().swap(closing.rows);
  decltype(closing.gone)().swap(closing.gone);
  boost::unordered::erase_if(closing.specials, [&](const auto& special) {
    const Place place = place_at(segment, special.first);
    if (is_indexed(place, special.second.owner)) return false;
    forget_keeper(place, special.second);
    return true;
  });
}

void Ledger::drop(std::uint32_t segment) {
  const auto found = segments_.find(segment);
  if (found == segments_.end()) return;
  for (const auto& [offset, special] : found->second.specials) forget_keeper(place_at(segment, offset), special);
  segments_.erase(found);
}

std::vector<std::uint32_t> Ledger::empty_segments(std::uint32_t before) const {
  std::vector<std::uint32_t> empty;
  for (const auto& [number, segment] : segments_) {
    if (number >= before) break;
    if (segment.charges.empty()) empty.push_back(number);
  }
  return empty;
}

std::optional<std::uint32_t> Ledger::sparse(std::uint32_t before, const std::set<std::uint32_t>& except) const {
  const auto count = static_cast<std::size_t>(
      std::ranges::count_if(segments_, [](const auto& each) { return each.second.live_bytes > 0; }));
  if (count <= kSlackSegments || live_bytes_ * 2 >= count * std::uint64_t{segment_bytes_}) return std::nullopt;
  std::optional<std::uint32_t> sparsest;
  std::uint64_t least = segment_bytes_ / 2;
  for (const auto& [number, segment] : segments_) {
    if (number >= before) break;
    if (segment.live_bytes == 0 || segment.live_bytes >= least || except.contains(number)) continue;
    least = segment.live_bytes;
    sparsest = number;
  }
  return sparsest;
}

std::vector<Living> Ledger::specials_of(std::uint32_t segment) const {
  std::vector<Living> found;
  const auto books = segments_.find(segment);
  if (books == segments_.end()) return found;
  const auto add = [&](Place place, const Special& special) {
    if (is_indexed(place, special.owner)) found.push_back({place, special.owner, special.number});
  };
  for (const auto& [offset, special] : books->second.specials) add(place_at(segment, offset), special);
  for (const Place place : books->second.keepers)
    add(place, segments_.at(segment_of(place)).specials.at(offset_of(place)));
  return found;
}

JournalUse Ledger::use() const {
  return {segments_.size(), live_bytes_};
}

void Ledger::drop_floors_below(Place place) {
  std::erase_if(floors_, [&](const auto& floor) { return floor.second < place; });
}

}  // namespace store
