#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/journal/examine.h"
#include "store/store.h"

namespace store {

// Runs a closure on the thread that owns the cloud.
using Post = std::function<void(std::move_only_function<void()>)>;

struct RocksOptions {
  // The disk starts with push() and not before: a driver that writes many batches in a round gets larger groups, and
  // must call push() after each round.
  bool wait_for_push = false;
  // Troubles that need no answer now: a checkpoint that failed, a torn tail that was cut.
  std::function<void(const std::string&)> warn;
  std::uint32_t segment_bytes = 0;  // of the journal; 0: the usual
};

// The store of a running server: a journal under `directory`/journal, which all batches go through, and rows in RocksDB
// under `directory`/state. Group commit: one thread makes everything written so far durable with one write and one
// fdatasync. A second process on the same directory is refused; so is a directory of another format version.
std::expected<std::unique_ptr<Store>, Error> open_rocks_store(const std::string& directory, Post post,
                                                              RocksOptions options = {});

// Checks all that is in a data directory: every checksum, and indexes and books against the records. Changes nothing;
// refused while a server uses it.
std::expected<JournalFindings, Error> examine_store(const std::string& directory);

// Written to a new data directory; a server refuses a directory with another one.
inline constexpr std::uint32_t kFormatVersion = 2;

}  // namespace store
