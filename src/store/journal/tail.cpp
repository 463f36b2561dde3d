#include "store/journal.h"
#include "store/journal/layout.h"

namespace store {

Place Tail::take(std::uint32_t size) {
  if (std::uint64_t{offset} + size > segment_bytes) {
    ++segment;
    offset = layout::kFirst;
  }
  const Place place = place_at(segment, offset);
  offset += size;
  return place;
}

std::uint32_t Tail::size_of(const JournalEntry& entry) {
  struct {
    std::uint64_t operator()(const Append& append) const {
      return layout::kAppend + append.record.meta.size() + append.record.payload.size();
    }
    std::uint64_t operator()(const Kill&) const { return layout::kKill; }
    std::uint64_t operator()(const Clear&) const { return layout::kClear; }
    std::uint64_t operator()(const Note& note) const { return layout::kNote + note.bytes.size(); }
  } const size;
  return layout::padded(std::visit(size, entry));
}

}  // namespace store
