#include "store/journal/examine.h"

#include "base/fault.h"
#include "store/journal/index.h"
#include "store/journal/layout.h"
#include "store/journal/loader.h"
#include "store/journal/log.h"

namespace store {
namespace {

// More findings say nothing new.
constexpr std::size_t kDamageMax = 100;

class Examiner {
 public:
  Examiner(Disk& disk, JournalFindings& findings) : disk_(disk), findings_(findings) {}

  std::expected<void, Error> run() {
    TRY(Loaded loaded, load_journal(disk_, Log::kSegmentBytes,
                                    [](Place, const std::vector<Write>&) { return std::expected<void, Error>(); }));
    findings_.cut_off = loaded.cut_off;
    for (const auto& [segment, books] : loaded.ledger.segments()) {
      ++findings_.segments;
      if (auto good = look_at(loaded, segment, books); !good) found(good.error().message);
    }
    return {};
  }

  void found(std::string what) {
    if (findings_.damage.size() < kDamageMax) findings_.damage.push_back(std::move(what));
  }

 private:
  std::expected<void, Error> look_at(Loaded& loaded, std::uint32_t segment, const Ledger::Segment& books);
  void compare(Loaded& loaded, std::uint32_t segment, const Ledger::Segment& books, const Index& index,
               const std::string& bytes);
  void compare(const Loaded& loaded, Place place, std::uint64_t owner, std::uint64_t number, const std::string& bytes);

  Disk& disk_;
  JournalFindings& findings_;
  Place bad_ = kNowhere;  // reported already
};

std::expected<void, Error> Examiner::look_at(Loaded& loaded, std::uint32_t segment, const Ledger::Segment& books) {
  TRY(const std::string bytes, read_all(disk_, loaded.files.name(segment)));
  for (std::uint32_t offset = layout::kFirst; offset < books.end;) {
    const auto entry = parse_entry(segment, std::string_view(bytes).substr(offset, books.end - offset));
    if (!entry) {
      bad_ = place_at(segment, offset);
      found(loaded.files.damaged(bad_).message);
      break;
    }
    ++findings_.entries;
    offset += entry->size;
  }
  if (!books.closed) {
    findings_.records += loaded.ledger.indexed(segment).size();
    return {};
  }
  TRY(const Index index, read_index(disk_, segment));
  compare(loaded, segment, books, index, bytes);
  return {};
}

void Examiner::compare(Loaded& loaded, std::uint32_t segment, const Ledger::Segment& books, const Index& index,
                       const std::string& bytes) {
  std::uint64_t before = findings_.records;
  for (const Index::Run& run : index.plain) {
    for (std::size_t i = 0; i < run.offsets.size(); ++i) {
      compare(loaded, place_at(segment, run.offsets[i]), run.owner, run.base + run.numbers[i], bytes);
    }
  }
  for (const Index::Entry& entry : index.specials) {
    compare(loaded, place_at(segment, entry.offset), entry.special.owner, entry.special.number, bytes);
  }
  if (findings_.records > before && books.charges.empty()) {
    found("the books say that nothing lives in segment " + std::to_string(segment) + ", its index says otherwise");
  }
}

void Examiner::compare(const Loaded& loaded, Place place, std::uint64_t owner, std::uint64_t number,
                       const std::string& bytes) {
  if (!loaded.ledger.is_indexed(place, owner)) return;
  ++findings_.records;
  const auto entry = offset_of(place) < bytes.size()
                         ? parse_entry(segment_of(place), std::string_view(bytes).substr(offset_of(place)))
                         : std::nullopt;
  if (entry && entry->kind == EntryKind::Append && entry->owner == owner && entry->number == number) return;
  if (place == bad_) return;
  found(loaded.files.damaged(place).message + ": its index names it");
}

}  // namespace

JournalFindings examine_journal(Disk& disk) {
  JournalFindings findings;
  Examiner examiner(disk, findings);
  if (auto good = examiner.run(); !good) examiner.found(good.error().message);
  return findings;
}

}  // namespace store
