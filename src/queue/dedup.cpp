#include "queue/dedup.h"

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

const std::pair<const Sequence, DedupWindow::Entry>* DedupWindow::find(const std::string& key,
                                                                       base::TimePoint now) const {
  const auto number = by_key_.find(key);
  if (number == by_key_.end()) return nullptr;
  const auto entry = entries_.find(number->second);
  return now < entry->second.sent_at + kDedupWindow ? &*entry : nullptr;
}

DedupWindow::Entry* DedupWindow::find(Sequence number) {
  const auto entry = entries_.find(number);
  return entry == entries_.end() ? nullptr : &entry->second;
}

void DedupWindow::add(Sequence number, Entry entry) {
  auto [known, added] = by_key_.try_emplace(entry.key, number);
  if (!added && known->second < number) known->second = number;
  entries_.emplace(number, std::move(entry));
}

void DedupWindow::remove(Sequence number) {
  const auto entry = entries_.find(number);
  if (entry == entries_.end()) return;
  const auto by_key = by_key_.find(entry->second.key);
  if (by_key->second == number) by_key_.erase(by_key);
  entries_.erase(entry);
}

base::TimePoint DedupWindow::next_sweep() const {
  if (entries_.empty()) return base::kNever;
  return base::TimePoint(
      std::chrono::ceil<TenSeconds>((entries_.begin()->second.sent_at + kDedupWindow).time_since_epoch()));
}

const std::pair<const Sequence, DedupWindow::Entry>* DedupWindow::over(base::TimePoint now) const {
  if (entries_.empty() || now < entries_.begin()->second.sent_at + kDedupWindow) return nullptr;
  return &*entries_.begin();
}

bool DedupWindow::shrink(std::size_t count) {
  by_key_.clear();
  for (; count > 0 && !entries_.empty(); --count) entries_.erase(entries_.begin());
  return entries_.empty();
}

}  // namespace queue
