#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/journal.h"

namespace store {

// What a journal must remember of a record that is not plain for as long as it is indexed.
struct Special {
  std::uint64_t owner = 0;
  std::uint64_t number = 0;
  Place kept = kNowhere;
  std::uint32_t size = 0;
  std::uint32_t kept_size = 0;
};

// The head of a record as its bytes tell it, or an index.
struct RecordHead {
  std::uint64_t owner = 0;
  std::uint64_t number = 0;
  std::uint32_t size = 0;  // with padding; 0: not known, of a damaged one. Its bytes are charged while others' are
};

// The books of a journal: which records are indexed, what they keep, and how many bytes live in each segment. It does
// no I/O and knows nothing of files. The same entries in the same order give the same books, live and at recovery; an
// error says that an entry names a record which is not indexed.
//
// A segment is open (its records are listed), or closed: then plain records that are still indexed are known only by
// the list that close() gave out, less those that are `gone` since.
class Ledger {
 public:
  struct Charge {
    std::uint64_t bytes = 0;
    std::uint32_t records = 0;
  };
  struct Row {
    std::uint32_t offset;
    std::uint32_t size;
    std::uint64_t owner;
    std::uint64_t number;
    bool plain;
  };
  struct Segment {
    bool closed = false;
    std::uint32_t end = 0;                                       // of its entries, as far as they are booked
    std::vector<Row> rows;                                       // while it is open: every record appended
    boost::unordered_flat_set<std::uint32_t> gone;               // offsets of records that are no longer indexed
    boost::unordered_flat_map<std::uint32_t, Special> specials;  // by offset; some may be cleared
    boost::unordered_flat_set<Place> keepers;                    // special records elsewhere that keep one of these
    boost::unordered_flat_map<std::uint64_t, Charge> charges;    // by the owner of the record that needs the bytes
    std::uint64_t live_bytes = 0;
  };
  using Result = std::expected<void, std::string>;

  explicit Ledger(std::uint32_t segment_bytes) : segment_bytes_(segment_bytes) {}

  Result append(const Record& record, Place place, std::uint32_t size, Place replaces, Place keeps);
  Result kill(Place place);
  void clear(std::uint64_t owner, Place at);
  void note(std::uint64_t owner, std::string_view bytes);

  // Whether the entry naming `place` can be booked as things are. If not, learn() must tell first what the record is.
  bool knows(Place place) const;
  void learn(Place place, const RecordHead& head) { learnt_.insert_or_assign(place, head); }
  void forget_learnt() { learnt_.clear(); }

  // The indexed records of an open segment by rising offset.
  std::vector<Row> indexed(std::uint32_t segment) const;
  // From now on the segment's plain records are known only by what indexed() said.
  void close(std::uint32_t segment);
  void drop(std::uint32_t segment);
  // Closed segments, and with `before` all older than that, in which nothing lives.
  std::vector<std::uint32_t> empty_segments(std::uint32_t before) const;

  bool is_indexed(Place place, std::uint64_t owner) const;
  std::optional<std::uint32_t> sparse(std::uint32_t before, const std::set<std::uint32_t>& except) const;
  // The special records anywhere that keep a record of `segment`, or lie in it.
  std::vector<Living> specials_of(std::uint32_t segment) const;
  JournalUse use() const;

  std::map<std::uint32_t, Segment>& segments() { return segments_; }
  const std::map<std::uint32_t, Segment>& segments() const { return segments_; }
  const std::map<std::uint64_t, std::string>& notes() const { return notes_; }
  // Records of an owner that lie before its floor are gone.
  const std::map<std::uint64_t, Place>& floors() const { return floors_; }
  void set_floor(std::uint64_t owner, Place floor) { floors_[owner] = floor; }
  // Floors below every segment there is speak of nothing.
  void drop_floors_below(Place place);
  void charge(Place place, std::uint64_t owner, std::uint64_t bytes, std::uint32_t records);
  void add_special(Place place, const Special& special);

 private:
  std::expected<Special, std::string> unindex(Place place);
  std::optional<RecordHead> find_plain(const Segment& segment, Place place) const;
  bool is_cleared(Place place, std::uint64_t owner) const;
  void forget_keeper(Place place, const Special& special);
  void charge(Segment& segment, std::uint64_t owner, std::uint64_t bytes, std::uint32_t records);
  Result discharge(Place place, std::uint64_t owner, std::uint64_t bytes);
  Result recharge(Place place, std::uint64_t bytes, std::uint64_t from, std::uint64_t to);

  std::uint32_t segment_bytes_;
  std::map<std::uint32_t, Segment> segments_;
  std::map<std::uint64_t, Place> floors_;
  std::map<std::uint64_t, std::string> notes_;
  boost::unordered_flat_map<Place, RecordHead> learnt_;
  std::uint64_t live_bytes_ = 0;
};

}  // namespace store
