#include "store/memory/memory_store.h"

#include <utility>

namespace store {

void MemoryStore::apply(Rows& rows, const Batch& batch) {
  for (const Write& write : batch) {
    switch (write.kind) {
      case Write::Kind::Put:
        rows.insert_or_assign(write.key, write.value);
        break;
      case Write::Kind::Erase:
        rows.erase(write.key);
        break;
      case Write::Kind::EraseRange:
        rows.erase(rows.lower_bound(write.key), rows.lower_bound(write.value));
        break;
    }
  }
}

std::expected<void, Error> MemoryStore::write(const Batch& batch, Done done) {
  const std::uint64_t number = writes_++;
  if (refuse_at_ == number) return std::unexpected(Error{"injected: write refused"});
  apply(visible_, batch);
  unsynced_.push_back({number, batch, std::move(done)});
  if (auto_sync_) sync();
  return {};
}

std::expected<std::optional<std::string>, Error> MemoryStore::read(std::string_view key) {
  const auto found = visible_.find(key);
  if (found == visible_.end()) return std::nullopt;
  return found->second;
}

std::expected<void, Error> MemoryStore::scan(std::string_view prefix, std::string_view from, const Visit& visit) {
  for (auto row = visible_.lower_bound(std::max(prefix, from)); row != visible_.end(); ++row) {
    if (!row->first.starts_with(prefix) || !visit(row->first, row->second)) break;
  }
  return {};
}

std::expected<void, Error> MemoryStore::scan_back(std::string_view prefix, std::string_view before,
                                                  const Visit& visit) {
  for (auto row = visible_.lower_bound(before); row != visible_.begin();) {
    --row;
    if (!row->first.starts_with(prefix) || !visit(row->first, row->second)) break;
  }
  return {};
}

void MemoryStore::sync(std::size_t count) {
  for (; count > 0 && !unsynced_.empty(); --count) {
    Unsynced next = std::move(unsynced_.front());
    unsynced_.pop_front();
    if (fail_sync_at_ == next.number) {
      next.done(std::unexpected(Error{"injected: sync failed"}));
      continue;
    }
    apply(durable_, next.batch);
    next.done({});
  }
}

void MemoryStore::crash() {
  unsynced_.clear();
  visible_ = durable_;
}

}  // namespace store
