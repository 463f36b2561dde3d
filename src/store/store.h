#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/journal.h"

// Durable bytes: rows under ordered keys, and records in a journal. The cloud writes one batch a turn; a batch is all
// there or not at all, rows and records alike, and batches become durable in the order in which they were written.
// Nothing here knows what the bytes mean.
namespace store {

// The disk refused or failed, in words without a full stop: callers of the API get a 5xx that says so.
struct Error {
  std::string message;
  bool damage = false;  // what was asked for is there no more, and asking again is of no use
};

struct Write {
  enum class Kind : std::uint8_t { Put, Erase, EraseRange };
  Kind kind;
  std::string key;
  std::string value;  // Put: the bytes; EraseRange: the first key that stays
};

struct Batch {
  std::vector<Write> rows;
  std::vector<JournalEntry> journal;
  // The store's tail when the first entry was planned, if places were told by it; write() checks that they hold.
  std::optional<Tail> planned_at;

  Batch() = default;
  Batch(std::initializer_list<Write> writes) : rows(writes) {}
  bool empty() const { return rows.empty() && journal.empty(); }
};

class Store {
 public:
  using Done = std::move_only_function<void(std::expected<void, Error>)>;
  // Return false to stop.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;

  virtual ~Store() = default;

  // Makes the batch visible to all reads at once. `done` is called later, on the thread that owns the cloud, when it is
  // on disk. An error returned here means that nothing was written and `done` is never called; an error given to `done`
  // means that memory is ahead of the disk, and the process must stop and recover.
  virtual std::expected<void, Error> write(const Batch& batch, Done done) = 0;
  // The driver has written all it had: the disk may start. A store may also start earlier.
  virtual void push() {}

  virtual std::expected<std::optional<std::string>, Error> read(std::string_view key) = 0;

  // Visits keys that start with `prefix`, in order, from `from` on (if it is greater than the prefix).
  virtual std::expected<void, Error> scan(std::string_view prefix, std::string_view from, const Visit& visit) = 0;
  // The same backwards: keys that start with `prefix` and are less than `before`, the last first.
  virtual std::expected<void, Error> scan_back(std::string_view prefix, std::string_view before,
                                               const Visit& visit) = 0;

  // Where the next journal entry will be.
  virtual Tail tail() const = 0;
  // Tells what the journal holds. Once after each start, before the first write.
  virtual std::expected<void, Error> recover(Recovery& recovery) = 0;
  // Records that are indexed or kept, in the order asked for; neighbours are read in one go. An error names what is
  // damaged or was never there.
  virtual std::expected<std::vector<Found>, Error> fetch(std::span<const Place> places) = 0;
  std::expected<Found, Error> fetch(Place place);

  // A segment that is mostly dead, when dead bytes outweigh the living ones: whoever owns what lives in it should
  // append it again, so that the segment can be reused. A suggestion; asking costs little. None of `except`, which are
  // those that can't be emptied so.
  virtual std::optional<std::uint32_t> sparse(const std::set<std::uint32_t>& except) const = 0;
  // What lives in a closed segment, by rising place.
  virtual std::expected<std::vector<Living>, Error> living(std::uint32_t segment) = 0;
  virtual JournalUse journal_use() const = 0;
};

inline std::expected<Found, Error> Store::fetch(Place place) {
  auto found = fetch(std::span(&place, 1));
  if (!found) return std::unexpected(std::move(found).error());
  return std::move(found->front());
}

}  // namespace store
