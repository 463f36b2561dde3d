#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

// The bytes of entries and segment heads; layout.h has their sizes.
namespace store {

enum class EntryKind : std::uint8_t { Begin = 1, Append = 2, Kill = 3, Clear = 4, Note = 5, Rows = 6 };

// An entry as its bytes tell it; what its kind does not have is 0. Views into the bytes it was parsed from.
struct EntryView {
  EntryKind kind{};
  bool plain = false;
  bool last = false;          // of its batch
  std::uint32_t synced = 0;   // see layout.h
  std::uint32_t size = 0;     // with padding
  std::uint64_t owner = 0;    // Begin: the previous segment
  std::uint64_t number = 0;   // Begin: where the previous segment ends
  Place replaces = kNowhere;  // Kill: its place
  Place keeps = kNowhere;
  std::string_view meta;
  std::string_view bytes;  // payload, note or rows
};

// What all entries of one write have in common.
struct EntryFrame {
  std::uint32_t segment;
  std::uint32_t synced;
  bool last = false;
};
void put_begin(std::string& out, const EntryFrame& frame, std::uint32_t previous, std::uint32_t previous_end);
void put_entry(std::string& out, const EntryFrame& frame, const JournalEntry& entry);
void put_rows(std::string& out, const EntryFrame& frame, std::string_view rows);

// The entry at the start of `bytes`, which may hold more; nothing when there is none or its checksum is wrong.
std::optional<EntryView> parse_entry(std::uint32_t segment, std::string_view bytes);
// What the head alone promises of the size, with padding; 0 when it can't be an entry.
std::uint32_t promised_size(std::string_view head);

// The head of a segment says which one the file is now.
std::string segment_head(std::uint32_t segment);
std::optional<std::uint32_t> parse_segment_head(std::string_view bytes);

// Rows as they go into the journal, in parts that each fit into one entry of at most `part_max` bytes. Nothing when a
// row is larger than that.
std::optional<std::vector<std::string>> encode_rows(const std::vector<Write>& rows, std::size_t part_max);
bool decode_rows(std::string_view bytes, std::vector<Write>& rows);

}  // namespace store
