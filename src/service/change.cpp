#include "service/change.h"

#include <algorithm>

#include "base/ensure.h"

namespace service {
namespace {

constexpr std::size_t kUsual = 10;

}  // namespace

void Change::put(std::string key, std::string value) {
  batch_.rows.push_back({store::Write::Kind::Put, std::move(key), std::move(value)});
}

void Change::erase(std::string key) {
  batch_.rows.push_back({store::Write::Kind::Erase, std::move(key), {}});
}

void Change::erase_range(std::string first, std::string last) {
  batch_.rows.push_back({store::Write::Kind::EraseRange, std::move(first), std::move(last)});
}

store::Place Change::enter(store::JournalEntry entry) {
  ENSURE(tail_.has_value());
  if (places_.empty()) {  // a call on ten messages is the usual one
    places_.reserve(kUsual);
    batch_.journal.reserve(kUsual);
    undo_.reserve(kUsual);
  }
  places_.push_back(tail_->take(entry));
  batch_.journal.push_back(std::move(entry));
  return places_.back();
}

store::Place Change::append(store::Append append) {
  return enter(std::move(append));
}

void Change::kill(store::Place record) {
  enter(store::Kill{record});
}

void Change::clear(std::uint64_t owner) {
  enter(store::Clear{owner});
}

void Change::note(std::uint64_t owner, std::string bytes) {
  enter(store::Note{owner, std::move(bytes)});
}

const store::Append* Change::appended(store::Place place) const {
  const auto found = std::ranges::lower_bound(places_, place);
  if (found == places_.end() || *found != place) return nullptr;
  return std::get_if<store::Append>(&batch_.journal[static_cast<std::size_t>(found - places_.begin())]);
}

void Change::roll_back_to(const Mark& mark) {
  while (undo_.size() > mark.undo) {
    Action undo = std::move(undo_.back());
    undo_.pop_back();
    undo();
  }
  batch_.rows.erase(batch_.rows.begin() + static_cast<std::ptrdiff_t>(mark.writes), batch_.rows.end());
  if (batch_.journal.size() > mark.entries) {
    batch_.journal.erase(batch_.journal.begin() + static_cast<std::ptrdiff_t>(mark.entries), batch_.journal.end());
    places_.resize(mark.entries);
    tail_ = batch_.planned_at;
    if (!places_.empty()) {
      tail_->segment = store::segment_of(places_.back());
      tail_->offset = store::offset_of(places_.back()) + store::Tail::size_of(batch_.journal.back());
    }
  }
  effects_.resize(mark.effects);
}

}  // namespace service
