#include "queue/standard.h"
#include "queue/bench_for_test.h"

namespace {

using namespace std::chrono_literals;
using queue::Bench;
using queue::payloads;
using queue::Traits;

TEST(Fairness, AQuietGroupGoesBeforeANoisyOne) {
  Bench bench;
  bench.create(1);
  for (int i = 0; i < 200; ++i) bench.enqueue(1, {.payload = "loud", .group = "loud"});
  for (int i = 0; i < 4; ++i) bench.receive(1, 10);
  bench.enqueue(1, {.payload = "quiet", .group = "quiet"});
  bench.send(1, "alone");
  EXPECT_EQ(payloads(bench.receive(1, 3)), "quiet alone loud ");
  const queue::Counts counts = bench.engine->counts(1, bench.now);
  EXPECT_EQ(counts.noisy_groups, 1u);
  EXPECT_EQ(counts.groups_in_flight, 2u);
  EXPECT_EQ(counts.quiet_in_flight, 2u);
  EXPECT_EQ(counts.quiet_visible, 0u);
}

TEST(Fairness, OfNoisyGroupsTheOneWithFewestInFlightGoesFirst) {
  Bench bench;
  bench.create(1);
  for (int i = 0; i < 60; ++i) bench.enqueue(1, {.payload = "a", .group = "a"});
  for (int i = 0; i < 60; ++i) bench.enqueue(1, {.payload = "b", .group = "b"});
  for (int i = 0; i < 60; ++i) bench.receive(1, 1);
  EXPECT_EQ(bench.engine->counts(1, bench.now).noisy_groups, 2u);
  EXPECT_EQ(payloads(bench.receive(1, 4)), "a b a b ");
}

TEST(Fairness, GroupsSurviveARestartInOrder) {
  Bench bench;
  bench.create(1);
  for (const char* text : {"a", "b", "c", "d"}) {
    bench.enqueue(1, {.payload = text, .group = std::string(text) < "c" ? "x" : "y"});
  }
  bench.send(1, "e");
  bench.restart();
  EXPECT_EQ(payloads(bench.receive(1, 10)), "a b c d e ");
}

TEST(DeadLetters, OfAStandardQueueKeepTheirAgeAndWaitForTheirQueue) {
  Bench bench;
  bench.create(1, {.retention = 100s, .redrive = Traits::Redrive{2, 1}});
  bench.create(2, {.retention = 60s});
  bench.send(1, "a");
  const auto sent_at = bench.now;
  bench.now += 30s;
  bench.receive(1, 1, 0s);
  EXPECT_TRUE(bench.receive(1).empty());
  EXPECT_EQ(bench.counts(2), "1/0/0");
  EXPECT_EQ(bench.engine->oldest_age(2, bench.now), 0s) << "counts from the move";
  bench.restart();
  const auto dead = bench.receive(2, 1, 0s);
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].facts.source, 1u);
  EXPECT_EQ(dead[0].facts.tag, "t-a");
  EXPECT_EQ(dead[0].header.deliveries, 2u);
  EXPECT_EQ(dead[0].header.sent_at, sent_at);
  bench.now += 31s;
  bench.tick();
  EXPECT_EQ(bench.counts(2), "0/0/0") << "its retention counts from the first send";
}

TEST(DeadLetters, StayWhileTheirQueueIsNotThere) {
  Bench bench;
  bench.create(1, {.retention = 100s, .redrive = Traits::Redrive{2, 1}});
  bench.send(1, "a");
  bench.receive(1, 1, 0s);
  EXPECT_EQ(bench.receive(1, 1, 0s)[0].header.deliveries, 2u);
}

TEST(DeadLetters, WakeWhoWaitsForThem) {
  Bench bench;
  bench.create(1, {.retention = 100s, .redrive = Traits::Redrive{2, 1}});
  bench.create(2);
  bench.send(1, "a");
  bench.receive(1, 1, 0s);
  const auto poor = bench.poll(1, 20s);
  const auto dead = bench.poll(2, 20s);
  bench.tick();
  EXPECT_EQ(*poor.answer, "waits") << "nothing was left for it";
  EXPECT_EQ(*dead.answer, "a ");
}

TEST(Sequences, GoOnRisingWhenTheClockIsSetBackOverARestart) {
  Bench bench;
  bench.create(1);
  const auto first = bench.send(1, "a");
  (void)bench.erase(bench.receive(1)[0].receipt);
  bench.restart();
  bench.now -= 1h;
  EXPECT_GT(bench.send(1, "b"), first);
}

}  // namespace
