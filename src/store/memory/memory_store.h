#pragma once

#include <deque>
#include <map>
#include <set>

#include "store/journal/ledger.h"
#include "store/store.h"

namespace store {

// A store for tests and simulation. It knows what would have survived a power cut, and it can fail on demand.
class MemoryStore : public Store {
 public:
  // Room for a few of the largest records, so that tests also see segments fill up and empty.
  static constexpr std::uint32_t kSegmentBytes = 16u << 20;

  // With `auto_sync` each batch is durable at once and `done` runs inside write().
  explicit MemoryStore(bool auto_sync = true, std::uint32_t segment_bytes = kSegmentBytes)
      : auto_sync_(auto_sync), visible_(segment_bytes), durable_(segment_bytes) {}

  std::expected<void, Error> write(const Batch& batch, Done done) override;
  std::expected<std::optional<std::string>, Error> read(std::string_view key) override;
  std::expected<void, Error> scan(std::string_view prefix, std::string_view from, const Visit& visit) override;
  std::expected<void, Error> scan_back(std::string_view prefix, std::string_view before, const Visit& visit) override;

  Tail tail() const override { return visible_.tail; }
  // As often as a test restarts.
  std::expected<void, Error> recover(Recovery& recovery) override;
  using Store::fetch;
  std::expected<std::vector<Found>, Error> fetch(std::span<const Place> places) override;
  std::optional<std::uint32_t> sparse(const std::set<std::uint32_t>& except) const override {
    return visible_.ledger.sparse(visible_.tail.segment, except);
  }
  std::expected<std::vector<Living>, Error> living(std::uint32_t segment) override;
  JournalUse journal_use() const override { return visible_.ledger.use(); }

  // Makes the oldest `count` unsynced batches durable and runs their `done`.
  void sync(std::size_t count = SIZE_MAX);
  // Forgets what was not synced, as a power cut would. Recovery begins a new segment.
  void crash();
  // The write with this number (0 = the next one) is refused, once.
  void fail_write_after(std::uint64_t writes) { refuse_at_ = writes_ + writes; }
  // The sync of the write with this number (0 = the next one) fails, and all after it until the crash: `done` gets an
  // error.
  void fail_sync_after(std::uint64_t writes) { fail_sync_at_ = writes_ + writes; }
  // From now on the record can't be read.
  void damage(Place place) { damaged_.insert(place); }
  // The same, and no index has its meta.
  void damage_early(Place place) {
    damage(place);
    unindexed_.insert(place);
  }

  std::uint64_t writes() const { return writes_; }
  std::size_t unsynced() const { return unsynced_.size(); }
  const std::map<std::string, std::string, std::less<>>& rows() const { return visible_.rows; }
  // Every record that can be fetched, by place.
  const std::map<Place, Append>& records() const { return visible_.records; }

 private:
  struct State {
    explicit State(std::uint32_t segment_bytes) : ledger(segment_bytes), tail{1, segment_bytes, segment_bytes} {}
    void apply(const Batch& batch);
    void apply(const JournalEntry& entry);
    void drop_empty();
    // What recovery does: what was written before is not appended to.
    void restart();

    std::map<std::string, std::string, std::less<>> rows;
    std::map<Place, Append> records;
    Ledger ledger;
    Tail tail;
  };
  struct Unsynced {
    std::uint64_t number;
    Batch batch;
    Tail at;
    Done done;
  };

  bool auto_sync_;
  State visible_;
  State durable_;
  std::deque<Unsynced> unsynced_;
  std::set<Place> damaged_;
  std::set<Place> unindexed_;  // of those
  std::uint64_t writes_ = 0;
  std::optional<std::uint64_t> refuse_at_;
  std::optional<std::uint64_t> fail_sync_at_;
};

}  // namespace store
