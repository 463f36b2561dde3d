#include "store/journal/checkpoint.h"

#include "store/journal/bytes.h"
#include "store/journal/crc32c.h"

namespace store {
namespace {

constexpr std::string_view kMagic = "renkei.books.002";

void put_open(std::string& out, const Ledger::Segment& segment) {
  put_number(out, static_cast<std::uint32_t>(segment.rows.size()));
  for (const Ledger::Row& row : segment.rows) {
    put_number(out, row.offset);
    put_number(out, row.size);
    put_number(out, row.owner);
    put_number(out, row.number);
    put_number(out, static_cast<std::uint8_t>(row.plain));
  }
  put_number(out, static_cast<std::uint32_t>(segment.specials.size()));
  for (const auto& [offset, special] : segment.specials) {
    put_number(out, offset);
    put_number(out, special.owner);
    put_number(out, special.number);
    put_number(out, special.kept);
    put_number(out, special.size);
    put_number(out, special.kept_size);
  }
}

void take_open(Reader& reader, Ledger& ledger, std::uint32_t number) {
  Ledger::Segment& segment = ledger.segments()[number];
  segment.rows.resize(reader.count(4 + 4 + 8 + 8 + 1));
  for (Ledger::Row& row : segment.rows) {
    row.offset = reader.u32();
    row.size = reader.u32();
    row.owner = reader.u64();
    row.number = reader.u64();
    row.plain = reader.number<std::uint8_t>() != 0;
  }
  const std::size_t specials = reader.count(4 + 8 + 8 + 8 + 4 + 4);
  for (std::size_t i = 0; i < specials; ++i) {
    const std::uint32_t offset = reader.u32();
    Special special;
    special.owner = reader.u64();
    special.number = reader.u64();
    special.kept = reader.u64();
    special.size = reader.u32();
    special.kept_size = reader.u32();
    ledger.add_special(place_at(number, offset), special);
  }
}

// Records of an open segment stand in rising order, and those that are not plain are special for as long as they live.
bool is_sound(const Ledger& ledger, std::uint32_t number, const Ledger::Segment& segment) {
  std::uint32_t last = 0;
  for (const Ledger::Row& row : segment.rows) {
    if (row.offset <= last) return false;
    last = row.offset;
    const bool lives = ledger.is_indexed(place_at(number, row.offset), row.owner);
    if (lives && row.plain == segment.specials.contains(row.offset)) return false;
  }
  return true;
}

void put_segment(std::string& out, std::uint32_t number, const Ledger::Segment& segment) {
  put_number(out, number);
  put_number(out, static_cast<std::uint8_t>(segment.closed));
  put_number(out, segment.end);
  put_number(out, static_cast<std::uint32_t>(segment.charges.size()));
  for (const auto& [owner, charge] : segment.charges) {
    put_number(out, owner);
    put_number(out, charge.bytes);
    put_number(out, charge.records);
  }
  put_number(out, static_cast<std::uint32_t>(segment.gone.size()));
  for (const std::uint32_t offset : segment.gone) put_number(out, offset);
  if (!segment.closed) put_open(out, segment);
}

void take_segment(Reader& reader, Ledger& ledger) {
  const std::uint32_t number = reader.u32();
  Ledger::Segment& segment = ledger.segments()[number];
  segment.closed = reader.number<std::uint8_t>() != 0;
  segment.end = reader.u32();
  const std::size_t charges = reader.count(8 + 8 + 4);
  for (std::size_t i = 0; i < charges; ++i) {
    const std::uint64_t owner = reader.u64();
    const std::uint64_t bytes = reader.u64();
    ledger.charge(place_at(number, 0), owner, bytes, reader.u32());
  }
  const std::size_t gone = reader.count(4);
  segment.gone.reserve(gone);
  for (std::size_t i = 0; i < gone; ++i) segment.gone.insert(reader.u32());
  if (!segment.closed) take_open(reader, ledger, number);
}

}  // namespace

std::string encode_checkpoint(const Ledger& ledger, Place tail) {
  std::string out(kMagic);
  put_number(out, tail);
  put_number(out, static_cast<std::uint32_t>(ledger.segments().size()));
  for (const auto& [number, segment] : ledger.segments()) put_segment(out, number, segment);
  put_number(out, static_cast<std::uint32_t>(ledger.floors().size()));
  for (const auto& [owner, floor] : ledger.floors()) {
    put_number(out, owner);
    put_number(out, floor);
  }
  put_number(out, static_cast<std::uint32_t>(ledger.notes().size()));
  for (const auto& [owner, bytes] : ledger.notes()) {
    put_number(out, owner);
    put_text(out, bytes);
  }
  put_number(out, crc32c(0, out));
  return out;
}

std::optional<Place> decode_checkpoint(std::string_view bytes, Ledger& ledger) {
  if (bytes.size() < 4 || !bytes.starts_with(kMagic)) return std::nullopt;
  const std::string_view body = bytes.substr(0, bytes.size() - 4);
  if (crc32c(0, body) != number_at<std::uint32_t>(bytes.data() + body.size())) return std::nullopt;
  Reader reader(body.substr(kMagic.size()));
  const Place tail = reader.u64();
  for (std::size_t left = reader.count(4 + 1 + 4 + 4 + 4); left > 0; --left) take_segment(reader, ledger);
  for (std::size_t left = reader.count(16); left > 0; --left) {
    const std::uint64_t owner = reader.u64();
    ledger.set_floor(owner, reader.u64());
  }
  for (std::size_t left = reader.count(12); left > 0; --left) {
    const std::uint64_t owner = reader.u64();
    ledger.note(owner, reader.text());
  }
  if (!reader.at_end()) return std::nullopt;
  for (const auto& [number, segment] : ledger.segments()) {
    if (!segment.closed && !is_sound(ledger, number, segment)) return std::nullopt;
  }
  return tail;
}

}  // namespace store
