#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/journal/disk.h"
#include "store/journal/ledger.h"

// What a closed segment's records are, in a file of its own, so that a start need not read the segment.
namespace store {

struct Index {
  // Plain records of one owner by rising offset. Kept as on disk: 8 bytes a record.
  struct Run {
    std::uint64_t owner = 0;
    std::uint64_t base = 0;  // of the numbers
    std::vector<std::uint32_t> offsets;
    std::vector<std::uint32_t> numbers;  // less `base`
  };
  struct Entry {
    std::uint32_t offset = 0;
    Special special;
    std::string meta;
    bool readable = true;  // its meta; if not, the record may tell after all when it is asked again
  };
  std::vector<Run> plain;
  std::vector<Entry> specials;  // by rising offset
};

// What the ledger lists of an open segment; the metas are still to be filled in.
Index make_index(const Ledger& ledger, std::uint32_t segment);

std::string encode(const Index& index, std::uint32_t segment);
std::optional<Index> decode_index(std::string_view bytes, std::uint32_t segment);

// Only the special records, which come first: a start needs no more, and the plain ones may be many.
std::expected<std::vector<Index::Entry>, Error> read_specials(Disk& disk, std::uint32_t segment);
std::expected<Index, Error> read_index(Disk& disk, std::uint32_t segment);

// What an index tells of a plain record whose own bytes can't be read.
std::optional<RecordHead> find_plain(const Index& index, std::uint32_t offset);

std::string index_name(std::uint32_t segment);

}  // namespace store
