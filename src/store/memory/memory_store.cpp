#include "store/memory/memory_store.h"

#include <algorithm>
#include <utility>

#include "base/ensure.h"
#include "store/batch_check.h"

namespace store {
namespace {

Error damage_at(Place place) {
  return {"injected: the record at " + std::to_string(segment_of(place)) + ":" + std::to_string(offset_of(place)) +
              " is damaged",
          true};
}

}  // namespace

void MemoryStore::State::apply(const Batch& batch) {
  for (const Write& write : batch.rows) {
    switch (write.kind) {
      case Write::Kind::Put:
        rows.insert_or_assign(write.key, write.value);
        break;
      case Write::Kind::Erase:
        rows.erase(write.key);
        break;
      case Write::Kind::EraseRange:
        rows.erase(rows.lower_bound(write.key), rows.lower_bound(write.value));
        break;
    }
  }
  for (const JournalEntry& entry : batch.journal) apply(entry);
  if (!batch.journal.empty()) drop_empty();
}

void MemoryStore::State::apply(const JournalEntry& entry) {
  const std::uint32_t size = Tail::size_of(entry);
  const Place place = tail.take(size);
  Ledger::Result booked;
  if (const auto* append = std::get_if<Append>(&entry)) {
    booked = ledger.append(append->record, place, size, append->replaces, append->keeps);
    records.emplace(place, *append);
  } else if (const auto* kill = std::get_if<Kill>(&entry)) {
    booked = ledger.kill(kill->place);
  } else if (const auto* clear = std::get_if<Clear>(&entry)) {
    ledger.clear(clear->owner, place);
  } else if (const auto* note = std::get_if<Note>(&entry)) {
    ledger.note(note->owner, note->bytes);
  }
  if (!booked) std::fprintf(stderr, "%s\n", booked.error().c_str());
  ENSURE(booked.has_value());
}

void MemoryStore::State::drop_empty() {
  for (const std::uint32_t segment : ledger.empty_segments(tail.segment)) {
    ledger.drop(segment);
    records.erase(records.lower_bound(place_at(segment, 0)), records.lower_bound(place_at(segment + 1, 0)));
  }
}

void MemoryStore::State::restart() {
  tail.offset = tail.segment_bytes;
}

std::expected<void, Error> MemoryStore::write(const Batch& batch, Done done) {
  const std::uint64_t number = writes_++;
  if (refuse_at_ == number) return std::unexpected(Error{"injected: write refused"});
  if (auto good = check(batch, visible_.tail); !good) return good;
  const Tail at = visible_.tail;
  visible_.apply(batch);
  unsynced_.push_back({number, batch, at, std::move(done)});
  if (auto_sync_) sync();
  return {};
}

std::expected<std::optional<std::string>, Error> MemoryStore::read(std::string_view key) {
  const auto found = visible_.rows.find(key);
  if (found == visible_.rows.end()) return std::nullopt;
  return found->second;
}

std::expected<void, Error> MemoryStore::scan(std::string_view prefix, std::string_view from, const Visit& visit) {
  for (auto row = visible_.rows.lower_bound(std::max(prefix, from)); row != visible_.rows.end(); ++row) {
    if (!row->first.starts_with(prefix) || !visit(row->first, row->second)) break;
  }
  return {};
}

std::expected<void, Error> MemoryStore::scan_back(std::string_view prefix, std::string_view before,
                                                  const Visit& visit) {
  for (auto row = visible_.rows.lower_bound(before); row != visible_.rows.begin();) {
    --row;
    if (!row->first.starts_with(prefix) || !visit(row->first, row->second)) break;
  }
  return {};
}

std::expected<void, Error> MemoryStore::recover(Recovery& recovery) {
  for (const auto& [owner, bytes] : visible_.ledger.notes()) recovery.note(owner, bytes);
  for (const auto& [number, segment] : visible_.ledger.segments()) {
    std::map<std::uint64_t, std::vector<Fresh>> plain;
    for (const Ledger::Row& row : visible_.ledger.indexed(number)) {
      const Place place = place_at(number, row.offset);
      if (row.plain) {
        plain[row.owner].push_back({row.number, row.offset});
        continue;
      }
      const Append& append = visible_.records.at(place);
      if (unindexed_.contains(place)) {
        recovery.damaged(row.owner, row.number, place, append.keeps, damage_at(place));
      } else {
        recovery.record(row.owner, row.number, place, append.keeps, append.record.meta);
      }
    }
    for (const auto& [owner, records] : plain) recovery.plain(owner, number, records);
  }
  visible_.restart();
  return {};
}

std::expected<std::vector<Found>, Error> MemoryStore::fetch(std::span<const Place> places) {
  std::vector<Found> found;
  for (const Place place : places) {
    const auto record = visible_.records.find(place);
    if (record == visible_.records.end()) {
      return std::unexpected(
          Error{"no record at " + std::to_string(segment_of(place)) + ":" + std::to_string(offset_of(place))});
    }
    if (damaged_.contains(place)) return std::unexpected(damage_at(place));
    found.push_back({record->second.record, place, record->second.keeps});
  }
  return found;
}

std::expected<std::vector<Living>, Error> MemoryStore::living(std::uint32_t segment) {
  std::vector<Living> found = visible_.ledger.specials_of(segment);
  for (const Ledger::Row& row : visible_.ledger.indexed(segment)) {
    if (row.plain) found.push_back({place_at(segment, row.offset), row.owner, row.number});
  }
  std::ranges::sort(found, {}, &Living::place);
  return found;
}

void MemoryStore::sync(std::size_t count) {
  for (; count > 0 && !unsynced_.empty(); --count) {
    Unsynced next = std::move(unsynced_.front());
    unsynced_.pop_front();
    if (fail_sync_at_ && *fail_sync_at_ <= next.number) {
      next.done(std::unexpected(Error{"injected: sync failed"}));
      continue;
    }
    durable_.tail = next.at;
    durable_.apply(next.batch);
    next.done({});
  }
}

void MemoryStore::crash() {
  unsynced_.clear();
  fail_sync_at_.reset();
  visible_ = durable_;
}

}  // namespace store
