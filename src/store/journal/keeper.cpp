#include "store/journal/keeper.h"

#include <algorithm>
#include <charconv>

#include "base/fault.h"
#include "store/journal/checkpoint.h"
#include "store/journal/entry.h"
#include "store/journal/loader.h"

namespace store {
namespace {

std::string file_name(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits + ".segment";
}

std::uint64_t file_number(const std::string& name) {
  std::uint64_t number = 0;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return number;
}

}  // namespace

Keeper::Keeper(Disk& disk, Parts parts, std::uint32_t next_segment, std::vector<std::string> unused)
    : disk_(disk), parts_(std::move(parts)), next_segment_(next_segment), unused_(std::move(unused)) {
  if (const auto names = disk_.list()) {
    for (const std::string& name : *names) {
      if (!is_segment_name(name)) continue;
      next_file_ = std::max(next_file_, file_number(name) + 1);
      ++files_;
    }
  }
}

std::size_t Keeper::ready() const {
  const std::lock_guard lock(mutex_);
  return ready_.size();
}

std::optional<Keeper::Ready> Keeper::take_ready() {
  const std::lock_guard lock(mutex_);
  if (ready_.empty()) return std::nullopt;
  Ready taken = std::move(ready_.front());
  ready_.pop_front();
  wanted_ = 0;
  return taken;
}

void Keeper::submit(Job job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
}

std::vector<std::uint32_t> Keeper::take_indexed() {
  const std::lock_guard lock(mutex_);
  return std::exchange(indexed_, {});
}

void Keeper::want(std::size_t segments) {
  const std::lock_guard lock(mutex_);
  wanted_ = segments;
  segment_error_.reset();
}

std::optional<Error> Keeper::segment_error() const {
  const std::lock_guard lock(mutex_);
  return segment_error_;
}

// With one at hand, checkpoints go first: they may give files back.
bool Keeper::should_prepare() const {
  const std::lock_guard lock(mutex_);
  if (segment_error_) return false;
  return ready_.empty() || ready_.size() < wanted_ || (ready_.size() < kReadyAhead && jobs_.empty());
}

// All that wait, as one: the last checkpoint says all that the ones before it did.
bool Keeper::take_jobs() {
  const std::lock_guard lock(mutex_);
  if (jobs_.empty()) return false;
  for (Job& job : jobs_) {
    std::ranges::move(job.closed, std::back_inserter(owed_.closed));
    std::ranges::move(job.dropped, std::back_inserter(owed_.dropped));
    std::ranges::move(job.files, std::back_inserter(owed_.files));
  }
  owed_.checkpoint = std::move(jobs_.back().checkpoint);
  jobs_.clear();
  return true;
}

bool Keeper::step() {
  if (should_prepare()) {
    auto prepared = prepare();
    if (!prepared && parts_.warn) parts_.warn("no new segment for the journal: " + prepared.error().message);
    const std::lock_guard lock(mutex_);
    if (prepared) {
      ready_.push_back(std::move(*prepared));
    } else {
      segment_error_ = prepared.error();
    }
    return true;
  }
  if (!take_jobs()) return false;
  if (const auto written = write_books(); !written && parts_.warn) {
    parts_.warn("no checkpoint of the journal, the next one makes up for it: " + written.error().message);
  }
  return true;
}

// The head is on disk before the segment is used: no later run can take the same number for another use of the file.
std::expected<Keeper::Ready, Error> Keeper::prepare() {
  std::string name;
  TRY(std::shared_ptr<File> file, make_file(name));
  const std::uint32_t segment = next_segment_;
  CHECK(file->write(0, segment_head(segment)));
  CHECK(file->sync());
  ++next_segment_;
  return Ready{segment, std::move(name), std::move(file)};
}

std::expected<std::shared_ptr<File>, Error> Keeper::make_file(std::string& name) {
  while (!unused_.empty()) {
    name = std::move(unused_.back());
    unused_.pop_back();
    TRY(std::shared_ptr<File> file, disk_.open(name));
    TRY(const std::uint64_t size, file->size());
    if (size == parts_.segment_bytes) return file;
    CHECK(remove_file(name));
  }
  if (files_ >= kFilesMax) return std::unexpected(Error{"the journal has reached its limit of segment files"});
  name = file_name(next_file_);
  TRY(std::shared_ptr<File> file, disk_.create(name, parts_.segment_bytes));
  ++next_file_;
  ++files_;
  return file;
}

std::expected<void, Error> Keeper::write_books() {
  if (parts_.flush_rows) CHECK(parts_.flush_rows());
  std::erase_if(owed_.closed, [&](const Closed& closed) {
    return std::ranges::find(owed_.dropped, closed.segment) != owed_.dropped.end();
  });
  while (!owed_.closed.empty()) {
    CHECK(write_index(owed_.closed.back()));
    const std::lock_guard lock(mutex_);
    indexed_.push_back(owed_.closed.back().segment);
    owed_.closed.pop_back();
  }
  CHECK(disk_.replace(kCheckpointName, owed_.checkpoint));
  for (; !owed_.dropped.empty(); owed_.dropped.pop_back()) CHECK(disk_.remove(index_name(owed_.dropped.back())));
  for (; !owed_.files.empty(); owed_.files.pop_back()) CHECK(reuse(owed_.files.back()));
  return {};
}

std::expected<void, Error> Keeper::reuse(const std::string& name) {
  if (unused_.size() >= kSpareMax) return remove_file(name);
  unused_.push_back(name);
  return {};
}

std::expected<void, Error> Keeper::remove_file(const std::string& name) {
  CHECK(disk_.remove(name));
  --files_;
  return {};
}

// Who can't be read does not keep the others from being indexed, nor checkpoints from being written: the index says so
// of it.
std::expected<void, Error> Keeper::write_index(const Closed& closed) {
  Index index = *closed.index;
  std::string bytes;
  for (Index::Entry& entry : index.specials) {
    bytes.resize(entry.special.size);
    const std::size_t got = closed.file->read(entry.offset, bytes).value_or(0);  // a sector that went bad, if not
    const auto record = parse_entry(closed.segment, std::string_view(bytes).substr(0, got));
    entry.readable = record.has_value();
    if (record) {
      entry.meta = record->meta;
    } else if (parts_.warn) {
      parts_.warn("segment " + std::to_string(closed.segment) + " of the journal is damaged at offset " +
                  std::to_string(entry.offset) + ": what stands there is known until the server ends, and then lost");
    }
  }
  return disk_.replace(index_name(closed.segment), encode(index, closed.segment));
}

}  // namespace store
