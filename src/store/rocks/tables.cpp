#include "store/rocks/tables.h"

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <filesystem>

#include "base/fault.h"
#include "store/journal/bytes.h"
#include "store/rocks/rocks_store.h"

namespace store {
namespace {

// What a flush may write beyond the rows themselves: RocksDB's index of the new file, manifest and own log.
constexpr std::uint64_t kFlushSlackBytes = 4u << 20;

// Below every table: no table name begins with a NUL byte.
const std::string kVersionKey("\0format", 7);
const std::string kPlaceKey("\0journal", 8);

std::unexpected<Error> failed(const std::string& what, const rocksdb::Status& status) {
  return std::unexpected(Error{what + ": " + status.ToString()});
}

rocksdb::Slice slice(std::string_view text) {
  return rocksdb::Slice(text.data(), text.size());
}

rocksdb::Options options() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  options.max_background_jobs = 2;
  options.keep_log_file_num = 2;
  options.write_buffer_size = 32u << 20;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(64u << 20);
  table.cache_index_and_filter_blocks = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

rocksdb::WriteOptions unlogged() {
  rocksdb::WriteOptions write;
  write.disableWAL = true;
  return write;
}

void add(rocksdb::WriteBatch& records, const Write& write) {
  switch (write.kind) {
    case Write::Kind::Put:
      records.Put(write.key, write.value);
      break;
    case Write::Kind::Erase:
      records.Delete(write.key);
      break;
    case Write::Kind::EraseRange:
      records.DeleteRange(write.key, write.value);
      break;
  }
}

std::expected<void, Error> refuse_version(const std::string& version) {
  if (version == std::to_string(kFormatVersion)) return {};
  return std::unexpected(Error{"the data directory has format version " + version + ", this renkei needs " +
                               std::to_string(kFormatVersion) +
                               ". Run the renkei that made it, or start with another --data directory"});
}

}  // namespace

Tables::Tables(std::unique_ptr<rocksdb::DB> db) : db_(std::move(db)) {}

Tables::~Tables() {
  (void)flush();  // saves the next start the replay; what this fails to write, the journal has
}

std::expected<std::unique_ptr<Tables>, Error> Tables::open(const std::string& directory) {
  rocksdb::DB* opened = nullptr;
  if (const auto status = rocksdb::DB::Open(options(), directory + "/state", &opened); !status.ok()) {
    return failed("open " + directory + "/state", status);
  }
  std::unique_ptr<Tables> tables(new Tables(std::unique_ptr<rocksdb::DB>(opened)));
  CHECK(tables->check_version());
  CHECK(tables->read_place());
  return tables;
}

std::expected<void, Error> Tables::check_version() {
  TRY(const std::optional<std::string> version, read(kVersionKey));
  if (!version) {
    const auto status = db_->Put(unlogged(), kVersionKey, std::to_string(kFormatVersion));
    if (!status.ok()) return failed("write the format version", status);
    return flush();
  }
  return refuse_version(*version);
}

std::expected<void, Error> Tables::read_place() {
  TRY(const std::optional<std::string> place, read(kPlaceKey));
  if (place && place->size() == sizeof(Place)) applied_up_to_ = number_at<Place>(place->data());
  return {};
}

std::expected<void, Error> Tables::apply(std::span<const std::vector<Write>* const> batches, Place place) {
  rocksdb::WriteBatch records;
  for (const std::vector<Write>* batch : batches) {
    for (const Write& write : *batch) add(records, write);
  }
  std::string bytes;
  put_number(bytes, place);
  records.Put(kPlaceKey, bytes);
  if (const auto status = db_->Write(unlogged(), &records); !status.ok()) return failed("write", status);
  return {};
}

// Debian's RocksDB asserts when a flush ran out of space and its writer is used again, which would end the process: a
// flush that might is not begun. Nothing is lost, the journal has what it would have made safe.
std::expected<void, Error> Tables::flush() {
  std::uint64_t unflushed = 0;
  db_->GetIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &unflushed);
  std::error_code unknown;
  const auto space = std::filesystem::space(db_->GetName(), unknown);
  if (!unknown && space.available < unflushed + kFlushSlackBytes) {
    return std::unexpected(Error{"flush: too little is left on the disk of " + db_->GetName()});
  }
  if (const auto status = db_->Flush(rocksdb::FlushOptions()); !status.ok()) return failed("flush", status);
  return {};
}

std::expected<std::optional<std::string>, Error> Tables::read(std::string_view key) {
  std::string value;
  const auto status = db_->Get(rocksdb::ReadOptions(), slice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return failed("read", status);
  return value;
}

std::expected<void, Error> Tables::scan(std::string_view prefix, std::string_view from, const Store::Visit& visit) {
  const std::unique_ptr<rocksdb::Iterator> row(db_->NewIterator(rocksdb::ReadOptions()));
  for (row->Seek(slice(std::max(prefix, from))); row->Valid(); row->Next()) {
    const std::string_view key = row->key().ToStringView();
    if (!key.starts_with(prefix) || !visit(key, row->value().ToStringView())) break;
  }
  if (!row->status().ok()) return failed("scan", row->status());
  return {};
}

std::expected<void, Error> Tables::scan_back(std::string_view prefix, std::string_view before,
                                             const Store::Visit& visit) {
  const std::unique_ptr<rocksdb::Iterator> row(db_->NewIterator(rocksdb::ReadOptions()));
  row->SeekForPrev(slice(before));
  if (row->Valid() && row->key() == slice(before)) row->Prev();
  for (; row->Valid(); row->Prev()) {
    const std::string_view key = row->key().ToStringView();
    if (!key.starts_with(prefix) || !visit(key, row->value().ToStringView())) break;
  }
  if (!row->status().ok()) return failed("scan", row->status());
  return {};
}

std::expected<void, Error> examine_tables(const std::string& directory) {
  rocksdb::DB* opened = nullptr;
  rocksdb::Options reading = options();
  reading.create_if_missing = false;
  if (const auto status = rocksdb::DB::OpenForReadOnly(reading, directory + "/state", &opened); !status.ok()) {
    return failed("open " + directory + "/state", status);
  }
  const std::unique_ptr<rocksdb::DB> db(opened);
  std::string version;
  if (const auto status = db->Get(rocksdb::ReadOptions(), kVersionKey, &version); !status.ok()) {
    return failed("read the format version", status);
  }
  CHECK(refuse_version(version));
  if (const auto status = db->VerifyChecksum(); !status.ok()) return failed("the rows", status);
  return {};
}

}  // namespace store
