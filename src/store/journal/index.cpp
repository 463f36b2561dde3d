#include "store/journal/index.h"

#include <algorithm>
#include <bit>

#include "store/journal/bytes.h"
#include "store/journal/crc32c.h"

namespace store {
namespace {

constexpr std::string_view kMagic = "renkei.index.002";
constexpr std::size_t kSpecialSize = 4 + 8 + 8 + 8 + 4 + 4 + 4;

// The supported machines are little-endian, so these are the bytes on disk.
static_assert(std::endian::native == std::endian::little);
void put_numbers(std::string& out, const std::vector<std::uint32_t>& numbers) {
  out.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(std::uint32_t));
}
void take_numbers(Reader& reader, std::vector<std::uint32_t>& numbers, std::size_t count) {
  const std::string_view bytes = reader.bytes(count * sizeof(std::uint32_t));
  if (bytes.empty()) return;
  numbers.resize(count);
  std::memcpy(numbers.data(), bytes.data(), bytes.size());
}

}  // namespace

std::string index_name(std::uint32_t segment) {
  std::string digits = std::to_string(segment);
  return std::string(10 - digits.size(), '0') + digits + ".index";
}

Index make_index(const Ledger& ledger, std::uint32_t segment) {
  Index index;
  std::vector<Ledger::Row> rows = ledger.indexed(segment);
  std::ranges::stable_sort(rows, {}, &Ledger::Row::owner);
  for (const Ledger::Row& row : rows) {
    if (!row.plain) {
      index.specials.push_back({row.offset, ledger.segments().at(segment).specials.at(row.offset), {}});
      continue;
    }
    const bool fits = !index.plain.empty() && index.plain.back().owner == row.owner &&
                      row.number >= index.plain.back().base && row.number - index.plain.back().base <= UINT32_MAX;
    if (!fits) index.plain.push_back({row.owner, row.number, {}, {}});
    Index::Run& run = index.plain.back();
    run.offsets.push_back(row.offset);
    run.numbers.push_back(static_cast<std::uint32_t>(row.number - run.base));
  }
  std::ranges::sort(index.specials, {}, &Index::Entry::offset);
  return index;
}

std::string encode(const Index& index, std::uint32_t segment) {
  std::string out(kMagic);
  put_number(out, segment);
  put_number(out, static_cast<std::uint32_t>(index.plain.size()));
  for (const Index::Run& run : index.plain) {
    put_number(out, run.owner);
    put_number(out, run.base);
    put_number(out, static_cast<std::uint32_t>(run.offsets.size()));
    put_numbers(out, run.offsets);
    put_numbers(out, run.numbers);
  }
  put_number(out, static_cast<std::uint32_t>(index.specials.size()));
  for (const Index::Entry& entry : index.specials) {
    put_number(out, entry.offset);
    put_number(out, entry.special.owner);
    put_number(out, entry.special.number);
    put_number(out, entry.special.kept);
    put_number(out, entry.special.size);
    put_number(out, entry.special.kept_size);
    put_text(out, entry.meta);
  }
  put_number(out, crc32c(0, out));
  return out;
}

std::optional<Index> decode_index(std::string_view bytes, std::uint32_t segment) {
  if (bytes.size() < 4 || !bytes.starts_with(kMagic)) return std::nullopt;
  const std::string_view body = bytes.substr(0, bytes.size() - 4);
  if (crc32c(0, body) != number_at<std::uint32_t>(bytes.data() + body.size())) return std::nullopt;
  Reader reader(body.substr(kMagic.size()));
  if (reader.u32() != segment) return std::nullopt;
  Index index;
  index.plain.resize(reader.count(8 + 8 + 4));
  for (Index::Run& run : index.plain) {
    run.owner = reader.u64();
    run.base = reader.u64();
    const std::size_t count = reader.count(8);
    take_numbers(reader, run.offsets, count);
    take_numbers(reader, run.numbers, count);
  }
  index.specials.resize(reader.count(kSpecialSize));
  for (Index::Entry& entry : index.specials) {
    entry.offset = reader.u32();
    entry.special.owner = reader.u64();
    entry.special.number = reader.u64();
    entry.special.kept = reader.u64();
    entry.special.size = reader.u32();
    entry.special.kept_size = reader.u32();
    entry.meta = reader.text();
  }
  return reader.at_end() ? std::optional(std::move(index)) : std::nullopt;
}

}  // namespace store
