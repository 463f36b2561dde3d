#include "store/journal/loader.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/fault.h"
#include "store/journal/checkpoint.h"
#include "store/journal/index.h"
#include "store/journal/layout.h"

namespace store {
namespace {

constexpr std::string_view kSegmentSuffix = ".segment";
// Looking for entries behind a bad one may take time; hostile payloads can't make it more than this many segments.
constexpr std::uint64_t kSearchSegments = 4;

constexpr std::size_t kWindow = 32u << 10;

// Which segment a file with an unreadable head was is tried out, from the checkpoint's up to so many behind the last
// one that is known.
constexpr std::uint32_t kTriedBehind = 64;

// Room for a whole segment, used for one after the other and never cleared.
class Buffer {
 public:
  std::expected<std::string_view, Error> read(File& file) {
    TRY(const std::uint64_t size, file.size());
    if (size > size_) {
      bytes_.reset(new char[size]);
      size_ = size;
    }
    TRY(const std::size_t got, file.read(0, std::span(bytes_.get(), size)));
    return std::string_view(bytes_.get(), got);
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::uint64_t size_ = 0;
};

// An entry that waits for the end of its batch.
struct Waiting {
  EntryKind kind;
  bool plain;
  std::uint32_t size;
  Place place;
  std::uint64_t owner;
  std::uint64_t number;
  Place replaces;
  Place keeps;
  std::string bytes;  // of notes and rows
};

struct Link {
  std::uint32_t next = 0;
  std::uint32_t end = 0;  // of the earlier segment
};

class Loader {
 public:
  Loader(Disk& disk, std::uint32_t segment_bytes, const ReplayRows& replay)
      : disk_(disk), replay_(replay), loaded_(disk, segment_bytes) {}

  std::expected<Loaded, Error> run() {
    CHECK(read_heads());
    CHECK(read_checkpoint());
    CHECK(read_chain());
    CHECK(look_at_the_rest());
    return std::move(loaded_);
  }

 private:
  struct Slot {
    std::string name;
    bool begun = false;       // has a begin entry
    bool suspicious = false;  // has none, but an entry behind it
  };

  std::expected<void, Error> read_heads();
  std::expected<void, Error> read_head(const std::string& name);
  std::expected<void, Error> read_checkpoint();
  std::expected<void, Error> read_specials_of(std::uint32_t segment);
  std::expected<void, Error> read_chain();
  std::expected<void, Error> read_segment(std::uint32_t segment, std::uint32_t from, std::optional<std::uint32_t> end);
  std::expected<void, Error> look_at_the_rest();
  std::expected<void, Error> look_at_headless(const std::string& name);
  std::expected<void, Error> apply_batch();
  std::expected<void, Error> apply(const Waiting& entry);
  std::expected<void, Error> learn(Place place);
  bool was_synced_later(std::uint32_t segment, std::string_view bytes, std::uint32_t bad) const;
  Error damaged(std::uint32_t segment, std::uint32_t offset) const {
    return Error{"journal/" + slots_.at(segment).name + " (segment " + std::to_string(segment) +
                 ") is damaged at offset " + std::to_string(offset) + ": entries behind it were on disk already"};
  }

