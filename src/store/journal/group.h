#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/journal/disk.h"

namespace store {

// What waits to be written: bytes that follow each other in one segment.
struct Piece {
  std::uint32_t segment = 0;
  std::uint32_t offset = 0;
  std::shared_ptr<File> file;
  std::string bytes;
};

// Group commit. The strand adds batches; whatever has come meanwhile goes to disk with one write and one sync a
// segment. Used by two threads: the strand, and the one that calls commit().
class Groups {
 public:
  // With more than this waiting for the disk, batches are refused until it has caught up.
  static constexpr std::size_t kUnwrittenMax = 256u << 20;

  // Strand. Adds one batch: `fill` gets the pieces of the group and adds to them, and an empty buffer to take for a new
  // piece. Refused once a write has failed.
  template <class Fill>
  std::expected<void, Error> add(std::uint64_t batch, Fill fill) {
    const std::lock_guard lock(mutex_);
    if (broken_) return std::unexpected(*broken_);
    if (size_of(collecting_) > kUnwrittenMax) return std::unexpected(Error{"the disk does not keep up"});
    fill(collecting_, spare_);
    last_batch_ = batch;
    return {};
  }
  // Strand. Copies what is at an offset and not written yet, at least a whole entry; nothing when it is in the file.
  std::optional<std::string> unwritten(std::uint32_t segment, std::uint32_t offset) const;
  // Up to where `segment` is known to be on disk; 0 when nothing is known.
  std::uint32_t synced(std::uint32_t segment) const {
    const Place place = durable_place_.load(std::memory_order_acquire);
    return segment_of(place) == segment ? offset_of(place) : 0;
  }
  // Batches up to this one are on disk; an error when a write failed, for good.
  std::expected<std::uint64_t, Error> durable() const;

  bool has_work() const;
  // Writes everything added so far. False when there was nothing to do.
  bool commit();

 private:
  static std::size_t size_of(const std::vector<Piece>& pieces);
  std::expected<void, Error> write(const std::vector<Piece>& group);

  mutable std::mutex mutex_;
  std::vector<Piece> collecting_;
  std::vector<Piece> writing_;  // changed under the mutex, read without it by commit()
  std::string spare_;
  std::uint64_t last_batch_ = 0;
  std::uint64_t durable_batch_ = 0;
  std::optional<Error> broken_;
  std::atomic<Place> durable_place_ = kNowhere;
};

}  // namespace store
