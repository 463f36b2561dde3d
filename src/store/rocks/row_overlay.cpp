#include "store/rocks/row_overlay.h"

#include <algorithm>

namespace store {

void RowOverlay::add(std::uint64_t batch, const std::vector<Write>& writes) {
  for (const Write& write : writes) {
    switch (write.kind) {
      case Write::Kind::Put:
        rows_.insert_or_assign(write.key, Row{batch, write.value});
        break;
      case Write::Kind::Erase:
        rows_.insert_or_assign(write.key, Row{batch, std::nullopt});
        break;
      case Write::Kind::EraseRange:
        rows_.erase(rows_.lower_bound(write.key), rows_.lower_bound(write.value));
        erased_.push_back({batch, write.key, write.value});
        break;
    }
  }
}

void RowOverlay::remove(std::uint64_t batch, const std::vector<Write>& writes) {
  for (const Write& write : writes) {
    if (write.kind == Write::Kind::EraseRange) continue;
    const auto row = rows_.find(write.key);
    if (row != rows_.end() && row->second.batch <= batch) rows_.erase(row);
  }
  std::erase_if(erased_, [&](const Range& range) { return range.batch <= batch; });
}

RowOverlay::Answer RowOverlay::find(std::string_view key) const {
  if (const auto row = rows_.find(key); row != rows_.end()) return {true, row->second.value};
  const auto erased = [&](const Range& range) { return range.first <= key && key < range.last; };
  return {std::ranges::any_of(erased_, erased), std::nullopt};
}

bool RowOverlay::touches(std::string_view prefix) const {
  const auto row = rows_.lower_bound(prefix);
  if (row != rows_.end() && row->first.starts_with(prefix)) return true;
  return std::ranges::any_of(erased_, [&](const Range& range) {
    return range.first.starts_with(prefix) || (range.first < prefix && prefix < range.last);
  });
}

}  // namespace store
