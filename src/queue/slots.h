#pragma once

#include <cstddef>
#include <vector>

#include "queue/message.h"
#include "store/journal.h"

namespace queue {

// Messages that nobody received yet, by rising number: 16 bytes each. They come at the back and go at the front; the
// undo of a call does the same the other way round.
class Slots {
 public:
  struct Slot {
    Sequence number;
    store::Place place;
  };

  bool empty() const { return head_ == slots_.size(); }
  std::size_t size() const { return slots_.size() - head_; }
  const Slot& front() const { return slots_[head_]; }
  bool has(Sequence number) const { return place_of(number) != store::kNowhere; }
  store::Place place_of(Sequence number) const;  // kNowhere when it is not there

  // Before the first or behind the last one.
  void insert(Sequence number, store::Place place);
  // The first or the last one.
  void remove(Sequence number);
  // The record of a message lies somewhere else now.
  void relocate(Sequence number, store::Place place);

 private:
  std::size_t index(Sequence number) const;  // where it is, or slots_.size()

  std::vector<Slot> slots_;
  std::size_t head_ = 0;  // what lies before it has gone
};

}  // namespace queue
