#include "store/journal/index.h"

#include <algorithm>
#include <bit>

#include "base/fault.h"
#include "store/journal/bytes.h"
#include "store/journal/crc32c.h"

namespace store {
namespace {

constexpr std::string_view kMagic = "renkei.index.02.";
constexpr std::size_t kHeadSize = 16 + 4 + 4;
constexpr std::size_t kChecksumSize = 4;
// Most indexes have few specials or none.
constexpr std::size_t kSpecialsGuess = 4'096;
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

// magic · segment:4 · size of the specials:4 · specials · crc:4 · plain · crc:4. Behind the specials come the offsets
// of those without a meta, if there are any.
std::string encode(const Index& index, std::uint32_t segment) {
  std::string specials;
  std::vector<std::uint32_t> unreadable;
  put_number(specials, static_cast<std::uint32_t>(index.specials.size()));
  for (const Index::Entry& entry : index.specials) {
    put_number(specials, entry.offset);
    put_number(specials, entry.special.owner);
    put_number(specials, entry.special.number);
    put_number(specials, entry.special.kept);
    put_number(specials, entry.special.size);
    put_number(specials, entry.special.kept_size);
    put_text(specials, entry.meta);
    if (!entry.readable) unreadable.push_back(entry.offset);
  }
  if (!unreadable.empty()) {
    put_number(specials, static_cast<std::uint32_t>(unreadable.size()));
    put_numbers(specials, unreadable);
  }
  std::string out(kMagic);
  put_number(out, segment);
  put_number(out, static_cast<std::uint32_t>(specials.size()));
  out += specials;
  put_number(out, crc32c(0, out));
  const std::size_t plain = out.size();
  put_number(out, static_cast<std::uint32_t>(index.plain.size()));
  for (const Index::Run& run : index.plain) {
    put_number(out, run.owner);
    put_number(out, run.base);
    put_number(out, static_cast<std::uint32_t>(run.offsets.size()));
    put_numbers(out, run.offsets);
    put_numbers(out, run.numbers);
  }
  put_number(out, crc32c(0, std::string_view(out).substr(plain)));
  return out;
}

namespace {

// Where the plain part begins; 0 when the head is not that of this segment's index.
std::size_t specials_end(std::string_view bytes, std::uint32_t segment) {
  if (bytes.size() < kHeadSize || !bytes.starts_with(kMagic)) return 0;
  Reader reader(bytes.substr(kMagic.size()));
  if (reader.u32() != segment) return 0;
  return kHeadSize + reader.u32() + kChecksumSize;
}

bool is_whole(std::string_view part) {
  if (part.size() < kChecksumSize) return false;
  const std::string_view body = part.substr(0, part.size() - kChecksumSize);
  return crc32c(0, body) == number_at<std::uint32_t>(part.data() + body.size());
}

// What else is behind the specials.
bool take_unreadable(Reader& reader, std::vector<Index::Entry>& specials) {
  if (reader.at_end()) return true;
  std::vector<std::uint32_t> offsets;
  take_numbers(reader, offsets, reader.count(sizeof(std::uint32_t)));
  for (const std::uint32_t offset : offsets) {
    const auto entry = std::ranges::lower_bound(specials, offset, {}, &Index::Entry::offset);
    if (entry == specials.end() || entry->offset != offset) return false;
    entry->readable = false;
  }
  return reader.at_end();
}

std::optional<std::vector<Index::Entry>> decode_specials(std::string_view part) {
  if (!is_whole(part)) return std::nullopt;
  Reader reader(part.substr(kHeadSize, part.size() - kHeadSize - kChecksumSize));
  std::vector<Index::Entry> specials(reader.count(kSpecialSize));
  for (Index::Entry& entry : specials) {
    entry.offset = reader.u32();
    entry.special.owner = reader.u64();
    entry.special.number = reader.u64();
    entry.special.kept = reader.u64();
    entry.special.size = reader.u32();
    entry.special.kept_size = reader.u32();
    entry.meta = reader.text();
  }
  return take_unreadable(reader, specials) ? std::optional(std::move(specials)) : std::nullopt;
}

Error damaged(std::uint32_t segment) {
  return Error{"journal/" + index_name(segment) + " is damaged"};
}

}  // namespace

std::optional<Index> decode_index(std::string_view bytes, std::uint32_t segment) {
  const std::size_t plain = specials_end(bytes, segment);
  if (plain == 0 || plain > bytes.size() || !is_whole(bytes.substr(plain))) return std::nullopt;
  auto specials = decode_specials(bytes.substr(0, plain));
  if (!specials) return std::nullopt;
  Index index;
  index.specials = std::move(*specials);
  Reader reader(bytes.substr(plain, bytes.size() - plain - kChecksumSize));
  index.plain.resize(reader.count(8 + 8 + 4));
  for (Index::Run& run : index.plain) {
    run.owner = reader.u64();
    run.base = reader.u64();
    const std::size_t count = reader.count(8);
    take_numbers(reader, run.offsets, count);
    take_numbers(reader, run.numbers, count);
  }
  return reader.at_end() ? std::optional(std::move(index)) : std::nullopt;
}

std::expected<std::vector<Index::Entry>, Error> read_specials(Disk& disk, std::uint32_t segment) {
  TRY(const auto file, disk.open(index_name(segment)));
  std::string bytes(kSpecialsGuess, '\0');
  TRY(std::size_t got, file->read(0, bytes));
  const std::size_t end = specials_end(std::string_view(bytes).substr(0, got), segment);
  TRY(const std::uint64_t size, file->size());
  if (end == 0 || end > size) return std::unexpected(damaged(segment));
  bytes.resize(end);
  if (end > got) {
    TRY(got, file->read(0, bytes));
  }
  auto specials = decode_specials(bytes);
  if (!specials) return std::unexpected(damaged(segment));
  return std::move(*specials);
}

std::expected<Index, Error> read_index(Disk& disk, std::uint32_t segment) {
  TRY(const std::string bytes, read_all(disk, index_name(segment)));
  auto index = decode_index(bytes, segment);
  if (!index) return std::unexpected(damaged(segment));
  return std::move(*index);
}

std::optional<RecordHead> find_plain(const Index& index, std::uint32_t offset) {
  for (const Index::Run& run : index.plain) {
    const auto found = std::ranges::lower_bound(run.offsets, offset);
    if (found == run.offsets.end() || *found != offset) continue;
    return RecordHead{run.owner, run.base + run.numbers[static_cast<std::size_t>(found - run.offsets.begin())], 0};
  }
  return std::nullopt;
}

}  // namespace store
