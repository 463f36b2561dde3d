#pragma once

#include <memory>
#include <string>

#include "store/store.h"

namespace store {

// Runs a closure on the thread that owns the cloud.
using Post = std::function<void(std::move_only_function<void()>)>;

// The store of a running server: RocksDB under `directory`/state, with group commit: write() puts a batch into the
// write-ahead log without waiting, and one committer thread makes everything written so far durable with one
// fdatasync. A second process on the same directory is refused; so is a directory of another format version.
std::expected<std::unique_ptr<Store>, Error> open_rocks_store(const std::string& directory, Post post);

// Written to a new data directory; a server refuses a directory with another one.
inline constexpr std::uint32_t kFormatVersion = 1;

}  // namespace store
