// AWS/SQS metrics (facts, scaling.md section 4).

#include <algorithm>

#include "sqs/bench_for_test.h"
#include "sqs/metrics.h"

namespace sqs {
namespace {

using namespace std::chrono_literals;
using namespace api::sqs;

// The test starts 20 seconds into a minute; queue "q" is sampled at second 37 of each.
class Metrics : public SqsForTest {};

TEST_F(Metrics, CountByTheMinute) {
  send("four");
  bench.ok<SendMessage>({.delay_seconds = 900, .message_body = "sixsix", .queue_url = url});
  const auto got = receive(1, 600);
  receive();
  bench.advance(41s);  // into the next minute
  bench.ok<DeleteMessage>({.queue_url = url, .receipt_handle = *got[0].receipt_handle});
  bench.ok<DeleteMessage>({.queue_url = url, .receipt_handle = *got[0].receipt_handle});
  bench.advance(2min);
  EXPECT_EQ(metrics.sums("NumberOfMessagesSent"), "2 0");
  EXPECT_EQ(metrics.sums("NumberOfMessagesReceived"), "1 0");
  EXPECT_EQ(metrics.sums("NumberOfMessagesDeleted"), "0 2") << "duplicates too";
  EXPECT_EQ(metrics.sums("NumberOfEmptyReceives"), "1 0");
  EXPECT_EQ(metrics.sums("SentMessageSize"), "10") << "only when something was sent";
  const auto minute = base::from_unix_seconds(1'700'000'000 / 60 * 60);
  for (const auto& one : metrics.all) {
    if (one.point.name != "SentMessageSize") continue;
    EXPECT_EQ(one.minute, minute);
    EXPECT_EQ(one.point.count, 2u);
    EXPECT_EQ(one.point.min, 4);
    EXPECT_EQ(one.point.max, 6);
    EXPECT_EQ(one.point.unit, "Bytes");
  }
}

TEST_F(Metrics, MeasureOnceAMinute) {
  send("a");
  bench.ok<SendMessage>({.delay_seconds = 900, .message_body = "b", .queue_url = url});
  receive(1, 600);
  send("c");
  bench.advance(2min);
  EXPECT_EQ(metrics.sums("ApproximateNumberOfMessagesVisible"), "1 1");
  EXPECT_EQ(metrics.sums("ApproximateNumberOfMessagesNotVisible"), "1 1");
  EXPECT_EQ(metrics.sums("ApproximateNumberOfMessagesDelayed"), "1 1");
  EXPECT_EQ(metrics.sums("ApproximateAgeOfOldestMessage"), "17 77");
}

TEST_F(Metrics, EndSixHoursAfterTheLastAccess) {
  bench.advance(7h);
  EXPECT_EQ(metrics.points("ApproximateNumberOfMessagesVisible"), 360u);
  EXPECT_EQ(metrics.points("NumberOfMessagesSent"), 359u);
  metrics.all.clear();
  counts();
  bench.advance(60s);
  EXPECT_EQ(metrics.sums("ApproximateNumberOfMessagesVisible"), "0");
  send("stays");
  bench.advance(7h);
  EXPECT_EQ(metrics.points("ApproximateNumberOfMessagesVisible"), 1u + 420u) << "active while there are messages";
}

std::size_t minutes_kept(const store::MemoryStore& store) {
  return static_cast<std::size_t>(
      std::ranges::count_if(store.rows(), [](const auto& row) { return row.first.starts_with("sqs.minutes/"); }));
}

TEST_F(Metrics, OutliveACrashButForTheLastSeconds) {
  send("a");
  bench.advance(Meters::kKeptEvery + 1s);
  send("too late");
  bench.restart();
  bench.advance(74s);
  EXPECT_EQ(metrics.sums("NumberOfMessagesSent"), "1");
  EXPECT_EQ(minutes_kept(bench.store), 0u);
  send("b");
  bench.advance(6s);
  bench.restart();
  bench.advance(3min);
  EXPECT_EQ(metrics.sums("NumberOfMessagesSent"), "1 1 0 0") << "none is told twice";
}

TEST_F(Metrics, LoseNothingAtAnEndThatIsNoCrash) {
  send("a");
  bench.turn([&](service::Context& ctx) { dynamic_cast<SqsService&>(*bench.service).keep_counters(ctx); });
  bench.restart();
  bench.advance(2min);
  EXPECT_EQ(metrics.sums("NumberOfMessagesSent"), "1");
}

TEST_F(Metrics, OfAQueueThatGoesLeaveNothing) {
  send("a");
  bench.advance(6s);
  EXPECT_EQ(minutes_kept(bench.store), 1u);
  bench.ok<DeleteQueue>({url});
  bench.restart();
  EXPECT_EQ(minutes_kept(bench.store), 0u);
}

// However much is counted: a row for each queue every few seconds, many in one write, and none when nothing happens.
TEST_F(Metrics, AreKeptTogether) {
  constexpr std::size_t kQueues = Meters::kKeptAtOnce * 3 / 2;
  std::vector<std::string> urls;
  for (std::size_t i = 0; i < kQueues; ++i) {
    urls.push_back(*bench.ok<CreateQueue>({.queue_name = "q" + std::to_string(i)}).queue_url);
  }
  std::uint64_t sent = bench.store.writes();
  for (const std::string& queue : urls) {
    for (int i = 0; i < 2; ++i) bench.ok<SendMessage>({.message_body = "x", .queue_url = queue});
  }
  sent = bench.store.writes() - sent;
  EXPECT_EQ(sent, 2 * kQueues) << "counting adds nothing to a call";
  bench.now += 5s;
  const std::uint64_t before = bench.store.writes();
  bench.tick();
  EXPECT_EQ(bench.store.writes() - before, 2u);
  EXPECT_EQ(minutes_kept(bench.store), kQueues);
  bench.advance(7s);  // to second 32
  EXPECT_EQ(bench.store.writes() - before, 2u);
}

TEST_F(Metrics, AreToldLaterWhenTheStoreRefuses) {
  send("a");
  bench.advance(50s);
  bench.now += 27s;  // second 37: the moment to tell of the minute before
  bench.store.fail_write_after(0);
  bench.turn([&](service::Context& ctx) { bench.service->tick(ctx); });
  metrics.all.clear();
  bench.advance(2min);
  EXPECT_EQ(metrics.sums("NumberOfMessagesSent"), "1 0 0");
  EXPECT_EQ(minutes_kept(bench.store), 0u);

  send("b");
  bench.store.fail_write_after(0);
  bench.advance(6s);  // it is not kept then, but soon after
  EXPECT_EQ(minutes_kept(bench.store), 0u);
  bench.advance(6s);
  EXPECT_EQ(minutes_kept(bench.store), 1u);
}

TEST_F(Metrics, CountNothingThatWasUndone) {
  bench.store.fail_write_after(0);
  EXPECT_NE(bench.fault<SendMessage>({.message_body = "x", .queue_url = url}), "");
  bench.advance(2min);
  EXPECT_EQ(metrics.sums("NumberOfMessagesSent"), "0");
}

TEST_F(Metrics, TellOfFifoQueues) {
  url = *bench.ok<CreateQueue>({.attributes = {{{"FifoQueue", "true"}}}, .queue_name = "f.fifo"}).queue_url;
  for (const char* id : {"1", "2", "2"}) {
    bench.ok<SendMessage>(
        {.message_body = id, .message_deduplication_id = id, .message_group_id = id, .queue_url = url});
  }
  receive(1, 600);
  metrics.all.clear();
  bench.advance(90s);
  EXPECT_EQ(metrics.sums("NumberOfDeduplicatedSentMessages"), "1");
  EXPECT_EQ(metrics.sums("SentMessageSize"), "2");
  EXPECT_EQ(metrics.sums("ApproximateNumberOfGroupsWithInflightMessages"), "1 1") << "of the FIFO queue alone";
}

TEST_F(Metrics, TellOfFairness) {
  send("no group");
  bench.advance(2min);
  EXPECT_EQ(metrics.points("ApproximateNumberOfNoisyGroups"), 0u);
  bench.ok<SendMessage>({.message_body = "x", .message_group_id = "tenant", .queue_url = url});
  bench.advance(1min);
  metrics.all.clear();
  bench.advance(1min);
  EXPECT_EQ(metrics.sums("ApproximateNumberOfNoisyGroups"), "0");
  EXPECT_EQ(metrics.sums("ApproximateNumberOfMessagesVisibleInQuietGroups"), "2");
  EXPECT_EQ(metrics.sums("ApproximateNumberOfMessagesNotVisibleInQuietGroups"), "0");
  EXPECT_EQ(metrics.sums("ApproximateNumberOfMessagesDelayedInQuietGroups"), "0");
  EXPECT_EQ(metrics.points("ApproximateAgeOfOldestMessageInQuietGroups"), 1u);
}

TEST_F(Metrics, TellQuietTenantsFromNoisyOnes) {
  const auto send_as = [&](const std::string& tenant, int count) {
    for (int i = 0; i < count; ++i) {
      bench.ok<SendMessage>({.message_body = "x", .message_group_id = tenant, .queue_url = url});
    }
  };
  send_as("noisy", 35);
  for (int i = 0; i < 3; ++i) receive(10, 600);  // 30 in flight, all of one tenant
  bench.now += 10s;
  send_as("quiet", 2);
  bench.advance(1min);
  metrics.all.clear();
  bench.advance(1min);
  EXPECT_EQ(metrics.sums("ApproximateNumberOfNoisyGroups"), "1");
  EXPECT_EQ(metrics.sums("ApproximateNumberOfMessagesVisible"), "7");
  EXPECT_EQ(metrics.sums("ApproximateNumberOfMessagesVisibleInQuietGroups"), "2");
  EXPECT_EQ(metrics.sums("ApproximateNumberOfMessagesNotVisibleInQuietGroups"), "0");
  EXPECT_EQ(metrics.sums("ApproximateAgeOfOldestMessage"), "77");
  EXPECT_EQ(metrics.sums("ApproximateAgeOfOldestMessageInQuietGroups"), "67");
}

}  // namespace
}  // namespace sqs
