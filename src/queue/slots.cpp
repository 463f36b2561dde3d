#include "queue/slots.h"

#include <algorithm>

#include "base/ensure.h"

namespace queue {
namespace {

// Below it the room that gone slots take is not worth the copying.
constexpr std::size_t kWasteMax = 64;

}  // namespace

std::size_t Slots::index(Sequence number) const {
  const auto first = slots_.begin() + static_cast<std::ptrdiff_t>(head_);
  const auto found = std::lower_bound(first, slots_.end(), number,
                                      [](const Slot& slot, Sequence wanted) { return slot.number < wanted; });
  if (found == slots_.end() || found->number != number) return slots_.size();
  return static_cast<std::size_t>(found - slots_.begin());
}

store::Place Slots::place_of(Sequence number) const {
  const std::size_t at = index(number);
  return at == slots_.size() ? store::kNowhere : slots_[at].place;
}

void Slots::insert(Sequence number, store::Place place) {
  if (empty()) {
    slots_.clear();
    head_ = 0;
  }
  if (empty() || number > slots_.back().number) {
    // Moved down by at most as many as have gone since the last time, so it costs the same on the average.
    if (slots_.size() == slots_.capacity() && head_ > kWasteMax && head_ > slots_.size() / 2) {
      slots_.erase(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
    slots_.push_back({number, place});
    return;
  }
  ENSURE(number < front().number);
  if (head_ == 0) {
    slots_.insert(slots_.begin(), {number, place});
  } else {
    slots_[--head_] = {number, place};
  }
}

void Slots::remove(Sequence number) {
  ENSURE(!empty());
  if (front().number == number) {
    ++head_;
  } else {
    ENSURE(slots_.back().number == number);
    slots_.pop_back();
  }
}

void Slots::relocate(Sequence number, store::Place place) {
  const std::size_t at = index(number);
  ENSURE(at < slots_.size());
  slots_[at].place = place;
}

}  // namespace queue
