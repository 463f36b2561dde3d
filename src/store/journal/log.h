#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/journal/group.h"
#include "store/journal/keeper.h"
#include "store/journal/ledger.h"
#include "store/journal/loader.h"
#include "store/journal/segment_files.h"

namespace store {

// The journal on files. It starts no threads: whoever owns it calls groups().commit() and keeper().step() on threads of
// their own when there is work, and everything else on the strand.
//
// Rows travel in the journal too, so that a batch of both is there as a whole or not at all, with one sync. The owner
// applies them to its tables once they are durable, says so with applied(), and gets back at recovery what it may have
// lost since the last checkpoint.
class Log {
 public:
  static constexpr std::uint32_t kSegmentBytes = 32u << 20;
  // Rows are replayed from the last checkpoint on: after so many bytes of them there is a new one.
  static constexpr std::uint64_t kRowBytesMax = 16u << 20;

  // A batch may begin so many segments at most.
  static constexpr std::size_t kBatchSegmentsMax = 4;

  struct Options {
    std::uint32_t segment_bytes = kSegmentBytes;
    // Makes durable what was applied of the rows. Called by keeper().step().
    std::function<std::expected<void, Error>()> flush_rows;
    // There is work for keeper().step().
    std::function<void()> wake_keeper;
    // Returns when the keeper has done another step. Without it the strand does the step itself.
    std::function<void()> wait_for_keeper;
    std::function<void(const std::string&)> warn;
  };

  static std::expected<std::unique_ptr<Log>, Error> open(std::unique_ptr<Disk> disk, Options options,
                                                         const ReplayRows& replay);

  Tail tail() const { return tail_; }
  struct Written {
    std::uint64_t batch;  // rises by one with each batch
    Place rows_at;        // of the batch's rows; kNowhere when it has none
  };
  std::expected<Written, Error> write(const Batch& batch);
  // All batches up to this one are durable and their rows are applied.
  void applied(std::uint64_t batch);

  std::expected<void, Error> recover(Recovery& recovery);
  std::expected<std::vector<Found>, Error> fetch(std::span<const Place> places);
  std::optional<std::uint32_t> sparse(const std::set<std::uint32_t>& except) const {
    return ledger_.sparse(tail_.segment, except);
  }
  std::expected<std::vector<Living>, Error> living(std::uint32_t segment);
  JournalUse use() const { return ledger_.use(); }

  Groups& groups() { return groups_; }
  Keeper& keeper() { return *keeper_; }

 private:
  struct HeldJob {
    std::uint64_t batch;  // that must be durable first
    Keeper::Job job;
  };
  struct KnownHead {
    Place place = kNowhere;
    RecordHead head;
  };

  Log(std::unique_ptr<Disk> disk, Options options, Loaded loaded);
  std::expected<void, Error> start(const std::vector<std::uint32_t>& replayed);
  void open_segment(Keeper::Ready ready);

  std::expected<void, Error> learn_named(const Batch& batch);
  std::expected<void, Error> learn(Place place);
  std::expected<void, Error> ensure_segments(const Batch& batch, const std::vector<std::string>& rows);
  void put(std::vector<Piece>& pieces, std::string& spare, const Batch& batch, const std::vector<std::string>& rows,
           Place& rows_at);
  Place take(std::uint32_t size);
  void next_segment();
  Piece& piece_at(std::vector<Piece>& pieces, std::string& spare, Place place);
  void book(const JournalEntry& entry, Place place);
  void check_point();
  void give_back();
  std::expected<HeldEntry, Error> read(Place place);
  std::expected<std::size_t, Error> read_neighbours(std::span<const Place> places, std::vector<Found>& found);
  void remember(Place place, const EntryView& entry);
  std::expected<std::shared_ptr<const Index>, Error> index_of(std::uint32_t segment);
  std::expected<void, Error> tell(std::uint32_t segment, Recovery& recovery);

  std::unique_ptr<Disk> disk_;
  Options options_;
  Ledger ledger_;
  SegmentFiles files_;
  Groups groups_;
  std::unique_ptr<Keeper> keeper_;
  Tail tail_;
  std::uint32_t end_ = 0;  // of the open segment; tail_ may already point behind it, into the next
  Place previous_end_ = kNowhere;
  std::shared_ptr<File> open_file_;
  // Full, and not yet in a checkpoint.
  std::vector<std::pair<std::uint32_t, std::shared_ptr<File>>> closing_;
  std::uint64_t last_batch_ = 0;
  std::uint64_t row_bytes_ = 0;  // since the last checkpoint
  std::vector<HeldJob> held_jobs_;
  std::uint64_t applied_batch_ = 0;                                    // the last one whose rows are in the tables
  std::map<std::uint32_t, std::shared_ptr<const Index>> new_indexes_;  // that are not on disk yet
  std::array<KnownHead, 1024> known_{};                                // of records read lately
  std::string scratch_;
  bool written_ = false;
};

}  // namespace store
