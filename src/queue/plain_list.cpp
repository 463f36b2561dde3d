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

std::pair<std::size_t, std::size_t> PlainList::find(Sequence number) const {
  const auto after = std::upper_bound(chunks_.begin(), chunks_.end(), number, [](Sequence wanted, const Chunk& chunk) {
    return wanted < chunk.number(chunk.head);
  });
  if (after == chunks_.begin()) return {chunks_.size(), 0};
  const Chunk& chunk = *std::prev(after);
  const auto item =
      std::lower_bound(chunk.items.begin() + static_cast<std::ptrdiff_t>(chunk.head), chunk.items.end(), number,
                       [&](const Item& other, Sequence wanted) { return chunk.first + other.step < wanted; });
  if (item == chunk.items.end() || chunk.first + item->step != number) return {chunks_.size(), 0};
  return {static_cast<std::size_t>(std::prev(after) - chunks_.begin()),
          static_cast<std::size_t>(item - chunk.items.begin())};
}

store::Place PlainList::place_of(Sequence number) const {
  const auto [chunk, item] = find(number);
  return chunk == chunks_.size() ? store::kNowhere : chunks_[chunk].place(item);
}

void PlainList::relocate(Sequence number, store::Place place) {
  const auto [index, item] = find(number);
  ENSURE(index < chunks_.size());
  const auto chunk = chunks_.begin() + static_cast<std::ptrdiff_t>(index);
  if (chunk->segment == store::segment_of(place)) {
    chunk->items[item].offset = store::offset_of(place);
  } else {
    pass_on(split(chunk, item), place);
  }
}

void PlainList::load(std::uint32_t segment, std::span<const store::Fresh> records) {
  size_ += records.size();
  for (std::size_t i = 0; i < records.size();) {
    Chunk chunk{segment, records[i].number, 0, {}};
    const std::size_t end = std::min(records.size(), i + kChunk);
    std::size_t next = i + 1;
    while (next < end && records[next].number > records[next - 1].number &&
           records[next].number - chunk.first <= UINT32_MAX) {
      ++next;
    }
    chunk.items.reserve(next - i);
    for (; i < next; ++i) {
      chunk.items.push_back({records[i].offset, static_cast<std::uint32_t>(records[i].number - chunk.first)});
    }
    chunks_.push_back(std::move(chunk));
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
