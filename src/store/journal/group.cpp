#include "store/journal/group.h"

#include "base/fault.h"
#include "store/journal/entry.h"

namespace store {
namespace {

// Buffers larger than this are given back to the system after a commit.
constexpr std::size_t kKeptBuffer = 4u << 20;

std::optional<std::string> find(const std::vector<Piece>& pieces, std::uint32_t segment, std::uint32_t offset) {
  for (const Piece& piece : pieces) {
    if (piece.segment != segment || offset < piece.offset || offset - piece.offset >= piece.bytes.size()) continue;
    const std::string_view rest = std::string_view(piece.bytes).substr(offset - piece.offset);
    return std::string(rest.substr(0, promised_size(rest)));
  }
  return std::nullopt;
}

}  // namespace

std::size_t Groups::size_of(const std::vector<Piece>& pieces) {
  std::size_t size = 0;
  for (const Piece& piece : pieces) size += piece.bytes.size();
  return size;
}

std::optional<std::string> Groups::unwritten(std::uint32_t segment, std::uint32_t offset) const {
  const std::lock_guard lock(mutex_);
  if (auto found = find(collecting_, segment, offset)) return found;
  return find(writing_, segment, offset);
}

std::expected<std::uint64_t, Error> Groups::durable() const {
  const std::lock_guard lock(mutex_);
  if (broken_) return std::unexpected(*broken_);
  return durable_batch_;
}

bool Groups::has_work() const {
  const std::lock_guard lock(mutex_);
  return !collecting_.empty() && !broken_;
}

bool Groups::commit() {
  std::uint64_t batch = 0;
  {
    const std::lock_guard lock(mutex_);
    if (collecting_.empty() || broken_) return false;
    writing_.swap(collecting_);
    batch = last_batch_;
  }
  const auto written = write(writing_);
  const std::lock_guard lock(mutex_);
  if (written) {
    durable_batch_ = batch;
  } else {
    broken_ = written.error();
    return true;  // what waits stays readable; nothing is written any more
  }
  // The buffer is used again, so that a busy log does not allocate.
  std::string buffer = std::move(writing_.back().bytes);
  writing_.clear();
  if (collecting_.empty() && buffer.capacity() <= kKeptBuffer) {
    buffer.clear();
    spare_ = std::move(buffer);
  }
  return true;
}

// A segment is on disk before anything of the next one is written: so the begin of a segment proves the end of the one
// before.
std::expected<void, Error> Groups::write(const std::vector<Piece>& group) {
  for (const Piece& piece : group) {
    CHECK(piece.file->write(piece.offset, piece.bytes));
    CHECK(piece.file->sync());
    durable_place_.store(place_at(piece.segment, piece.offset + static_cast<std::uint32_t>(piece.bytes.size())),
                         std::memory_order_release);
  }
  return {};
}

}  // namespace store
