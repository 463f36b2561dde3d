#include "store/rocks/rocks_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/fault.h"
#include "store/journal/log.h"
#include "store/journal/real_disk.h"
#include "store/rocks/row_overlay.h"
#include "store/rocks/tables.h"

namespace store {
namespace {

// With less than this left on the disk rows are refused, so that those which were accepted have room.
constexpr std::uint64_t kReserveBytes = 32u << 20;

// Held for as long as a process uses a data directory.
class DirectoryLock {
 public:
  static std::expected<DirectoryLock, Error> take(const std::string& directory) {
    const std::string path = directory + "/lock";
    DirectoryLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (lock.descriptor_ < 0) return std::unexpected(Error{"open " + path + ": " + std::strerror(errno)});
    // A child that a killed server was about to start holds the lock until it has become another program.
    constexpr std::chrono::milliseconds kWait{20};
    for (int tries = 0; tries < 100 && ::flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0; ++tries) {
      std::this_thread::sleep_for(kWait);
    }
    if (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
      return std::unexpected(Error{"the data directory " + directory + " is in use by another renkei server"});
    }
    return lock;
  }
  DirectoryLock(DirectoryLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

 private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// A thread that works while there is work and sleeps otherwise.
class Worker {
 public:
  // `step` does one thing, false when there was nothing to do.
  explicit Worker(std::function<bool()> step) : step_(std::move(step)), thread_([this] { run(); }) {}
  ~Worker() { stop(); }

  void wake() {
    {
      const std::lock_guard lock(mutex_);
      if (woken_) return;
      woken_ = true;
    }
    changed_.notify_all();
  }
  // Wakes it and returns when it has done something, or has found nothing to do.
  void wait_for_step() {
    std::unique_lock lock(mutex_);
    const std::uint64_t seen = steps_;
    woken_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return steps_ != seen || stopping_; });
  }
  // Does what is left to do first.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return woken_ || stopping_; });
      const bool last = stopping_;
      woken_ = false;
      lock.unlock();
      for (bool more = true; more;) {
        more = step_();
        const std::lock_guard step_lock(mutex_);
        ++steps_;
        changed_.notify_all();
      }
      lock.lock();
      if (last) return;
    }
  }

  std::function<bool()> step_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  bool stopping_ = false;
  std::uint64_t steps_ = 0;
  std::thread thread_;  // last: it uses all of the above
};

class RocksStore : public Store {
 public:
  RocksStore(DirectoryLock lock, std::string directory, std::unique_ptr<Tables> tables, Post post, RocksOptions options)
      : lock_(std::move(lock)),
        directory_(std::move(directory)),
        tables_(std::move(tables)),
        post_(std::move(post)),
        options_(std::move(options)) {}

  std::expected<void, Error> open_log();

  ~RocksStore() override {
    *alive_ = false;
    if (committer_) committer_->stop();
    if (keeper_) keeper_->stop();
    if (log_) (void)apply_durable();
  }

  std::expected<void, Error> write(const Batch& batch, Done done) override;
  void push() override {
    if (std::exchange(unpushed_, false)) committer_->wake();
  }

  std::expected<std::optional<std::string>, Error> read(std::string_view key) override {
    RowOverlay::Answer waiting = overlay_.find(key);
    if (waiting.known) return std::move(waiting.value);
    return tables_->read(key);
  }
  std::expected<void, Error> scan(std::string_view prefix, std::string_view from, const Visit& visit) override {
    CHECK(settle_rows(prefix));
    return tables_->scan(prefix, from, visit);
  }
  std::expected<void, Error> scan_back(std::string_view prefix, std::string_view before, const Visit& visit) override {
    CHECK(settle_rows(prefix));
    return tables_->scan_back(prefix, before, visit);
  }

  Tail tail() const override { return log_->tail(); }
  std::expected<void, Error> recover(Recovery& recovery) override { return log_->recover(recovery); }
  std::expected<std::vector<Found>, Error> fetch(std::span<const Place> places) override { return log_->fetch(places); }
  std::optional<std::uint32_t> sparse(const std::set<std::uint32_t>& except) const override {
    return log_->sparse(except);
  }
  std::expected<std::vector<Living>, Error> living(std::uint32_t segment) override { return log_->living(segment); }
  JournalUse journal_use() const override { return log_->use(); }

 private:
  struct Waiting {
    std::uint64_t batch;
    std::vector<Write> rows;
    Place rows_at;
    Done done;
  };

  std::expected<void, Error> accept(const Batch& batch, Done done);
  bool commit();
  void look_at_space();
  void settle();
  std::expected<std::uint64_t, Error> apply_durable();
  std::expected<void, Error> settle_rows(std::string_view prefix);

  DirectoryLock lock_;
  std::string directory_;
  std::unique_ptr<Tables> tables_;
  Post post_;
  RocksOptions options_;
  std::unique_ptr<Log> log_;
  RowOverlay overlay_;
  std::deque<Waiting> waiting_;  // for the disk, or for their `done`
  std::size_t applied_ = 0;      // how many of those have their rows in the tables
  std::uint64_t last_batch_ = 0;
  bool unpushed_ = false;
  std::atomic<bool> nearly_full_ = false;
  std::atomic<bool> settling_ = false;  // a settle() is on its way to the strand
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<Worker> keeper_;
  std::unique_ptr<Worker> committer_;
};

