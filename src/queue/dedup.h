#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "queue/message.h"
#include "store/journal.h"

namespace queue {

// What a FIFO queue was sent within the last kDedupWindow, by number and by deduplication key. A message that is gone
// earlier leaves a record behind, so that the window outlives a restart. Entries come last and go first; the undo of a
// call does the same the other way round.
class DedupWindow {
 public:
  static constexpr base::Duration kDedupWindow = std::chrono::minutes(5);

  struct Entry {
    base::TimePoint sent_at;
    std::string key;
    std::string tag;
    store::Place remains = store::kNowhere;  // the record it left behind
  };
  // The key of an id whose scope is its group, or the whole queue when `group` is "" (a group never is).
  static std::string key(std::string_view group, std::string_view id);

  using Numbered = std::pair<const Sequence, Entry>;

  DedupWindow() = default;
  DedupWindow(DedupWindow&&) = default;
  DedupWindow& operator=(DedupWindow&&) = default;

  // The message that was sent with this key less than the window ago.
  const Numbered* find(std::string_view key, base::TimePoint now) const;
  Entry* find(Sequence number);
  // Before the first or behind the last one.
  void add(Sequence number, Entry entry);
  // The first or the last one.
  void remove(Sequence number);

  // When entries should next be taken out, if ever. A few seconds late: many go at a time.
  base::TimePoint next_sweep() const;
  // The first one, if its time is over.
  const Numbered* over(base::TimePoint now) const;

  bool empty() const { return entries_.empty(); }
  // Frees about `count` entries; true when nothing is left.
  bool shrink(std::size_t count);

 private:
  std::deque<Numbered> entries_;  // where an entry lies it stays
  boost::unordered_flat_map<Sequence, Numbered*> by_number_;
  boost::unordered_flat_map<std::string_view, const Numbered*> by_key_;  // of each key the last one, whose key it is
};

}  // namespace queue
