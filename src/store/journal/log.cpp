#include "store/journal/log.h"

#include <algorithm>

#include "base/ensure.h"
#include "base/fault.h"
#include "store/batch_check.h"
#include "store/journal/checkpoint.h"
#include "store/journal/layout.h"

namespace store {
namespace {

// Rows of one batch share a segment or two with its records.
constexpr std::uint32_t kRowPartsPerSegment = 8;

std::uint32_t rows_size(const std::string& part) {
  return layout::padded(layout::kHead + part.size());
}

}  // namespace

std::expected<std::unique_ptr<Log>, Error> Log::open(std::unique_ptr<Disk> disk, Options options,
                                                     const ReplayRows& replay) {
  TRY(Loaded loaded, load_journal(*disk, options.segment_bytes, replay));
  if (!loaded.cut_off.empty() && options.warn) options.warn("the journal ends with " + loaded.cut_off + ": cut off");
  const std::vector<std::uint32_t> replayed = loaded.replayed;
  std::unique_ptr<Log> log(new Log(std::move(disk), std::move(options), std::move(loaded)));
  CHECK(log->start(replayed));
  return log;
}

Log::Log(std::unique_ptr<Disk> disk, Options options, Loaded loaded)
    : disk_(std::move(disk)),
      options_(std::move(options)),
      ledger_(std::move(loaded.ledger)),
      files_(std::move(loaded.files)),
      previous_end_(loaded.end) {
  Keeper::Parts parts{options_.segment_bytes, options_.flush_rows, options_.warn};
  keeper_ = std::make_unique<Keeper>(*disk_, std::move(parts), loaded.last_number + 1, std::move(loaded.unused));
}

// What was written before is never appended to: a segment that was cut off may hold anything behind its end.
std::expected<void, Error> Log::start(const std::vector<std::uint32_t>& replayed) {
  for (const std::uint32_t segment : replayed) {
    TRY(std::shared_ptr<File> file, files_.open(segment));
    closing_.emplace_back(segment, std::move(file));
  }
  keeper_->step();
  if (const auto error = keeper_->segment_error()) return std::unexpected(*error);
  auto ready = keeper_->take_ready();
  ENSURE(ready.has_value());
  tail_ = {ready->segment, layout::kFirst, options_.segment_bytes};
  end_ = layout::kFirst;
  open_segment(std::move(*ready));
  if (!closing_.empty()) check_point();
  return {};
}

void Log::open_segment(Keeper::Ready ready) {
  ENSURE(ready.segment == tail_.segment);
  open_file_ = ready.file;
  files_.add(ready.segment, std::move(ready.name), std::move(ready.file));
  ledger_.segments()[ready.segment];
}

std::expected<Log::Written, Error> Log::write(const Batch& batch) {
  CHECK(check(batch, tail_));
  const std::uint32_t room = options_.segment_bytes - layout::kFirst;
  const auto rows = encode_rows(batch.rows, room / kRowPartsPerSegment - layout::kHead);
  if (!rows) return std::unexpected(Error{"a row is too large for the journal"});
  CHECK(learn_named(batch));
  if (auto ready = ensure_segments(batch, *rows); !ready) {
    give_back();
    return std::unexpected(std::move(ready).error());
  }
  Written written{last_batch_ + 1, kNowhere};
  CHECK(groups_.add(written.batch,
                    [&](auto& pieces, std::string& spare) { put(pieces, spare, batch, *rows, written.rows_at); }));
  ledger_.forget_learnt();
  last_batch_ = written.batch;
  written_ = true;
  for (const std::string& part : *rows) row_bytes_ += part.size();
  if (!closing_.empty()) check_point();
  // The next batch begins a segment, if there is one to begin.
  if (row_bytes_ > kRowBytesMax && keeper_->ready() > 0) tail_.offset = tail_.segment_bytes;
  return written;
}

// Plain records of closed segments are known by their bytes only. Reading them may fail, so it comes first.
std::expected<void, Error> Log::learn_named(const Batch& batch) {
  const Place begin = place_at(tail_.segment, tail_.offset);
  const auto learn_old = [&](Place place) -> std::expected<void, Error> {
    return place == kNowhere || place >= begin ? std::expected<void, Error>() : learn(place);
  };
  for (const JournalEntry& entry : batch.journal) {
    if (const auto* append = std::get_if<Append>(&entry)) CHECK(learn_old(append->replaces));
    if (const auto* kill = std::get_if<Kill>(&entry)) CHECK(learn_old(kill->place));
  }
  return {};
}

std::expected<void, Error> Log::learn(Place place) {
  if (ledger_.knows(place)) return {};
  const KnownHead& known = known_[(place / layout::kAlignment) % known_.size()];
  if (known.place == place) {
    ledger_.learn(place, known.head);
    return {};
  }
  if (const auto held = read(place)) {
    ledger_.learn(place, {held->entry.owner, held->entry.number, held->entry.size});
    return {};
  } else if (!held.error().damage) {
    return std::unexpected(held.error());
  }
  // Who is damaged can still be given up.
  TRY(const std::shared_ptr<const Index> index, index_of(segment_of(place)));
  const auto head = find_plain(*index, offset_of(place));
  if (!head) return std::unexpected(files_.damaged(place));
  ledger_.learn(place, *head);
  return {};
}

std::expected<void, Error> Log::ensure_segments(const Batch& batch, const std::vector<std::string>& rows) {
  Tail end = tail_;
  for (const JournalEntry& entry : batch.journal) end.take(entry);
  for (const std::string& part : rows) end.take(rows_size(part));
  const std::size_t needed = end.segment - tail_.segment;
  if (needed > kBatchSegmentsMax) return std::unexpected(Error{"the rows of a batch are too large for the journal"});
  if (needed == 0 || keeper_->ready() >= needed) return {};
  keeper_->want(needed);
  while (keeper_->ready() < needed) {
    if (const auto error = keeper_->segment_error()) return std::unexpected(*error);
    if (options_.wait_for_keeper) {
      options_.wait_for_keeper();
    } else {
      keeper_->step();
    }
  }
  return {};
}

Place Log::take(std::uint32_t size) {
  const std::uint32_t segment = tail_.segment;
  const Place place = tail_.take(size);
  if (tail_.segment != segment) next_segment();
  end_ = tail_.offset;
  return place;
}

// The tail has gone over into a segment that ensure_segments() has seen ready.
void Log::next_segment() {
  const std::uint32_t full = tail_.segment - 1;
  auto ready = keeper_->take_ready();
  ENSURE(ready.has_value());
  ledger_.segments()[full].end = end_;
  closing_.emplace_back(full, std::move(open_file_));
  previous_end_ = place_at(full, end_);
  open_segment(std::move(*ready));
  // Another one will be needed.
  if (options_.wake_keeper) options_.wake_keeper();
}

Piece& Log::piece_at(std::vector<Piece>& pieces, std::string& spare, Place place) {
  const std::uint32_t segment = segment_of(place);
  if (!pieces.empty() && pieces.back().segment == segment) return pieces.back();
  Piece piece{segment, offset_of(place), open_file_, std::move(spare)};
  spare.clear();
  piece.bytes.clear();
  if (piece.offset == layout::kFirst) {
    piece.offset = layout::kSegmentHead;
    put_begin(piece.bytes, {segment, 0}, segment_of(previous_end_), offset_of(previous_end_));
  }
  pieces.push_back(std::move(piece));
  return pieces.back();
}

void Log::put(std::vector<Piece>& pieces, std::string& spare, const Batch& batch, const std::vector<std::string>& rows,
              Place& rows_at) {
  std::size_t left = batch.journal.size() + rows.size();
  for (const JournalEntry& entry : batch.journal) {
    const Place place = take(Tail::size_of(entry));
    Piece& piece = piece_at(pieces, spare, place);
    put_entry(piece.bytes, {segment_of(place), groups_.synced(segment_of(place)), --left == 0}, entry);
    book(entry, place);
  }
  for (const std::string& part : rows) {
    rows_at = take(rows_size(part));
    Piece& piece = piece_at(pieces, spare, rows_at);
    put_rows(piece.bytes, {segment_of(rows_at), groups_.synced(segment_of(rows_at)), --left == 0}, part);
  }
}

void Log::book(const JournalEntry& entry, Place place) {
  Ledger::Result booked;
  if (const auto* append = std::get_if<Append>(&entry)) {
    booked = ledger_.append(append->record, place, Tail::size_of(entry), append->replaces, append->keeps);
  } else if (const auto* kill = std::get_if<Kill>(&entry)) {
    booked = ledger_.kill(kill->place);
  } else if (const auto* clear = std::get_if<Clear>(&entry)) {
    ledger_.clear(clear->owner, place);
  } else if (const auto* note = std::get_if<Note>(&entry)) {
    ledger_.note(note->owner, note->bytes);
  }
  if (!booked && options_.warn) options_.warn(booked.error());
  ENSURE(booked.has_value());
}

// The books as they are now, for the keeper to write when all that is in them is durable.
void Log::check_point() {
  Keeper::Job job;
  for (auto& [segment, file] : closing_) {
    if (!ledger_.segments()[segment].charges.empty()) {
      auto index = std::make_shared<const Index>(make_index(ledger_, segment));
      job.closed.push_back({segment, index, std::move(file)});
      new_indexes_[segment] = std::move(index);
    }
    ledger_.close(segment);
  }
  closing_.clear();
  for (const std::uint32_t segment : ledger_.empty_segments(tail_.segment)) {
    job.dropped.push_back(segment);
    job.files.push_back(files_.name(segment));
    files_.forget(segment);
    new_indexes_.erase(segment);
    ledger_.drop(segment);
  }
  ledger_.drop_floors_below(place_at(ledger_.segments().begin()->first, 0));
  job.checkpoint = encode_checkpoint(ledger_, place_at(tail_.segment, end_));
  row_bytes_ = 0;
  held_jobs_.push_back({last_batch_, std::move(job)});
}

// Empty segments wait for a checkpoint, and checkpoints for the next segment: on a full disk, for ever.
void Log::give_back() {
  if (ledger_.empty_segments(tail_.segment).empty()) return;
  check_point();
  applied(applied_batch_);
}

void Log::applied(std::uint64_t batch) {
  applied_batch_ = batch;
  for (const std::uint32_t segment : keeper_->take_indexed()) new_indexes_.erase(segment);
  bool some = false;
  while (!held_jobs_.empty() && held_jobs_.front().batch <= batch) {
    keeper_->submit(std::move(held_jobs_.front().job));
    held_jobs_.erase(held_jobs_.begin());
    some = true;
  }
  if (some && options_.wake_keeper) options_.wake_keeper();
}

}  // namespace store
