#include "queue/bench_for_test.h"
#include "queue/record.h"

namespace {

using namespace std::chrono_literals;
using queue::Bench;
using queue::Delivery;
using queue::payloads;
using queue::QueueId;
using queue::Receipt;
using queue::Refusal;

TEST(Receipt, RoundTripsAndKnowsGarbage) {
  const Receipt receipt{7, 1'000'000'007, 3, 0xdeadbeefdeadbeef};
  std::string bytes = queue::encode(receipt);
  Receipt read;
  ASSERT_TRUE(queue::decode(bytes, read));
  EXPECT_EQ(read, receipt);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string broken = bytes;
    broken[i] = static_cast<char>(broken[i] ^ 1);
    EXPECT_FALSE(queue::decode(broken, read)) << i;
    EXPECT_FALSE(queue::decode(bytes.substr(0, i), read)) << i;
  }
}

TEST(Meta, RoundTripsAndNeverReadsCutBytes) {
  const queue::Header header{base::TimePoint(1s), base::TimePoint(2s), base::TimePoint(3s), {}, base::TimePoint(4s), 9};
  const queue::Facts facts{"tag", "group", "id", 7, 2};
  const queue::Meta meta{header, queue::pack(facts), "again", 3, 1, 0xdeadbeef};
  const std::string bytes = queue::encode(meta);
  queue::Meta read;
  queue::Facts unpacked;
  ASSERT_TRUE(queue::decode(bytes, read));
  EXPECT_EQ(read, meta);
  ASSERT_TRUE(queue::unpack(read.facts, unpacked));
  EXPECT_EQ(unpacked, facts);
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(queue::decode(bytes.substr(0, size), read));
}

TEST(Engine, AMessageIsHiddenWhileHeldAndComesBackBehindTheOthers) {
  Bench bench;
  bench.create(1);
  bench.send(1, "a");
  bench.send(1, "b");
  EXPECT_EQ(payloads(bench.receive(1)), "a ");
  EXPECT_EQ(bench.counts(1), "1/1/0");
  bench.now += 30s;
  EXPECT_EQ(bench.counts(1), "2/0/0");
  const auto again = bench.receive(1, 10);
  EXPECT_EQ(payloads(again), "b a ");
  EXPECT_EQ(again[1].header.deliveries, 2u);
  EXPECT_EQ(again[1].header.first_received_at, bench.now - 30s);
}

// Damages the record with that payload.
void damage(Bench& bench, const std::string& payload) {
  for (const auto& [place, append] : bench.store.records()) {
    if (append.record.payload == payload) return bench.store.damage(place);
  }
  FAIL() << "no record holds " << payload;
}

std::shared_ptr<std::vector<queue::Sequence>> told_of_damage(Bench& bench) {
  auto told = std::make_shared<std::vector<queue::Sequence>>();
  bench.on_damage = [told](QueueId, queue::Sequence number, const store::Error&) { told->push_back(number); };
  bench.engine->on_damage(bench.on_damage);
  return told;
}

TEST(Damage, LeavesTheRestOfAQueueWhereItWas) {
  Bench bench;
  bench.create(1);
  auto told = told_of_damage(bench);
  bench.send(1, "a");
  const queue::Sequence damaged = bench.send(1, "b");
  bench.send(1, "c");
  damage(bench, "b");
  const auto got = bench.receive(1, 10);
  EXPECT_EQ(payloads(got), "a c ");
  EXPECT_EQ(*told, std::vector{damaged});
  EXPECT_EQ(bench.counts(1), "0/2/0");
  EXPECT_TRUE(bench.receive(1, 10).empty());
  EXPECT_EQ(told->size(), 1u);
  for (const Delivery& one : got) EXPECT_EQ(bench.erase(one.receipt), true);
  EXPECT_GT(bench.stored(), 0u) << "its bytes are kept";

  bench.restart();
  told = told_of_damage(bench);
  EXPECT_EQ(bench.counts(1), "1/0/0");
  EXPECT_TRUE(bench.receive(1, 10).empty());
  EXPECT_EQ(*told, std::vector{damaged});
  bench.now += queue::kRetention + 1s;
  bench.tick();
  EXPECT_EQ(bench.stored(), 0u);
}

TEST(Damage, AReceiveGoesOnUntilItHasSomething) {
  Bench bench;
  bench.create(1);
  for (int i = 0; i < 30; ++i) {
    bench.send(1, "bad" + std::to_string(i));
    damage(bench, "bad" + std::to_string(i));
  }
  bench.send(1, "good");
  EXPECT_EQ(payloads(bench.receive(1)), "good ");
  EXPECT_EQ(bench.counts(1), "0/1/0");
}

TEST(Damage, IsFoundAgainWhenTheCallIsUndone) {
  Bench bench;
  bench.create(1);
  const auto told = told_of_damage(bench);
  bench.send(1, "a");
  damage(bench, "a");
  bench.turn([&](service::Context& ctx) { return bench.engine->receive(ctx, 1, {1, 30s, ""}), false; });
  EXPECT_TRUE(told->empty());
  EXPECT_EQ(bench.counts(1), "1/0/0");
  EXPECT_TRUE(bench.receive(1).empty());
  EXPECT_EQ(told->size(), 1u);
}

TEST(Damage, AGroupGoesOnBehindIt) {
  Bench bench;
  bench.create(1, {.fifo = true, .retention = queue::kRetention});
  for (const char* payload : {"a", "b", "c"}) bench.line(1, "g", payload);
  const auto first = bench.receive(1, 1, 30s, "attempt");
  EXPECT_EQ(payloads(first), "a ");
  damage(bench, "a");
  EXPECT_TRUE(bench.receive(1, 10, 30s, "attempt").empty()) << "it is in flight, and can't be handed out again";
  bench.now += 30s;
  EXPECT_EQ(payloads(bench.receive(1, 10)), "b c ");
  EXPECT_EQ(bench.erase(first[0].receipt), false);
  EXPECT_EQ(bench.line(1, "g", "a"), first[0].receipt.message) << "it is still known as sent";
}

// Of a delivery that no index tells of.
void damage_delivery(Bench& bench, QueueId queue) {
  for (const auto& [place, append] : bench.store.records()) {
    if (append.record.owner == queue && append.keeps != store::kNowhere) return bench.store.damage_early(place);
  }
  FAIL() << "nothing was delivered";
}

TEST(Damage, OfADeliveryIsFoundAtTheStart) {
  Bench bench;
  bench.create(1);
  bench.create(2, {.fifo = true, .retention = queue::kRetention});
  const auto told = told_of_damage(bench);
  for (const char* payload : {"a", "b"}) bench.send(1, payload);
  for (const char* payload : {"c", "d"}) bench.line(2, "g", payload);
  const auto got = bench.receive(1);
  bench.receive(2);
  for (const QueueId queue : {QueueId{1}, QueueId{2}}) damage_delivery(bench, queue);
  EXPECT_TRUE(told->empty());

  bench.restart();
  EXPECT_EQ(told->size(), 2u);
  EXPECT_EQ(told->front(), got[0].receipt.message);
  EXPECT_EQ(bench.counts(1), "1/0/0");
  EXPECT_EQ(bench.erase(got[0].receipt), false);
  bench.now += 31s;
  EXPECT_EQ(payloads(bench.receive(1, 10)), "b ");
  EXPECT_EQ(payloads(bench.receive(2, 10)), "d ") << "its group goes on";
  bench.now += queue::kRetention;
  bench.tick();
  EXPECT_EQ(bench.stored(), 0u);
}

TEST(Damage, OfADeliveryIsOverWithTheNextOne) {
  Bench bench;
  bench.create(1);
  const auto told = told_of_damage(bench);
  bench.send(1, "a");
  bench.receive(1, 1, 10s);
  damage_delivery(bench, 1);
  bench.now += 10s;
  const auto again = bench.receive(1);
  EXPECT_EQ(payloads(again), "a ");
  bench.restart();
  EXPECT_TRUE(told->empty());
  EXPECT_EQ(bench.counts(1), "0/1/0");
  EXPECT_EQ(bench.erase(again[0].receipt), true);
}

TEST(Damage, WhoWaitsWaitsOn) {
  Bench bench;
  bench.create(1);
  const auto poll = bench.poll(1, 20s);
  bench.send(1, "a");
  damage(bench, "a");
  bench.tick();
  EXPECT_EQ(*poll.answer, "waits");
  bench.send(1, "b");
  bench.tick();
  EXPECT_EQ(*poll.answer, "b ");
}

TEST(Damage, MovesLeaveItBehind) {
  Bench bench;
  bench.create(1);
  bench.create(2);
  for (const char* payload : {"a", "b", "c"}) bench.send(1, payload);
  damage(bench, "b");
  EXPECT_EQ(bench.move(1, 2).count, 2u);
  EXPECT_EQ(bench.counts(1), "0/0/0");
  EXPECT_EQ(payloads(bench.receive(2, 10)), "a c ");
}

// One damaged record must not keep the others' segments from being emptied.
TEST(Damage, CompactionGoesOnElsewhere) {
  Bench bench(true, 1, 8u << 10);
  bench.create(1);
  bench.send(1, "bad");
  damage(bench, "bad");
  EXPECT_TRUE(bench.receive(1).empty());
  for (int i = 0; i < 2'000; ++i) {
    bench.send(1, std::to_string(i) + std::string(200, 'x'));
    const auto got = bench.receive(1, 1, 1h);
    ASSERT_EQ(got.size(), 1u);
    if (i % 20 != 0) bench.erase(got[0].receipt);
    bench.tick();
  }
  EXPECT_LT(bench.store.journal_use().segments, 20u);
}

TEST(Engine, DelayedMessagesWaitTheirTime) {
  Bench bench;
  bench.create(1);
  bench.send(1, "late", 10s);
  EXPECT_EQ(bench.counts(1), "0/0/1");
  EXPECT_TRUE(bench.receive(1).empty());
  bench.now += 10s;
  EXPECT_EQ(payloads(bench.receive(1)), "late ");
}

TEST(Engine, AnyReceiptOfAMessageErasesItOnce) {
  Bench bench;
  bench.create(1);
  bench.send(1, "a");
  const auto first = bench.receive(1, 1, 0s);
  const auto second = bench.receive(1, 1, 30s);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(bench.erase(first[0].receipt), true);
  EXPECT_EQ(bench.erase(second[0].receipt), false);
  EXPECT_EQ(bench.counts(1), "0/0/0");
  EXPECT_EQ(bench.stored(), 0u);
}

TEST(Engine, HoldsEndTwelveHoursAfterTheDeliveryAtMost) {
  Bench bench;
  bench.create(1, {.retention = 96h});
  bench.send(1, "a");
  const auto got = bench.receive(1, 1, 11h);
  bench.now += 10h;
  EXPECT_EQ(bench.hold(got[0].receipt, 2h + 1s).error(), Refusal::HeldTooLong);
  EXPECT_TRUE(bench.hold(got[0].receipt, 2h));
  bench.now += 2h - 1s;
  EXPECT_EQ(bench.counts(1), "0/1/0");
  bench.now += 1s;
  EXPECT_EQ(bench.counts(1), "1/0/0");
  EXPECT_TRUE(bench.hold(got[0].receipt, 60s)) << "an expired hold is accepted and changes nothing";
  EXPECT_EQ(bench.counts(1), "1/0/0");
  bench.receive(1);
  EXPECT_EQ(bench.hold(got[0].receipt, 60s).error(), Refusal::Superseded);
  (void)bench.erase(got[0].receipt);
  EXPECT_EQ(bench.hold(got[0].receipt, 60s).error(), Refusal::Gone);
}

TEST(Engine, AHoldOfZeroMakesTheMessageReadyAtOnce) {
  Bench bench;
  bench.create(1);
  bench.send(1, "a");
  const auto got = bench.receive(1);
  EXPECT_TRUE(bench.hold(got[0].receipt, 0s));
  EXPECT_EQ(bench.counts(1), "1/0/0");
}

TEST(Engine, RetentionRemovesAlsoWhatIsInFlight) {
  Bench bench;
  bench.create(1, {.retention = 60s});
  bench.send(1, "a");
  bench.send(1, "b");
  bench.receive(1, 1, 1h);
  bench.now += 61s;
  bench.tick();
  EXPECT_EQ(bench.counts(1), "0/0/0");
  EXPECT_TRUE(bench.receive(1).empty());
  EXPECT_EQ(bench.engine->deadline(), base::kNever);
}

TEST(Engine, PurgeTakesEverythingButWhatIsSentLaterAndCanBeUndone) {
  Bench bench;
  bench.create(1);
  bench.create(2);
  for (const char* payload : {"a", "b", "c"}) bench.send(1, payload);
  bench.send(1, "d", 60s);
  bench.send(2, "other");
  bench.receive(1);
  const auto purge = [&](service::Context& ctx) { return bench.engine->purge(ctx.change, 1), true; };
  bench.turn([&](service::Context& ctx) { return purge(ctx), false; });
  EXPECT_EQ(bench.counts(1), "2/1/1");
  bench.turn(purge);
  EXPECT_EQ(bench.counts(1), "0/0/0");
  bench.send(1, "later");
  bench.restart();
  EXPECT_EQ(payloads(bench.receive(1, 10)), "later ");
  EXPECT_EQ(payloads(bench.receive(2, 10)), "other ");
}

TEST(Engine, ARemovedQueueLeavesNothingAndSequencesGoOnRising) {
  Bench bench;
  bench.create(1);
  const auto before = bench.send(1, "a");
  bench.restart();
  EXPECT_GT(bench.send(1, "b"), before);
  bench.turn([&](service::Context& ctx) { return bench.engine->remove(ctx.change, 1), false; });
  EXPECT_EQ(bench.counts(1), "2/0/0");
  bench.turn([&](service::Context& ctx) { return bench.engine->remove(ctx.change, 1), true; });
  EXPECT_EQ(bench.stored(), 0u);
}

TEST(Engine, TheOldestAgeLeavesOutWornAndDelayedMessages) {
  Bench bench;
  bench.create(1);
  EXPECT_FALSE(bench.engine->oldest_age(1, bench.now));
  bench.send(1, "worn");
  bench.now += 10s;
  bench.send(1, "late", 30s);
  bench.send(1, "young");
  bench.now += 5s;
  EXPECT_EQ(bench.engine->oldest_age(1, bench.now), 15s);
  for (int i = 0; i < 4; ++i) bench.receive(1, 1, 0s);  // "worn", "young", and "worn" twice: equal times go by age
  EXPECT_EQ(bench.engine->oldest_age(1, bench.now), 5s);
  bench.now += 30s;
  EXPECT_EQ(bench.engine->oldest_age(1, bench.now), 35s) << "\"late\" was sent before it, but available after it";
}

TEST(Waiters, AreServedInTheOrderInWhichTheyCame) {
  Bench bench;
  bench.create(1);
  const Bench::Poll first = bench.poll(1, 20s);
  const Bench::Poll second = bench.poll(1, 5s);
  bench.tick();
  bench.send(1, "a");
  EXPECT_EQ(*first.answer, "waits");
  bench.tick();
  EXPECT_EQ(*first.answer, "a ");
  EXPECT_EQ(*second.answer, "waits");
  EXPECT_EQ(bench.engine->deadline(), bench.now + 5s);
  bench.now += 5s;
  bench.tick();
  EXPECT_EQ(*second.answer, "");
  EXPECT_EQ(bench.engine->waiting(), 0u);
}

TEST(Waiters, WhoWentAwayGetsNothing) {
  Bench bench;
  bench.create(1);
  const Bench::Poll first = bench.poll(1, 20s);
  const Bench::Poll second = bench.poll(1, 20s);
  *first.gone_away = true;
  bench.send(1, "a");
  bench.tick();
  EXPECT_EQ(*first.answer, "waits");
  EXPECT_EQ(*second.answer, "a ");
}

TEST(Waiters, WakeWhenADelayOrAHoldEndsOrIsEnded) {
  Bench bench;
  bench.create(1);
  bench.send(1, "late", 3s);
  const Bench::Poll delayed = bench.poll(1, 20s);
  EXPECT_EQ(bench.engine->deadline(), bench.now + 3s);
  bench.now += 3s;
  bench.tick();
  EXPECT_EQ(*delayed.answer, "late ");

  const Bench::Poll held = bench.poll(1, 20s);
  bench.send(1, "x");
  bench.tick();
  EXPECT_EQ(*held.answer, "x ");
}

TEST(Waiters, HearThatTheirQueueIsGone) {
  Bench bench;
  bench.create(1);
  const Bench::Poll waiting = bench.poll(1, 20s);
  bench.turn([&](service::Context& ctx) { return bench.engine->remove(ctx.change, 1), true; });
  bench.tick();
  EXPECT_EQ(*waiting.answer, "gone");
}

}  // namespace
