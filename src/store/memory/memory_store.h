#pragma once

#include <deque>
#include <map>

#include "store/store.h"

namespace store {

// A store for tests and simulation. It knows what would have survived a power cut, and it can fail on demand.
class MemoryStore : public Store {
 public:
  // With `auto_sync` each batch is durable at once and `done` runs inside write().
  explicit MemoryStore(bool auto_sync = true) : auto_sync_(auto_sync) {}

  std::expected<void, Error> write(const Batch& batch, Done done) override;
  std::expected<std::optional<std::string>, Error> read(std::string_view key) override;
  std::expected<void, Error> scan(std::string_view prefix, std::string_view from, const Visit& visit) override;
  std::expected<void, Error> scan_back(std::string_view prefix, std::string_view before, const Visit& visit) override;

  // Makes the oldest `count` unsynced batches durable and runs their `done`.
  void sync(std::size_t count = SIZE_MAX);
  // Forgets what was not synced, as a power cut would.
  void crash();
  // The write with this number (0 = the next one) is refused, once.
  void fail_write_after(std::uint64_t writes) { refuse_at_ = writes_ + writes; }
  // The sync of the write with this number (0 = the next one) fails, once: `done` gets an error.
  void fail_sync_after(std::uint64_t writes) { fail_sync_at_ = writes_ + writes; }

  std::uint64_t writes() const { return writes_; }
  const std::map<std::string, std::string, std::less<>>& rows() const { return visible_; }

 private:
  using Rows = std::map<std::string, std::string, std::less<>>;
  struct Unsynced {
    std::uint64_t number;
    Batch batch;
    Done done;
  };
  static void apply(Rows& rows, const Batch& batch);

  bool auto_sync_;
  Rows visible_;
  Rows durable_;
  std::deque<Unsynced> unsynced_;
  std::uint64_t writes_ = 0;
  std::optional<std::uint64_t> refuse_at_;
  std::optional<std::uint64_t> fail_sync_at_;
};

}  // namespace store
