#include "queue/plain_list.h"

#include <algorithm>

#include "base/ensure.h"

namespace queue {

bool PlainList::Chunk::takes(Sequence number, store::Place place) const {
  return segment == store::segment_of(place) && number - first <= UINT32_MAX && items.size() < kChunk;
}

void PlainList::push_back(Sequence number, store::Place place) {
  if (chunks_.empty() || !chunks_.back().takes(number, place)) {
    if (!chunks_.empty()) chunks_.back().items.shrink_to_fit();
    chunks_.push_back({store::segment_of(place), number, 0, {}});
  }
  Chunk& chunk = chunks_.back();
  chunk.items.push_back({store::offset_of(place), static_cast<std::uint32_t>(number - chunk.first)});
  ++size_;
}

void PlainList::push_front(Sequence number, store::Place place) {
  ++size_;
  if (!chunks_.empty()) {
    Chunk& chunk = chunks_.front();
    if (chunk.head > 0 && number >= chunk.first && chunk.segment == store::segment_of(place)) {
      chunk.items[--chunk.head] = {store::offset_of(place), static_cast<std::uint32_t>(number - chunk.first)};
      return;
    }
  }
  chunks_.push_front({store::segment_of(place), number, 0, {{store::offset_of(place), 0}}});
}

void PlainList::insert(Sequence number, store::Place place) {
  if (empty() || number > chunks_.back().last()) return push_back(number, place);
  ENSURE(number < front());
  push_front(number, place);
}

void PlainList::remove(Sequence number) {
  ENSURE(!empty());
  --size_;
  if (front() == number) {
    Chunk& chunk = chunks_.front();
    if (++chunk.head == chunk.items.size()) chunks_.pop_front();
    return;
  }
  Chunk& chunk = chunks_.back();
  ENSURE(chunk.last() == number);
  chunk.items.pop_back();
  if (chunk.head == chunk.items.size()) chunks_.pop_back();
}

// Makes the item at `at` the first of a chunk, which is returned.
std::deque<PlainList::Chunk>::iterator PlainList::split(std::deque<Chunk>::iterator chunk, std::size_t at) {
  if (at == chunk->head) return chunk;
  Chunk rest{chunk->segment, chunk->number(at), 0, {}};
  for (std::size_t i = at; i < chunk->items.size(); ++i) {
    rest.items.push_back({chunk->items[i].offset, static_cast<std::uint32_t>(chunk->number(i) - rest.first)});
  }
  chunk->items.resize(at);
  return chunks_.insert(std::next(chunk), std::move(rest));
}

// Moves the first item of a chunk to the chunk before it, or to a new one: a chunk that is moved item by item, from its
// front to its end, is copied once.
void PlainList::pass_on(std::deque<Chunk>::iterator chunk, store::Place place) {
  const Sequence number = chunk->number(chunk->head);
  if (chunk == chunks_.begin() || !std::prev(chunk)->takes(number, place)) {
    chunk = std::next(chunks_.insert(chunk, {store::segment_of(place), number, 0, {}}));
  }
  Chunk& before = *std::prev(chunk);
  before.items.push_back({store::offset_of(place), static_cast<std::uint32_t>(number - before.first)});
  if (++chunk->head == chunk->items.size()) chunks_.erase(chunk);
}

bool PlainList::relocate(Sequence number, store::Place place) {
  auto chunk = std::upper_bound(chunks_.begin(), chunks_.end(), number,
                                [](Sequence wanted, const Chunk& other) { return wanted < other.number(other.head); });
  if (chunk == chunks_.begin()) return false;
  --chunk;
  const auto item =
      std::lower_bound(chunk->items.begin() + static_cast<std::ptrdiff_t>(chunk->head), chunk->items.end(), number,
                       [&](const Item& other, Sequence wanted) { return chunk->first + other.step < wanted; });
  if (item == chunk->items.end() || chunk->first + item->step != number) return false;
  if (chunk->segment == store::segment_of(place)) {
    item->offset = store::offset_of(place);
    return true;
  }
  pass_on(split(chunk, static_cast<std::size_t>(item - chunk->items.begin())), place);
  return true;
}

void PlainList::load(std::uint32_t segment, std::span<const store::Fresh> records) {
  for (const store::Fresh& record : records) {
    const store::Place place = store::place_at(segment, record.offset);
    const bool rising = chunks_.empty() || record.number > chunks_.back().last();
    if (!rising) chunks_.push_back({segment, record.number, 0, {}});
    push_back(record.number, place);
  }
}

// Segments are told in the order of their making, which is the order of the numbers unless records were moved.
void PlainList::settle() {
  const auto before = [](const Chunk& a, const Chunk& b) { return a.first < b.first; };
  std::stable_sort(chunks_.begin(), chunks_.end(), before);
  const auto overlaps = [](const Chunk& a, const Chunk& b) { return a.last() >= b.first; };
  if (std::adjacent_find(chunks_.begin(), chunks_.end(), overlaps) == chunks_.end()) return;
  std::vector<std::pair<Sequence, store::Place>> all;
  all.reserve(size_);
  for (const Chunk& chunk : chunks_) {
    for (std::size_t i = chunk.head; i < chunk.items.size(); ++i) all.emplace_back(chunk.number(i), chunk.place(i));
  }
  std::ranges::sort(all);
  chunks_.clear();
  size_ = 0;
  for (const auto& [number, place] : all) push_back(number, place);
}

}  // namespace queue
