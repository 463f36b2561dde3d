#include "store/batch_check.h"

#include "base/ensure.h"
#include "base/fault.h"
#include "store/journal/layout.h"

namespace store {
namespace {

std::expected<void, Error> hold_to(std::string_view what, std::size_t size, std::size_t limit) {
  if (size <= limit) return {};
  return std::unexpected(Error{std::string(what) + " of " + std::to_string(size) +
                               " bytes is larger than the limit of " + std::to_string(limit)});
}

std::expected<void, Error> check_entry(const JournalEntry& entry) {
  if (const auto* append = std::get_if<Append>(&entry)) {
    CHECK(hold_to("the meta of a record", append->record.meta.size(), kMetaMax));
    return hold_to("the payload of a record", append->record.payload.size(), kPayloadMax);
  }
  if (const auto* note = std::get_if<Note>(&entry)) return hold_to("a note", note->bytes.size(), kNoteMax);
  return {};
}

}  // namespace

std::expected<void, Error> check(const Batch& batch, const Tail& tail) {
  if (batch.journal.empty()) return {};
  ENSURE(!batch.planned_at || *batch.planned_at == tail);
  std::uint64_t bytes = 0;
  for (const JournalEntry& entry : batch.journal) {
    CHECK(check_entry(entry));
    bytes += Tail::size_of(entry);
  }
  return hold_to("a batch", bytes, tail.segment_bytes - layout::kFirst);
}

}  // namespace store
