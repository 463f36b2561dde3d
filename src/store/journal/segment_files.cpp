#include "store/journal/segment_files.h"

#include "base/fault.h"
#include "store/journal/layout.h"

namespace store {
namespace {

// Most records fit into one read of this size.
constexpr std::size_t kFirstRead = 4'096;

}  // namespace

void SegmentFiles::add(std::uint32_t segment, std::string name, std::shared_ptr<File> file) {
  open_ += file ? 1 : 0;
  slots_.insert_or_assign(segment, Slot{std::move(name), std::move(file)});
}

void SegmentFiles::forget(std::uint32_t segment) {
  const auto slot = slots_.find(segment);
  if (slot == slots_.end()) return;
  open_ -= slot->second.file ? 1 : 0;
  slots_.erase(slot);
}

std::expected<std::shared_ptr<File>, Error> SegmentFiles::open(std::uint32_t segment) {
  const auto found = slots_.find(segment);
  if (found == slots_.end()) {
    return std::unexpected(Error{"the journal has no segment " + std::to_string(segment)});
  }
  Slot& slot = found->second;
  if (slot.file) return slot.file;
  if (open_ >= kOpenMax) {
    for (auto& [number, other] : slots_) other.file.reset();
    open_ = 0;
  }
  TRY(slot.file, disk_.open(slot.name));
  ++open_;
  return slot.file;
}

Error SegmentFiles::damaged(Place place) const {
  const auto slot = slots_.find(segment_of(place));
  const std::string file = slot == slots_.end() ? "no file" : "journal/" + slot->second.name;
  return Error{"the record at offset " + std::to_string(offset_of(place)) + " of " + file + " (segment " +
                   std::to_string(segment_of(place)) + ") is damaged or missing",
               true};
}

std::expected<HeldEntry, Error> SegmentFiles::read(Place place) {
  TRY(const std::shared_ptr<File> file, open(segment_of(place)));
  HeldEntry held;
  held.bytes.resize(kFirstRead);
  const auto read = file->read(offset_of(place), held.bytes);
  if (!read) return std::unexpected(Error{read.error().message, true});  // a sector that went bad
  std::size_t got = *read;
  const std::uint32_t size = promised_size(std::string_view(held.bytes).substr(0, got));
  if (size == 0 || size > kPayloadMax + kMetaMax + layout::kAppend + layout::kAlignment) {
    return std::unexpected(damaged(place));
  }
  if (size > got) {
    held.bytes.resize(size);
    const auto rest = file->read(offset_of(place), held.bytes);
    if (!rest) return std::unexpected(Error{rest.error().message, true});
    got = *rest;
  }
  held.bytes.resize(std::min<std::size_t>(got, size));
  const auto entry = parse_entry(segment_of(place), held.bytes);
  if (!entry || entry->kind != EntryKind::Append) return std::unexpected(damaged(place));
  held.entry = *entry;
  return held;
}

}  // namespace store