std::expected<void, Error> RocksStore::open_log() {
  TRY(std::unique_ptr<Disk> disk, open_real_disk(directory_ + "/journal"));
  Log::Options log;
  if (options_.segment_bytes != 0) log.segment_bytes = options_.segment_bytes;
  log.flush_rows = [this] { return tables_->flush(); };
  log.wake_keeper = [this] {
    if (keeper_) keeper_->wake();
  };
  log.wait_for_keeper = [this] { keeper_->wait_for_step(); };
  log.warn = options_.warn;
  const auto replay = [this](Place place, std::vector<Write> rows) -> std::expected<void, Error> {
    if (place <= tables_->applied_up_to()) return {};
    const std::vector<Write>* batch = &rows;
    return tables_->apply(std::span(&batch, 1), place);
  };
  TRY(log_, Log::open(std::move(disk), std::move(log), replay));
  keeper_ = std::make_unique<Worker>([this] { return log_->keeper().step(); });
  committer_ = std::make_unique<Worker>([this] { return commit(); });
  keeper_->wake();
  return {};
}

std::expected<void, Error> RocksStore::write(const Batch& batch, Done done) {
  auto accepted = accept(batch, std::move(done));
  if (!accepted && options_.warn) options_.warn("a write was refused: " + accepted.error().message);
  return accepted;
}

std::expected<void, Error> RocksStore::accept(const Batch& batch, Done done) {
  if (!batch.rows.empty() && nearly_full_) {
    look_at_space();  // no commit will: nothing is written meanwhile
    if (nearly_full_) return std::unexpected(Error{"the disk of " + directory_ + " is nearly full"});
  }
  TRY(const Log::Written written, log_->write(batch));
  overlay_.add(written.batch, batch.rows);
  waiting_.push_back({written.batch, batch.rows, written.rows_at, std::move(done)});
  last_batch_ = written.batch;
  if (options_.wait_for_push) {
    unpushed_ = true;
  } else {
    committer_->wake();
  }
  return {};
}

void RocksStore::look_at_space() {
  std::error_code error;
  const auto space = std::filesystem::space(directory_, error);
  if (error) return;
  const bool full = space.available < kReserveBytes;
  if (nearly_full_.exchange(full) == full || !options_.warn) return;
  options_.warn(full ? "the disk of " + directory_ + " is nearly full: what changes more than messages is refused"
                     : "the disk of " + directory_ + " has room again");
}

bool RocksStore::commit() {
  if (!log_->groups().commit()) return false;
  look_at_space();
  if (!settling_.exchange(true)) {
    post_([this, alive = alive_] {
      if (*alive) settle();
    });
  }
  return true;
}

// Puts the rows of durable batches into the tables. The last batch that is durable, or why none will be any more.
std::expected<std::uint64_t, Error> RocksStore::apply_durable() {
  TRY(const std::uint64_t durable, log_->groups().durable());
  std::vector<const std::vector<Write>*> batches;
  Place place = kNowhere;
  std::size_t until = applied_;
  for (; until < waiting_.size() && waiting_[until].batch <= durable; ++until) {
    if (waiting_[until].rows_at == kNowhere) continue;
    batches.push_back(&waiting_[until].rows);
    place = waiting_[until].rows_at;
  }
  if (!batches.empty()) CHECK(tables_->apply(batches, place));
  for (; applied_ < until; ++applied_) overlay_.remove(waiting_[applied_].batch, waiting_[applied_].rows);
  return durable;
}

void RocksStore::settle() {
  settling_ = false;
  const auto applied = apply_durable();
  const bool good = applied.has_value();
  if (good) log_->applied(*applied);
  while (!waiting_.empty() && (!good || applied_ > 0)) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    if (applied_ > 0) --applied_;
    if (good) {
      next.done({});
    } else {
      next.done(std::unexpected(applied.error()));
    }
  }
}

// A scan over rows that are not in the tables yet waits for the disk: it is rare, and the tables alone then know all.
std::expected<void, Error> RocksStore::settle_rows(std::string_view prefix) {
  while (overlay_.touches(prefix)) {
    TRY(const std::uint64_t durable, apply_durable());
    if (durable >= last_batch_) break;
    unpushed_ = false;
    committer_->wait_for_step();
  }
  return {};
}

}  // namespace

std::expected<std::unique_ptr<Store>, Error> open_rocks_store(const std::string& directory, Post post,
                                                              RocksOptions options) {
  TRY(DirectoryLock lock, DirectoryLock::take(directory));
  TRY(std::unique_ptr<Tables> tables, Tables::open(directory));
  auto store =
      std::make_unique<RocksStore>(std::move(lock), directory, std::move(tables), std::move(post), std::move(options));
  CHECK(store->open_log());
  return store;
}

std::expected<JournalFindings, Error> examine_store(const std::string& directory) {
  TRY(const DirectoryLock lock, DirectoryLock::take(directory));
  JournalFindings findings;
  if (std::filesystem::exists(directory + "/journal")) {
    TRY(const std::unique_ptr<Disk> disk, open_real_disk(directory + "/journal"));
    findings = examine_journal(*disk);
  }
  if (const auto rows = examine_tables(directory); !rows) findings.damage.push_back(rows.error().message);
  return findings;
}

}  // namespace store
