#include "service/change.h"

#include <gtest/gtest.h>

#include "store/memory/memory_store.h"

namespace {

store::Append record(std::uint64_t number, std::size_t size) {
  return {store::Record{1, number, true, "", std::string(size, 'x')}};
}

TEST(Change, PlacesAreWhereTheStorePutsThem) {
  store::MemoryStore store(true, 4096);
  std::vector<store::Place> places;
  for (std::uint64_t turn = 0; turn < 20; ++turn) {
    service::Change change(store.tail());
    places.push_back(change.append(record(turn, 100 * turn)));
    if (turn % 3 == 2) change.kill(places[turn - 1]);
    const auto mark = change.mark();
    change.append(record(1000, 50));
    change.note(1, "x");
    change.roll_back_to(mark);
    const store::Place second = change.append(record(100 + turn, 10));
    ASSERT_NE(change.appended(second), nullptr);
    EXPECT_EQ(change.appended(second)->record.number, 100 + turn);
    EXPECT_EQ(change.appended(second + 8), nullptr);
    ASSERT_TRUE(store.write(change.batch(), [](auto) {}));
    EXPECT_EQ(store.fetch(places.back()).value().record.number, turn);
    EXPECT_EQ(store.fetch(second).value().record.number, 100 + turn);
  }
}

TEST(Change, RollBackDropsJournalEntriesToo) {
  store::MemoryStore store(true, 4096);
  service::Change change(store.tail());
  const auto mark = change.mark();
  const store::Place first = change.append(record(1, 10));
  change.clear(1);
  change.roll_back_to(mark);
  EXPECT_TRUE(change.batch().empty());
  EXPECT_EQ(change.appended(first), nullptr);
  EXPECT_EQ(change.append(record(2, 10)), first);
}

}  // namespace
