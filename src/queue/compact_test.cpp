#include "queue/bench_for_test.h"
#include "queue/plain_list.h"

namespace {

using namespace std::chrono_literals;
using queue::Bench;
using queue::PlainList;

constexpr std::uint32_t kSegmentBytes = 16u << 10;

// Erases most of what is received; the rest stays in flight, comes back, or was never received.
void scatter(Bench& bench, queue::QueueId id) {
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 10; ++i) {
      const std::string text = std::to_string(round * 10 + i) + std::string(200, '.');
      bench.enqueue(id, {text, {}, round % 20 == 0 ? "rare" : "", "d" + text, "t"});
    }
  }
  for (int round = 0; round < 95; ++round) {
    const auto got = bench.receive(id, 10, 1h);
    for (std::size_t i = 0; i < got.size(); ++i) {
      if (i > 0 || round % 10 != 0) (void)bench.erase(got[i].receipt);
    }
    bench.tick();
  }
}

std::string everything(Bench& bench, queue::QueueId id) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += payloads(bench.receive(id, 10, 10min));
  return text;
}

TEST(Compaction, FreesSegmentsOfWhichLittleIsLeft) {
  Bench bench(true, 1, kSegmentBytes);
  bench.create(1);
  scatter(bench, 1);
  for (int i = 0; i < 64; ++i) {
    bench.send(1, "more");
    bench.tick();
  }
  EXPECT_LT(bench.store.journal_use().segments, 12u) << "of 25 and more that were written";
  bench.now += 1h;
  const std::string before = bench.counts(1);
  bench.restart();
  EXPECT_EQ(bench.counts(1), before);
  const std::string all = everything(bench, 1);
  EXPECT_NE(all.find("990....."), std::string::npos);
  EXPECT_NE(all.find("0....."), std::string::npos);
}

TEST(PlainListTest, KeepsItsOrderThroughMovesAndRecovery) {
  PlainList list;
  for (queue::Sequence n = 1; n <= 5'000; ++n)
    list.insert(n * 3, store::place_at(1, static_cast<std::uint32_t>(n * 8)));
  for (queue::Sequence n = 1; n <= 5'000; n += 7) {
    list.relocate(n * 3, store::place_at(9, static_cast<std::uint32_t>(n * 8)));
  }
  for (queue::Sequence n = 1; n <= 2'000; ++n) {
    ASSERT_EQ(list.front(), n * 3);
    ASSERT_EQ(list.place_of(n * 3), store::place_at(n % 7 == 1 ? 9 : 1, static_cast<std::uint32_t>(n * 8)));
    list.remove(n * 3);
  }
  EXPECT_EQ(list.place_of(4), store::kNowhere);
  EXPECT_EQ(list.size(), 3'000u);
  for (queue::Sequence n = 2'000; n >= 1'990; --n) list.insert(n * 3, store::place_at(1, 8));
  EXPECT_EQ(list.front(), 1'990u * 3);

  PlainList loaded;
  std::vector<store::Fresh> odd, even;
  for (queue::Sequence n = 1; n <= 3'000; ++n) (n % 2 == 0 ? even : odd).push_back({n, static_cast<std::uint32_t>(n)});
  loaded.load(1, odd);
  loaded.load(2, even);
  loaded.settle();
  for (queue::Sequence n = 1; n <= 3'000; ++n) {
    ASSERT_EQ(loaded.front(), n);
    ASSERT_EQ(loaded.front_place(), store::place_at(n % 2 == 0 ? 2 : 1, static_cast<std::uint32_t>(n)));
    loaded.remove(n);
  }
  EXPECT_TRUE(loaded.empty());
}

}  // namespace
