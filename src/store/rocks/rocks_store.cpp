#include "store/rocks/rocks_store.h"

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace store {
namespace {

// Below every table: no table name begins with a NUL byte.
const std::string kVersionKey("\0format", 7);

std::unexpected<Error> failed(const std::string& what, const rocksdb::Status& status) {
  return std::unexpected(Error{what + ": " + status.ToString()});
}

rocksdb::Options options() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.max_background_jobs = 2;
  options.keep_log_file_num = 2;
  options.max_total_wal_size = 256u << 20;
  options.write_buffer_size = 32u << 20;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(64u << 20);
  table.cache_index_and_filter_blocks = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

class RocksStore : public Store {
 public:
  RocksStore(std::unique_ptr<rocksdb::DB> db, Post post)
      : db_(std::move(db)), post_(std::move(post)), committer_([this] { commit_loop(); }) {}

  ~RocksStore() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    committer_.join();
  }

  std::expected<void, Error> write(const Batch& batch, Done done) override {
    if (!batch.journal.empty()) return no_journal();
    rocksdb::WriteBatch records;
    for (const Write& write : batch.rows) {
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
    // Not synced here: the committer does that for every batch that came meanwhile.
    if (const auto status = db_->Write(rocksdb::WriteOptions(), &records); !status.ok()) {
      return failed("write", status);
    }
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(done));
    }
    wake_.notify_one();
    return {};
  }

  // The journal's files are not there yet: rows only.
  Tail tail() const override { return {}; }
  std::expected<void, Error> recover(Recovery&) override { return {}; }
  std::expected<std::vector<Found>, Error> fetch(std::span<const Place>) override { return no_journal(); }
  std::optional<std::uint32_t> sparse() const override { return std::nullopt; }
  std::expected<std::vector<Living>, Error> living(std::uint32_t) override { return no_journal(); }
  JournalUse journal_use() const override { return {}; }

  std::expected<std::optional<std::string>, Error> read(std::string_view key) override {
    std::string value;
    const auto status = db_->Get(rocksdb::ReadOptions(), rocksdb::Slice(key.data(), key.size()), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return failed("read", status);
    return value;
  }

  std::expected<void, Error> scan(std::string_view prefix, std::string_view from, const Visit& visit) override {
    const std::unique_ptr<rocksdb::Iterator> row(db_->NewIterator(rocksdb::ReadOptions()));
    const std::string_view start = std::max(prefix, from);
    for (row->Seek(rocksdb::Slice(start.data(), start.size())); row->Valid(); row->Next()) {
      const std::string_view key = row->key().ToStringView();
      if (!key.starts_with(prefix) || !visit(key, row->value().ToStringView())) break;
    }
    if (!row->status().ok()) return failed("scan", row->status());
    return {};
  }

  std::expected<void, Error> scan_back(std::string_view prefix, std::string_view before, const Visit& visit) override {
    const std::unique_ptr<rocksdb::Iterator> row(db_->NewIterator(rocksdb::ReadOptions()));
    row->SeekForPrev(rocksdb::Slice(before.data(), before.size()));
    if (row->Valid() && row->key() == rocksdb::Slice(before.data(), before.size())) row->Prev();
    for (; row->Valid(); row->Prev()) {
      const std::string_view key = row->key().ToStringView();
      if (!key.starts_with(prefix) || !visit(key, row->value().ToStringView())) break;
    }
    if (!row->status().ok()) return failed("scan", row->status());
    return {};
  }

 private:
  static std::unexpected<Error> no_journal() { return std::unexpected(Error{"this store has no journal"}); }

  void commit_loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;  // stopping, and nothing is owed
      std::vector<Done> group;
      group.swap(waiting_);
      lock.unlock();
      const rocksdb::Status status = db_->SyncWAL();
      post_([group = std::move(group), status]() mutable {
        for (Done& done : group) {
          if (status.ok()) {
            done({});
          } else {
            done(failed("sync", status));
          }
        }
      });
      lock.lock();
    }
  }

  std::unique_ptr<rocksdb::DB> db_;
  Post post_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Done> waiting_;
  bool stopping_ = false;
  std::thread committer_;  // last: it uses all of the above
};

std::expected<void, Error> check_version(rocksdb::DB& db) {
  std::string version;
  const auto status = db.Get(rocksdb::ReadOptions(), kVersionKey, &version);
  if (status.IsNotFound()) {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    if (const auto put = db.Put(synced, kVersionKey, std::to_string(kFormatVersion)); !put.ok()) {
      return failed("write the format version", put);
    }
    return {};
  }
  if (!status.ok()) return failed("read the format version", status);
  if (version != std::to_string(kFormatVersion)) {
    return std::unexpected(Error{"the data directory has format version " + version + ", this renkei needs " +
                                 std::to_string(kFormatVersion)});
  }
  return {};
}

}  // namespace

std::expected<std::unique_ptr<Store>, Error> open_rocks_store(const std::string& directory, Post post) {
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::Open(options(), directory + "/state", &opened);
  if (status.IsIOError() && status.ToString().find("lock") != std::string::npos) {
    return std::unexpected(Error{"the data directory " + directory + " is in use by another renkei server"});
  }
  if (!status.ok()) return failed("open " + directory + "/state", status);
  std::unique_ptr<rocksdb::DB> db(opened);
  if (auto checked = check_version(*db); !checked) return std::unexpected(checked.error());
  return std::make_unique<RocksStore>(std::move(db), std::move(post));
}

}  // namespace store