  Disk& disk_;
  const ReplayRows& replay_;
  Loaded loaded_;
  std::map<std::uint32_t, Slot> slots_;
  std::map<std::uint32_t, Link> links_;  // by the earlier segment
  std::vector<std::string> headless_;    // files with something in them and no head
  std::vector<Waiting> batch_;
  Place window_at_ = kNowhere;
  std::string window_;
  Buffer segment_;
};

std::expected<void, Error> Loader::read_heads() {
  TRY(std::vector<std::string> names, disk_.list());
  std::ranges::sort(names);
  for (const std::string& name : names) {
    if (is_segment_name(name)) CHECK(read_head(name));
  }
  return {};
}

std::expected<void, Error> Loader::read_head(const std::string& name) {
  TRY(const auto file, disk_.open(name));
  std::string bytes(4'096, '\0');
  TRY(const std::size_t got, file->read(0, bytes));
  bytes.resize(got);
  const auto segment = parse_segment_head(bytes);
  if (!segment) {
    if (bytes.find_first_not_of('\0') != std::string::npos) headless_.push_back(name);
    loaded_.unused.push_back(name);
    return {};
  }
  loaded_.last_number = std::max(loaded_.last_number, *segment);
  const auto begin = parse_entry(*segment, std::string_view(bytes).substr(layout::kSegmentHead));
  const bool begun = begin && begin->kind == EntryKind::Begin;
  if (begun && begin->owner >= *segment) {
    return std::unexpected(Error{"journal/" + name + " says that segment " + std::to_string(*segment) +
                                 " follows segment " + std::to_string(begin->owner)});
  }
  if (const auto other = slots_.find(*segment); other != slots_.end()) {
    // A head that could not be synced is written again elsewhere; nothing follows the first one.
    if (begun && other->second.begun) {
      return std::unexpected(Error{"journal/" + name + " and journal/" + other->second.name +
                                   " both say that they are segment " + std::to_string(*segment)});
    }
    loaded_.unused.push_back(begun ? other->second.name : name);
    if (!begun) return {};
  }
  Slot& slot = slots_[*segment];
  slot = {name, begun, false};
  if (begun) {
    Link& link = links_[static_cast<std::uint32_t>(begin->owner)];
    // A later run began again where an earlier one was cut off.
    if (*segment > link.next) link = {*segment, static_cast<std::uint32_t>(begin->number)};
  } else if (bytes.size() > layout::kFirst) {
    slot.suspicious = promised_size(std::string_view(bytes).substr(layout::kFirst)) != 0;
  }
  return {};
}

std::expected<void, Error> Loader::read_checkpoint() {
  TRY(const std::vector<std::string> names, disk_.list());
  if (std::ranges::find(names, kCheckpointName) == names.end()) return {};
  TRY(const std::string bytes, read_all(disk_, kCheckpointName));
  const auto tail = decode_checkpoint(bytes, loaded_.ledger);
  if (!tail) return std::unexpected(Error{"journal/checkpoint is damaged"});
  loaded_.end = *tail;
  for (auto& [segment, books] : loaded_.ledger.segments()) {
    if (!slots_.contains(segment)) {
      return std::unexpected(Error{"segment " + std::to_string(segment) + " of the journal is missing"});
    }
    loaded_.files.add(segment, slots_.at(segment).name);
    if (books.closed) CHECK(read_specials_of(segment));
  }
  return {};
}

std::expected<void, Error> Loader::read_specials_of(std::uint32_t segment) {
  TRY(const std::vector<Index::Entry> specials, read_specials(disk_, segment));
  for (const Index::Entry& entry : specials) {
    if (loaded_.ledger.is_indexed(place_at(segment, entry.offset), entry.special.owner)) {
      loaded_.ledger.add_special(place_at(segment, entry.offset), entry.special);
    }
  }
  return {};
}

std::expected<void, Error> Loader::read_chain() {
  std::uint32_t segment = segment_of(loaded_.end);
  std::uint32_t from = offset_of(loaded_.end);
  if (loaded_.end == kNowhere) {
    const auto first = links_.find(0);
    if (first == links_.end()) {
      if (links_.empty()) return {};
      return std::unexpected(Error{"journal/checkpoint is missing"});
    }
    segment = first->second.next;
    from = layout::kFirst;
  }
  for (;;) {
    if (!slots_.contains(segment)) {
      return std::unexpected(Error{"segment " + std::to_string(segment) + " of the journal is missing"});
    }
    const auto link = links_.find(segment);
    const bool more = link != links_.end();
    CHECK(read_segment(segment, from, more ? std::optional(link->second.end) : std::nullopt));
    if (!more) break;
    segment = link->second.next;
    from = layout::kFirst;
  }
  if (!batch_.empty() && loaded_.cut_off.empty()) {
    loaded_.cut_off = std::to_string(batch_.size()) + " entries of a batch without its end";
  }
  return {};
}

std::expected<void, Error> Loader::read_segment(std::uint32_t segment, std::uint32_t from,
                                                std::optional<std::uint32_t> end) {
  loaded_.files.add(segment, slots_.at(segment).name);
  loaded_.ledger.segments()[segment];
  loaded_.replayed.push_back(segment);
  TRY(const std::shared_ptr<File> file, loaded_.files.open(segment));
  TRY(const std::string_view bytes, segment_.read(*file));
  const auto limit = static_cast<std::uint32_t>(std::min<std::size_t>(end.value_or(bytes.size()), bytes.size()));
  for (std::uint32_t offset = from; offset < limit;) {
    const auto entry = parse_entry(segment, bytes.substr(offset, limit - offset));
    if (!entry) {
      if (end || was_synced_later(segment, bytes, offset)) return std::unexpected(damaged(segment, offset));
      if (promised_size(bytes.substr(offset)) != 0) {
        loaded_.cut_off = "a write to segment " + std::to_string(segment) + " that ended at offset " +
                          std::to_string(offset) + " in the middle of an entry";
      }
      return {};
    }
    batch_.push_back({entry->kind, entry->plain, entry->size, place_at(segment, offset), entry->owner, entry->number,
                      entry->replaces, entry->keeps,
                      std::string(entry->kind == EntryKind::Append ? std::string_view() : entry->bytes)});
    offset += entry->size;
    if (!entry->last) continue;
    CHECK(apply_batch());
    loaded_.end = place_at(segment, offset);
    loaded_.ledger.segments()[segment].end = offset;
  }
  return {};
}

// An entry says up to where its segment was on disk when it was written. One that says so of the bad place proves that
// the bad place is not the work of a power cut.
bool Loader::was_synced_later(std::uint32_t segment, std::string_view bytes, std::uint32_t bad) const {
  std::uint64_t budget = kSearchSegments * bytes.size();
  for (std::size_t offset = bad + layout::kAlignment; offset + layout::kHead <= bytes.size();
       offset += layout::kAlignment) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + offset, sizeof word);
    if (word == 0) continue;  // never used: most of what is behind the end
    const std::string_view rest = bytes.substr(offset);
    const std::uint32_t size = promised_size(rest);
    if (size == 0 || size > rest.size()) continue;
    std::uint32_t synced = 0;
    std::memcpy(&synced, rest.data() + 12, sizeof synced);
    if (synced <= bad || synced > offset) continue;
    if (size > budget) return false;
    budget -= size;
    if (parse_entry(segment, rest)) return true;
  }
  return false;
}

std::expected<void, Error> Loader::apply_batch() {
  std::vector<Write> rows;
  Place rows_at = kNowhere;
  for (const Waiting& entry : batch_) {
    if (entry.kind != EntryKind::Rows) {
      CHECK(apply(entry));
      continue;
    }
    rows_at = entry.place;
    if (!decode_rows(entry.bytes, rows)) return std::unexpected(damaged(segment_of(rows_at), offset_of(rows_at)));
  }
  batch_.clear();
  loaded_.ledger.forget_learnt();
  if (rows_at == kNowhere) return {};
  return replay_(rows_at, std::move(rows));
}

std::expected<void, Error> Loader::apply(const Waiting& entry) {
  Ledger& ledger = loaded_.ledger;
  Ledger::Result booked;
  if (entry.replaces != kNowhere) CHECK(learn(entry.replaces));
  if (entry.kind == EntryKind::Append) {
    Record record;
    record.owner = entry.owner;
    record.number = entry.number;
    record.plain = entry.plain;
    booked = ledger.append(record, entry.place, entry.size, entry.replaces, entry.keeps);
  } else if (entry.kind == EntryKind::Kill) {
    booked = ledger.kill(entry.replaces);
  } else if (entry.kind == EntryKind::Clear) {
    ledger.clear(entry.owner, entry.place);
  } else if (entry.kind == EntryKind::Note) {
    ledger.note(entry.owner, entry.bytes);
  }
  if (booked) return {};
  return std::unexpected(Error{"the journal contradicts itself at segment " + std::to_string(segment_of(entry.place)) +
                               ", offset " + std::to_string(offset_of(entry.place)) + ": " + booked.error()});
}

// Records are mostly given up in the order in which they came, so a read serves several.
std::expected<void, Error> Loader::learn(Place place) {
  if (loaded_.ledger.knows(place)) return {};
  if (place < window_at_ || place - window_at_ >= window_.size()) {
    TRY(const std::shared_ptr<File> file, loaded_.files.open(segment_of(place)));
    window_.resize(kWindow);
    TRY(const std::size_t got, file->read(offset_of(place), window_));
    window_.resize(got);
    window_at_ = place;
  }
  if (const auto entry = parse_entry(segment_of(place), std::string_view(window_).substr(place - window_at_));
      entry && entry->kind == EntryKind::Append) {
    loaded_.ledger.learn(place, {entry->owner, entry->number, entry->size});
    return {};
  }
  if (const auto held = loaded_.files.read(place)) {
    loaded_.ledger.learn(place, {held->entry.owner, held->entry.number, held->entry.size});
    return {};
  } else if (!held.error().damage) {
    return std::unexpected(held.error());
  }
  TRY(const Index index, read_index(disk_, segment_of(place)));
  const auto head = find_plain(index, offset_of(place));
  if (!head) return std::unexpected(loaded_.files.damaged(place));
  loaded_.ledger.learn(place, *head);
  return {};
}

// What is neither in the books nor in the chain holds nothing that was acknowledged; unless its begin was damaged.
std::expected<void, Error> Loader::look_at_the_rest() {
  for (const auto& [segment, slot] : slots_) {
    if (loaded_.files.has(segment)) continue;
    if (slot.suspicious && segment > segment_of(loaded_.end)) {
      TRY(const std::string bytes, read_all(disk_, slot.name));
      if (was_synced_later(segment, bytes, layout::kSegmentHead)) {
        return std::unexpected(damaged(segment, layout::kSegmentHead));
      }
    }
    loaded_.unused.push_back(slot.name);
  }
  for (const std::string& name : headless_) CHECK(look_at_headless(name));
  return {};
}

// A power cut can tear a head, but only before the segment has a begin entry: until then the file held one that no
// checkpoint names any more. Every other one was damaged.
std::expected<void, Error> Loader::look_at_headless(const std::string& name) {
  TRY(const auto file, disk_.open(name));
  std::string bytes(layout::kFirst, '\0');
  TRY(const std::size_t got, file->read(0, bytes));
  bytes.resize(got);
  if (got <= layout::kSegmentHead) return {};
  const std::string_view behind = std::string_view(bytes).substr(layout::kSegmentHead);
  const std::uint32_t last = std::max(loaded_.last_number, segment_of(loaded_.end)) + kTriedBehind;
  for (std::uint32_t segment = std::max(1u, segment_of(loaded_.end)); segment <= last; ++segment) {
    const auto begin = parse_entry(segment, behind);
    if (begin && begin->kind == EntryKind::Begin) {
      return std::unexpected(
          Error{"journal/" + name + " (segment " + std::to_string(segment) + ") is damaged at offset 0"});
    }
  }
  return {};
}

}  // namespace

bool is_segment_name(const std::string& name) {
  return name.ends_with(kSegmentSuffix);
}

std::expected<Loaded, Error> load_journal(Disk& disk, std::uint32_t segment_bytes, const ReplayRows& replay) {
  return Loader(disk, segment_bytes, replay).run();
}

}  // namespace store
