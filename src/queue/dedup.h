#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"
#include "queue/message.h"
#include "store/journal.h"

namespace queue {

// What a FIFO queue was sent within the last kDedupWindow, by number and by deduplication key. A message that is gone
// earlier leaves a record behind, so that the window outlives a restart.
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

  // The message that was sent with this key less than the window ago.
  const std::pair<const Sequence, Entry>* find(const std::string& key, base::TimePoint now) const;
  Entry* find(Sequence number);
  void add(Sequence number, Entry entry);
  void remove(Sequence number);

  // When entries should next be taken out, if ever. A few seconds late: many go at a time.
  base::TimePoint next_sweep() const;
  // The first one, if its time is over.
  const std::pair<const Sequence, Entry>* over(base::TimePoint now) const;

  bool empty() const { return entries_.empty(); }
  // Frees about `count` entries; true when nothing is left.
  bool shrink(std::size_t count);

 private:
  std::map<Sequence, Entry> entries_;
  std::unordered_map<std::string, Sequence> by_key_;  // of each key the last one
};

}  // namespace queue
