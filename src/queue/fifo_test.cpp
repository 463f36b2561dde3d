#include "queue/bench_for_test.h"

namespace {

using namespace std::chrono_literals;
using queue::Bench;
using queue::payloads;
using queue::QueueId;
using queue::Refusal;
using queue::Traits;

const Traits kFifo{.fifo = true, .retention = queue::kRetention};

struct FifoTest : testing::Test {
  FifoTest() { bench.create(1, kFifo); }
  Bench bench;
};

TEST_F(FifoTest, GivesAsMuchAsPossibleOfOneGroupThenOthers) {
  bench.line(1, "g1", "1a");
  bench.line(1, "g2", "2a");
  bench.line(1, "g1", "1b");
  bench.line(1, "g1", "1c");
  EXPECT_EQ(payloads(bench.receive(1, 10)), "1a 1b 1c 2a ");
}

TEST_F(FifoTest, AGroupWaitsWhileItsFirstMessageIsInFlight) {
  for (const char* text : {"a", "b", "c"}) bench.line(1, "g", text);
  const auto got = bench.receive(1, 2);
  EXPECT_EQ(payloads(got), "a b ");
  EXPECT_EQ(bench.counts(1), "1/2/0");
  EXPECT_TRUE(bench.receive(1, 10).empty());
  EXPECT_EQ(bench.erase(got[0].receipt), true);
  EXPECT_TRUE(bench.receive(1, 10).empty()) << "erasing a part keeps the group locked";
  EXPECT_EQ(bench.engine->counts(1, bench.now).groups_in_flight, 1u);
  EXPECT_EQ(bench.erase(got[1].receipt), true);
  EXPECT_EQ(payloads(bench.receive(1, 10)), "c ");
}

// As recorded against AWS: with 0, 1, 2 received together, whichever is held longer stops what is behind it.
TEST_F(FifoTest, StopsAtTheFirstMessageThatIsStillHidden) {
  for (const std::size_t longer : {0, 1, 2}) {
    const std::string group = "g" + std::to_string(longer);
    for (const char* text : {"0", "1", "2"}) bench.line(1, group, text + group);
    const auto got = bench.receive(1, 3, 10s);
    ASSERT_EQ(got.size(), 3u);
    EXPECT_TRUE(bench.hold(got[longer].receipt, 100s));
    bench.now += 20s;
    EXPECT_EQ(bench.receive(1, 10, 200s).size(), longer);
  }
}

TEST_F(FifoTest, ReceiptsEndWithTheirHold) {
  bench.line(1, "g", "a");
  const auto first = bench.receive(1, 1, 10s);
  bench.now += 10s;
  EXPECT_EQ(bench.erase(first[0].receipt).error(), Refusal::Expired);
  EXPECT_EQ(bench.hold(first[0].receipt, 5s).error(), Refusal::Expired);
  const auto second = bench.receive(1, 1, 10s);
  EXPECT_EQ(bench.erase(first[0].receipt).error(), Refusal::Superseded);
  EXPECT_EQ(bench.erase(second[0].receipt), true);
  EXPECT_EQ(bench.erase(second[0].receipt), false);
}

TEST_F(FifoTest, DuplicatesAreTheFirstOneForFiveMinutesAlsoAfterItIsGoneAndAfterARestart) {
  const auto first = bench.enqueue(1, {"a", {}, "g", "id", "first"});
  const auto again = bench.enqueue(1, {"b", {}, "other", "id", "second"});
  EXPECT_FALSE(first.duplicate);
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.number, first.number);
  EXPECT_EQ(again.tag, "first");
  (void)bench.erase(bench.receive(1)[0].receipt);
  bench.restart();
  bench.now += 299s;
  EXPECT_EQ(bench.enqueue(1, {"c", {}, "g", "id", "third"}).tag, "first");
  bench.now += 1s;
  EXPECT_FALSE(bench.enqueue(1, {"d", {}, "g", "id", "fourth"}).duplicate);
  EXPECT_EQ(payloads(bench.receive(1, 10)), "d ");
}

TEST_F(FifoTest, ADuplicateIsOneOfItsGroupWhenThatIsTheScope) {
  bench.create(2, {.fifo = true, .dedup_per_group = true, .retention = queue::kRetention});
  EXPECT_FALSE(bench.enqueue(2, {"a", {}, "g", "id", ""}).duplicate);
  EXPECT_FALSE(bench.enqueue(2, {"b", {}, "h", "id", ""}).duplicate);
  EXPECT_TRUE(bench.enqueue(2, {"c", {}, "h", "id", ""}).duplicate);
}

TEST_F(FifoTest, AnUndoneSendIsNoFirst) {
  bench.turn([&](service::Context& ctx) {
    return bench.engine->send(ctx.change, 1, {"a", {}, "g", "id", ""}, ctx.now), false;
  });
  bench.tick();
  EXPECT_FALSE(bench.enqueue(1, {"b", {}, "g", "id", ""}).duplicate);
  EXPECT_EQ(payloads(bench.receive(1)), "b ");
}

