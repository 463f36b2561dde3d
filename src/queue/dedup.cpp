#include "queue/dedup.h"

#include "base/ensure.h"

namespace queue {
namespace {

using TenSeconds = std::chrono::duration<std::int64_t, std::ratio<10>>;

}  // namespace

std::string DedupWindow::key(std::string_view group, std::string_view id) {
  std::string key;
  key.reserve(group.size() + id.size() + 1);
  key += group;
  key += '\n';  // in neither of them
  key += id;
  return key;
}

const DedupWindow::Numbered* DedupWindow::find(std::string_view key, base::TimePoint now) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  return now < found->second->second.sent_at + kDedupWindow ? found->second : nullptr;
}

DedupWindow::Entry* DedupWindow::find(Sequence number) {
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? nullptr : &found->second->second;
}

void DedupWindow::add(Sequence number, Entry entry) {
  const bool last = entries_.empty() || number > entries_.back().first;
  ENSURE(last || number < entries_.front().first);
  Numbered& added =
      last ? entries_.emplace_back(number, std::move(entry)) : entries_.emplace_front(number, std::move(entry));
  by_number_.emplace(number, &added);
  const auto known = by_key_.find(added.second.key);
  if (known != by_key_.end()) {
    if (known->second->first > number) return;
    by_key_.erase(known);
  }
  by_key_.emplace(added.second.key, &added);
}

void DedupWindow::remove(Sequence number) {
  if (by_number_.erase(number) == 0) return;
  const bool first = entries_.front().first == number;
  const Numbered& entry = first ? entries_.front() : entries_.back();
  ENSURE(entry.first == number);
  const auto by_key = by_key_.find(entry.second.key);
  if (by_key != by_key_.end() && by_key->second == &entry) by_key_.erase(by_key);
  first ? entries_.pop_front() : entries_.pop_back();
}

base::TimePoint DedupWindow::next_sweep() const {
  if (entries_.empty()) return base::kNever;
  return base::TimePoint(
      std::chrono::ceil<TenSeconds>((entries_.front().second.sent_at + kDedupWindow).time_since_epoch()));
}

const DedupWindow::Numbered* DedupWindow::over(base::TimePoint now) const {
  if (entries_.empty() || now < entries_.front().second.sent_at + kDedupWindow) return nullptr;
  return &entries_.front();
}

bool DedupWindow::shrink(std::size_t count) {
  by_number_.clear();
  by_key_.clear();
  for (; count > 0 && !entries_.empty(); --count) entries_.pop_front();
  return entries_.empty();
}

}  // namespace queue
