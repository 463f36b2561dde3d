#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// The journal of a store: records that are appended once, read on demand and reclaimed when nobody needs them. For
// things that come and go by the million, as messages do; what stays for long is a row. The journal keeps in memory
// nothing per plain record, so its size does not grow with what lies in it. README.md has the life of a record.
namespace store {

struct Error;

// Where a record is: the number of its segment in the upper 32 bits, its byte offset in the lower ones. A record that
// is appended later has a greater place, also after a restart.
using Place = std::uint64_t;
inline constexpr Place kNowhere = 0;

constexpr std::uint32_t segment_of(Place place) {
  return static_cast<std::uint32_t>(place >> 32);
}
constexpr std::uint32_t offset_of(Place place) {
  return static_cast<std::uint32_t>(place);
}
constexpr Place place_at(std::uint32_t segment, std::uint32_t offset) {
  return Place{segment} << 32 | offset;
}

// Limits, in bytes. A batch that breaks one of them is refused.
inline constexpr std::size_t kMetaMax = 65'535;
inline constexpr std::size_t kPayloadMax = 4u << 20;
inline constexpr std::size_t kNoteMax = 65'535;

struct Record {
  std::uint64_t owner = 0;
  std::uint64_t number = 0;  // the owner's name for it; the journal only hands it back
  // Recovery needs only owner, number and place of it, and gets those in bulk. Records that are not plain are told one
  // by one, with their meta, and cost about 50 bytes of memory each while they are indexed.
  bool plain = false;
  std::string meta;
  std::string payload;
};

// A record is indexed from its append until it is replaced, killed or cleared: recovery tells of it until then. Naming
// a record that is not indexed is a mistake of the owner and stops the process.
struct Append {
  Record record;
  // An indexed record (of any owner) whose place this one takes.
  Place replaces = kNowhere;
  // Whose payload this record still needs: the one that it replaces, or the one which that one keeps. It stays readable
  // for as long as this record is indexed. A plain record keeps nothing.
  Place keeps = kNowhere;
};
// The indexed record at `place` is gone, and what it keeps.
struct Kill {
  Place place;
};
// All records of `owner` that were appended before are gone. Costs the same however many there are.
struct Clear {
  std::uint64_t owner;
};
// A small fact of an owner; the last one is told at recovery. Without bytes it is forgotten.
struct Note {
  std::uint64_t owner;
  std::string bytes;
};
using JournalEntry = std::variant<Append, Kill, Clear, Note>;

// Where the next entry will be. A copy of the store's tail tells the places of entries that are not written yet.
struct Tail {
  std::uint32_t segment = 0;
  std::uint32_t offset = 0;
  std::uint32_t segment_bytes = 0;

  Place take(const JournalEntry& entry) { return take(size_of(entry)); }
  // Entries do not cross the end of a segment: what does not fit begins the next one.
  Place take(std::uint32_t size);

  // Bytes an entry takes in its segment, a multiple of 8.
  static std::uint32_t size_of(const JournalEntry& entry);

  friend bool operator==(const Tail&, const Tail&) = default;
};

// What was read back, checked against its checksum.
struct Found {
  Record record;
  Place place = kNowhere;
  Place keeps = kNowhere;
};

struct Fresh {
  std::uint64_t number;
  std::uint32_t offset;
};

// What the journal tells the owners at start: all notes first, then the records by rising segment. Of one segment and
// owner the plain ones come by rising offset; so do the others.
class Recovery {
 public:
  virtual ~Recovery() = default;
  // Plain records of `owner` that are indexed, in bulk. May come several times for a segment and owner.
  virtual void plain(std::uint64_t owner, std::uint32_t segment, std::span<const Fresh> records) = 0;
  virtual void record(std::uint64_t owner, std::uint64_t number, Place place, Place keeps, std::string_view meta) = 0;
  // The same of one whose meta can't be read any more. It is indexed until its owner gives it up, as any other.
  virtual void damaged(std::uint64_t owner, std::uint64_t number, Place place, Place keeps, const Error& error) = 0;
  virtual void note(std::uint64_t owner, std::string_view bytes) = 0;
};

// One reason why a segment can't be reused: the indexed record at `place` lies in it, or keeps one that does.
struct Living {
  Place place;
  std::uint64_t owner;
  std::uint64_t number;
};

struct JournalUse {
  std::uint64_t segments = 0;    // that hold something
  std::uint64_t live_bytes = 0;  // of records that are indexed or kept
};

}  // namespace store