TEST_F(FifoTest, WhatWasSentIsForgottenInTimeAndLeavesNothingOnDisk) {
  for (int i = 0; i < 5; ++i) bench.line(1, "g", std::to_string(i));
  for (const auto& delivery : bench.receive(1, 10)) (void)bench.erase(delivery.receipt);
  bench.now += 320s;
  bench.tick();
  EXPECT_EQ(bench.engine->deadline(), base::kNever);
  EXPECT_EQ(bench.stored(), 0u);
}

TEST_F(FifoTest, APurgeForgetsWhatWasSent) {
  bench.line(1, "g", "a");
  bench.turn([&](service::Context& ctx) { return bench.engine->purge(ctx.change, 1), true; });
  bench.restart();
  bench.line(1, "g", "a");
  EXPECT_EQ(payloads(bench.receive(1, 10)), "a ");
}

TEST_F(FifoTest, AnAttemptIsAnsweredAgain) {
  for (const char* text : {"a", "b", "c"}) bench.line(1, "g", text);
  const auto first = bench.receive(1, 2, 30s, "try");
  bench.now += 20s;
  const auto again = bench.receive(1, 2, 30s, "try");
  ASSERT_EQ(payloads(again), "a b ");
  EXPECT_EQ(again[1].receipt, first[1].receipt);
  EXPECT_EQ(again[1].header.deliveries, 1u);
  bench.restart();
  bench.now += 20s;
  EXPECT_EQ(bench.counts(1), "1/2/0") << "held anew";
  const auto after_restart = bench.receive(1, 2, 30s, "try");
  ASSERT_EQ(payloads(after_restart), "a b ");
  EXPECT_EQ(after_restart[0].receipt, first[0].receipt);
  (void)bench.erase(first[0].receipt);
  EXPECT_TRUE(bench.receive(1, 2, 30s, "try").empty()) << "one was erased since, and the group is locked";
}

TEST_F(FifoTest, TheDelayOfTheQueueCountsForAllThatWait) {
  Traits slow = kFifo;
  slow.delay = 60s;
  bench.reshape(1, slow);
  bench.line(1, "g", "a");
  bench.line(1, "h", "b");
  EXPECT_EQ(bench.counts(1), "0/0/2");
  bench.now += 30s;
  bench.restart();
  EXPECT_EQ(bench.counts(1), "0/0/2");
  slow.delay = 20s;
  bench.reshape(1, slow);
  EXPECT_EQ(bench.counts(1), "2/0/0");
  EXPECT_EQ(payloads(bench.receive(1, 10)), "a b ");
}

TEST_F(FifoTest, DeadLettersKeepOrderPayloadAndCount) {
  Traits strict = kFifo;
  strict.redrive = {2, 2};
  bench.create(2, kFifo);
  bench.reshape(1, strict);
  for (const char* text : {"a", "b", "c"}) bench.line(1, "g", text);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(payloads(bench.receive(1, 2, 0s)), "a b ");
  }
  EXPECT_EQ(payloads(bench.receive(1, 10)), "c ") << "the group goes on";
  bench.restart();
  const auto dead = bench.receive(2, 10);
  ASSERT_EQ(payloads(dead), "a b ");
  EXPECT_EQ(dead[0].header.deliveries, 3u);
  EXPECT_EQ(dead[0].facts, (queue::Facts{"t-a", "g", "t-a", 1, 2}));
  EXPECT_TRUE(bench.enqueue(1, {"a", {}, "g", "a", ""}).duplicate) << "it was sent, wherever it is now";
}

TEST_F(FifoTest, MovingBringsEachMessageBackInOrder) {
  Traits strict = kFifo;
  strict.redrive = {2, 1};
  bench.create(2, kFifo);
  bench.reshape(1, strict);
  for (const char* text : {"a", "b", "c"}) bench.line(1, "g", text);
  bench.receive(1, 10, 0s);
  EXPECT_TRUE(bench.receive(1, 10, 0s).empty());
  EXPECT_EQ(bench.counts(2), "3/0/0");
  EXPECT_EQ(bench.move(2, {}, 2).count, 2u);
  EXPECT_EQ(bench.move(2, {}, 2).count, 1u);
  bench.restart();
  const auto back = bench.receive(1, 10);
  ASSERT_EQ(payloads(back), "a b c ");
  EXPECT_EQ(back[0].header.deliveries, 1u);
  EXPECT_EQ(back[0].facts.tag, "moved1");
  EXPECT_EQ(bench.counts(2), "0/0/0");
  bench.line(2, "g", "own");
  EXPECT_EQ(bench.move(2, {}, 2).stop, queue::Engine::Moved::Stop::NoSource);
  EXPECT_EQ(bench.move(2, 99, 2).stop, queue::Engine::Moved::Stop::NoTarget);
  EXPECT_EQ(bench.counts(2), "1/0/0");
}

TEST_F(FifoTest, GroupsThatAreEmptyAreForgotten) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) bench.line(1, "g" + std::to_string(i), std::to_string(round * 100 + i));
    for (int i = 0; i < 10; ++i) {
      for (const auto& delivery : bench.receive(1, 10)) EXPECT_EQ(bench.erase(delivery.receipt), true);
    }
    EXPECT_EQ(bench.counts(1), "0/0/0");
  }
}

}  // namespace
