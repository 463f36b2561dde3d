#include "store/store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <map>

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

class RocksStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "renkei-store-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  auto open() {
    return store::open_rocks_store(directory_, [](std::move_only_function<void()> run) { run(); });
  }
  static void write(store::Store& store, const store::Batch& batch) {
    std::promise<bool> durable;
    ASSERT_TRUE(store.write(batch, [&](auto result) { durable.set_value(result.has_value()); }));
    ASSERT_TRUE(durable.get_future().get());
  }

  std::string directory_;
};

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

}  // namespace
