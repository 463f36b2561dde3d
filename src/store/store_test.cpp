#include "store/store.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>

#include "store/memory/memory_store.h"
#include "store/rocks/rocks_store.h"

namespace {

store::Write put(std::string key, std::string value) {
  return {store::Write::Kind::Put, std::move(key), std::move(value)};
}

TEST(MemoryStore, CrashForgetsWhatWasNotSynced) {
  store::MemoryStore store(/*auto_sync=*/false);
  bool first = false;
  bool second = false;
  ASSERT_TRUE(store.write({put("a", "1")}, [&](auto result) { first = result.has_value(); }));
  ASSERT_TRUE(store.write({put("b", "2")}, [&](auto result) { second = result.has_value(); }));
  store.sync(1);
  store.crash();
  EXPECT_TRUE(first);
  EXPECT_FALSE(second);
  EXPECT_EQ(store.read("a").value(), "1");
  EXPECT_EQ(store.read("b").value(), std::nullopt);
}

// The strand of a test: closures run when the test waits.
class Strand {
 public:
  void post(std::move_only_function<void()> task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    came_.notify_one();
  }
  void run_until(const std::function<bool()>& done) {
    while (!done()) {
      std::unique_lock lock(mutex_);
      came_.wait(lock, [&] { return !tasks_.empty(); });
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<std::move_only_function<void()>> tasks_;
};

class RocksStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "renkei-store-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  using Opened = std::expected<std::unique_ptr<store::Store>, store::Error>;
  Opened open(store::RocksOptions options = {}) { return open(directory_, std::move(options)); }
  Opened open(const std::string& directory, store::RocksOptions options = {}) {
    if (options.segment_bytes == 0) options.segment_bytes = 1u << 20;
    return store::open_rocks_store(directory, [this](auto task) { strand_.post(std::move(task)); }, std::move(options));
  }
  void write(store::Store& store, const store::Batch& batch) {
    std::optional<bool> durable;
    ASSERT_TRUE(store.write(batch, [&](auto result) { durable = result.has_value(); }));
    store.push();
    strand_.run_until([&] { return durable.has_value(); });
    ASSERT_TRUE(*durable);
  }

  std::string directory_;
  Strand strand_;
};

// What a recovery tells: "owner.number " for each record, "owner:note " for each note.
class Told : public store::Recovery {
 public:
  explicit Told(store::Store& store) { EXPECT_TRUE(store.recover(*this)); }
  void plain(std::uint64_t owner, std::uint32_t segment, std::span<const store::Fresh> records) override {
    for (const store::Fresh& record : records) add(owner, record.number, store::place_at(segment, record.offset));
  }
  void record(std::uint64_t owner, std::uint64_t number, store::Place place, store::Place, std::string_view) override {
    add(owner, number, place);
  }
  void damaged(std::uint64_t, std::uint64_t, store::Place, store::Place, const store::Error& error) override {
    ADD_FAILURE() << error.message;
  }
  void note(std::uint64_t owner, std::string_view bytes) override {
    text += std::to_string(owner) + ":" + std::string(bytes) + " ";
  }
  void add(std::uint64_t owner, std::uint64_t number, store::Place place) {
    text += std::to_string(owner) + "." + std::to_string(number) + " ";
    places.push_back(place);
  }

