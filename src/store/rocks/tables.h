#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "store/store.h"

namespace rocksdb {
class DB;
}

namespace store {

// The rows, in RocksDB without its write-ahead log: the journal is the log. Only durable rows get here, in order, each
// batch with its place in the journal, so that a start knows from where on to replay.
class Tables {
 public:
  static std::expected<std::unique_ptr<Tables>, Error> open(const std::string& directory);
  ~Tables();

  // Several batches at once: all of their rows, and the place of the last ones.
  std::expected<void, Error> apply(std::span<const std::vector<Write>* const> batches, Place place);
  // What was applied so far survives. From any thread.
  std::expected<void, Error> flush();
  // Of the last batch that survived.
  Place applied_up_to() const { return applied_up_to_; }

  std::expected<std::optional<std::string>, Error> read(std::string_view key);
  std::expected<void, Error> scan(std::string_view prefix, std::string_view from, const Store::Visit& visit);
  std::expected<void, Error> scan_back(std::string_view prefix, std::string_view before, const Store::Visit& visit);

 private:
  explicit Tables(std::unique_ptr<rocksdb::DB> db);
  std::expected<void, Error> check_version();
  std::expected<void, Error> read_place();

  std::unique_ptr<rocksdb::DB> db_;
  Place applied_up_to_ = kNowhere;
};

// Reads all rows of a data directory that nobody uses and checks their checksums.
std::expected<void, Error> examine_tables(const std::string& directory);

}  // namespace store
