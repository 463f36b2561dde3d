#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <utility>
#include <vector>

#include "queue/message.h"
#include "store/journal.h"

namespace queue {

// The plain backlog of a queue, by rising number: 8 bytes a message, in chunks that share the upper half of their
// places and numbers. Messages come at the back and go at the front; the undo of a call does the same the other way
// round.
class PlainList {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  Sequence front() const { return chunks_.front().number(chunks_.front().head); }
  store::Place front_place() const { return chunks_.front().place(chunks_.front().head); }

  // Before the first or behind the last one.
  void insert(Sequence number, store::Place place);
  // The first or the last one.
  void remove(Sequence number);
  store::Place place_of(Sequence number) const;  // kNowhere when it is not there
  // The record of a message lies somewhere else now.
  void relocate(Sequence number, store::Place place);

  // Recovery: messages in any order, then settle() once.
  void load(std::uint32_t segment, std::span<const store::Fresh> records);
  void settle();

 private:
  static constexpr std::size_t kChunk = 1'024;

  struct Item {
    std::uint32_t offset;
    std::uint32_t step;  // of the number from the chunk's
  };
  struct Chunk {
    std::uint32_t segment;
    Sequence first;
    std::size_t head = 0;  // items before it have gone
    std::vector<Item> items;

    Sequence number(std::size_t i) const { return first + items[i].step; }
    store::Place place(std::size_t i) const { return store::place_at(segment, items[i].offset); }
    Sequence last() const { return number(items.size() - 1); }
    bool takes(Sequence number, store::Place place) const;
  };
  void push_back(Sequence number, store::Place place);
  void push_front(Sequence number, store::Place place);
  // The chunk and the index of a message; chunks_.size() when it is not there.
  std::pair<std::size_t, std::size_t> find(Sequence number) const;
  std::deque<Chunk>::iterator split(std::deque<Chunk>::iterator chunk, std::size_t at);
  void pass_on(std::deque<Chunk>::iterator chunk, store::Place place);

  std::deque<Chunk> chunks_;  // none is empty
  std::size_t size_ = 0;
};

}  // namespace queue