  std::string text;
  std::vector<store::Place> places;
};

store::Append record(std::uint64_t number, std::string payload) {
  return {{1, number, true, "", std::move(payload)}};
}

TEST_F(RocksStoreTest, KeepsWhatWasWrittenAndScansInOrder) {
  {
    auto store = open();
    ASSERT_TRUE(store) << store.error().message;
    write(**store, {put("t/b", "2"), put("t/a", "1"), put("u/a", "3"), put("t/c", "4")});
    write(**store, {{store::Write::Kind::EraseRange, "t/c", "t/d"}});
  }
  auto store = open();
  ASSERT_TRUE(store);
  std::string seen;
  ASSERT_TRUE((*store)->scan("t/", "", [&](auto key, auto value) {
    seen.append(key).append("=").append(value).append(" ");
    return true;
  }));
  EXPECT_EQ(seen, "t/a=1 t/b=2 ");
}

TEST_F(RocksStoreTest, ScansBackwardsAsTheMemoryStoreDoes) {
  auto rocks = open();
  ASSERT_TRUE(rocks);
  store::MemoryStore memory;
  const store::Batch batch = {put("s/z", "0"), put("t/a", "1"), put("t/b", "2"), put("t/c", "3"), put("u/a", "4")};
  write(**rocks, batch);
  write(memory, batch);
  const auto seen = [](store::Store& store, std::string_view before) {
    std::string text;
    EXPECT_TRUE(store.scan_back("t/", before, [&](auto, auto value) {
      text.append(value);
      return text.size() < 2;
    }));
    return text;
  };
  for (const auto& [before, expected] : std::map<std::string, std::string>{
           {"t/d", "32"}, {"t/c", "21"}, {"t/bb", "21"}, {"t/b", "1"}, {"t/a", ""}, {"t0", "32"}}) {
    EXPECT_EQ(seen(**rocks, before), expected) << before;
    EXPECT_EQ(seen(memory, before), expected) << before;
  }
}

TEST_F(RocksStoreTest, RefusesASecondServer) {
  auto first = open();
  ASSERT_TRUE(first);
  auto second = open();
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("in use by another renkei server"), std::string::npos)
      << second.error().message;
}

// A copy of the files while the server runs is what kill -9 leaves: nothing in memory got a chance to be written.
TEST_F(RocksStoreTest, RowsAndRecordsSurviveAKillTogether) {
  const std::string copy = directory_ + "/copy";
  store::Place first = 0;
  {
    auto store = open();
    ASSERT_TRUE(store) << store.error().message;
    store::Batch batch{put("t/a", "1"), put("t/b", "2")};
    first = (*store)->tail().take(record(7, "payload"));
    batch.journal = {record(7, "payload"), store::Note{1, "next 8"}};
    write(**store, batch);
    batch = {{store::Write::Kind::EraseRange, "t/b", "t/c"}, put("t/c", "3")};
    write(**store, batch);
    std::filesystem::create_directory(copy);
    for (const char* part : {"state", "journal"}) {
      std::filesystem::copy(directory_ + "/" + part, copy + "/" + part, std::filesystem::copy_options::recursive);
    }
  }
  for (const std::string& directory : {copy, directory_}) {
    for (int start = 0; start < 2; ++start) {
      auto store = open(directory);
      ASSERT_TRUE(store) << store.error().message;
      EXPECT_EQ((*store)->read("t/a").value(), "1");
      EXPECT_EQ((*store)->read("t/b").value(), std::nullopt);
      EXPECT_EQ((*store)->read("t/c").value(), "3");
      EXPECT_EQ(Told(**store).text, "1:next 8 1.7 ");
      EXPECT_EQ((*store)->fetch(first).value().record.payload, "payload");
    }
    const auto findings = store::examine_store(directory);
    ASSERT_TRUE(findings) << findings.error().message;
    EXPECT_TRUE(findings->damage.empty()) << findings->damage.front();
    EXPECT_EQ(findings->records, 1u);
  }
}

TEST_F(RocksStoreTest, RowsAreReadableBeforeTheyAreDurable) {
  auto store = open({.wait_for_push = true, .warn = {}, .segment_bytes = 0});
  ASSERT_TRUE(store);
  write(**store, {put("t/a", "1"), put("t/b", "2"), put("t/c", "3")});
  int durable = 0;
  const auto count = [&](auto result) { durable += result ? 1 : 0; };
  ASSERT_TRUE((*store)->write({{store::Write::Kind::EraseRange, "t/a", "t/c"}, put("t/b", "4")}, count));
  EXPECT_EQ((*store)->read("t/a").value(), std::nullopt);
  EXPECT_EQ((*store)->read("t/b").value(), "4");
  EXPECT_EQ((*store)->read("t/c").value(), "3");
  std::string seen;
  ASSERT_TRUE((*store)->scan("t/", "", [&](auto, auto value) {
    seen += value;
    return true;
  }));
  EXPECT_EQ(seen, "43");
  EXPECT_EQ(durable, 0) << "answers leave on the strand";
  (*store)->push();
  strand_.run_until([&] { return durable == 1; });
}

TEST_F(RocksStoreTest, SegmentsComeAndGoUnderLoad) {
  std::vector<store::Place> alive;
  std::string expected;
  {
    auto store = open({.wait_for_push = false, .warn = {}, .segment_bytes = 256u << 10});
    ASSERT_TRUE(store);
    EXPECT_EQ(Told(**store).text, "");
    int owed = 0;
    std::deque<store::Place> places;
    for (std::uint64_t number = 0; number < 8'000; ++number) {
      store::Batch batch;
      batch.journal.push_back(record(number, std::string(1'000, 'x')));
      store::Tail tail = (*store)->tail();
      places.push_back(tail.take(batch.journal.back()));
      if (number % 100 == 0) {
        alive.push_back(places.back());
        places.pop_back();
        expected += "1." + std::to_string(number) + " ";
      } else if (places.size() > 600) {
        batch.journal.push_back(store::Kill{places.front()});
        places.pop_front();
      }
      if (number % 10 == 0) batch.rows.push_back(put("t/" + std::to_string(number % 70), std::to_string(number)));
      ++owed;
      ASSERT_TRUE((*store)->write(batch, [&](auto result) { owed -= result ? 1 : 0; }));
      strand_.run_until([&] { return owed < 50; });
    }
    store::Batch last;
    for (const store::Place place : places) last.journal.push_back(store::Kill{place});
    write(**store, last);
    EXPECT_EQ(owed, 0);
  }
  auto store = open({.wait_for_push = false, .warn = {}, .segment_bytes = 256u << 10});
  ASSERT_TRUE(store) << store.error().message;
  Told told(**store);
  EXPECT_EQ(told.text, expected);
  EXPECT_EQ(told.places, alive);
  EXPECT_EQ((*store)->read("t/0").value(), "7980");
  const auto found = (*store)->fetch(alive);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->back().record.number, 7'900u);
}

TEST_F(RocksStoreTest, RefusesTheFormatOfAnEarlierVersion) {
  {
    ASSERT_TRUE(open());
  }
  rocksdb::DB* opened = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open({}, directory_ + "/state", &opened).ok());
  ASSERT_TRUE(opened->Put({}, std::string("\0format", 7), "1").ok());
  delete opened;
  const auto store = open();
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().message,
            "the data directory has format version 1, this renkei needs 2. Run the renkei that made it, or start with "
            "another --data directory");
}

TEST_F(RocksStoreTest, ExaminingNamesDamage) {
  {
    auto store = open();
    ASSERT_TRUE(store);
    for (std::uint64_t number = 0; number < 3; ++number) {
      store::Batch batch;
      batch.journal.push_back(record(number, std::string(100, 'x')));
      write(**store, batch);
    }
    EXPECT_FALSE(store::examine_store(directory_)) << "a server uses it";
  }
  std::fstream file(directory_ + "/journal/000001.segment");
  file.seekp(300);
  file.put('y');
  file.close();
  const auto findings = store::examine_store(directory_);
  ASSERT_TRUE(findings);
  ASSERT_EQ(findings->damage.size(), 1u);
  EXPECT_NE(findings->damage[0].find("journal/000001.segment (segment 1) is damaged at offset"), std::string::npos)
      << findings->damage[0];
  EXPECT_FALSE(open());
}

}  // namespace
