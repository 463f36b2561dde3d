#include "cloudwatch/metric_store.h"

#include <gtest/gtest.h>

#include "cloudwatch/metric_record.h"
#include "service/world_for_test.h"

namespace {

using cloudwatch::Buckets;
using cloudwatch::Metric;
using cloudwatch::MetricStore;
using cloudwatch::StatisticSet;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const base::TimePoint kStart = base::from_unix_seconds(1'800'000'000);  // a whole hour
const Metric kQueue{"AWS/SQS", "Visible", {{"QueueName", "q"}}};

class MetricStoreTest : public ::testing::Test {
 protected:
  void put(MetricStore& metrics, base::TimePoint at, double value, std::string_view unit = "Count",
           cloudwatch::Resolution resolution = cloudwatch::Resolution::Minute) {
    world_.turn([&](service::Context& ctx) {
      EXPECT_TRUE(metrics.put(ctx, kQueue, unit, at, StatisticSet::of(value), resolution));
    });
  }
  Buckets read(MetricStore& metrics, base::TimePoint from, base::TimePoint to, base::Duration period,
               std::string_view unit = "Count") {
    Buckets buckets;
    world_.turn([&](service::Context& ctx) {
      const auto* units = metrics.find(ctx.call, kQueue);
      ASSERT_NE(units, nullptr);
      buckets = *metrics.read(ctx, units->find(unit)->second, from, to, period);
    });
    return buckets;
  }
  void sweep(MetricStore& metrics) {
    world_.turn([&](service::Context& ctx) { metrics.sweep(ctx); });
  }
  void load(MetricStore& metrics) {
    const std::string prefix = metrics.table().prefix();
    ASSERT_TRUE(world_.store.scan(prefix, "", [&](std::string_view key, std::string_view bytes) {
      return metrics.table().load(key.substr(prefix.size()), bytes);
    }));
    world_.turn([&](service::Context& ctx) { metrics.load(ctx); });
  }

  service::WorldForTest world_{kStart};
};

TEST_F(MetricStoreTest, GathersSamplesByPeriod) {
  MetricStore metrics;
  for (int i = 0; i < 10; ++i) put(metrics, kStart + seconds(30 * i), i);
  const Buckets minutely = read(metrics, kStart, kStart + minutes(5), minutes(1));
  ASSERT_EQ(minutely.size(), 5U);
  EXPECT_EQ(minutely.at(kStart + minutes(1)), (StatisticSet{2, 5, 2, 3}));
  const Buckets all = read(metrics, kStart, kStart + minutes(5), minutes(5));
  EXPECT_EQ(all.at(kStart), (StatisticSet{10, 45, 0, 9}));
}

TEST_F(MetricStoreTest, UnitsAndDimensionsMakeSeriesOfTheirOwn) {
  MetricStore metrics;
  put(metrics, kStart, 1, "Count");
  put(metrics, kStart, 2, "None");
  EXPECT_EQ(read(metrics, kStart, kStart + minutes(1), minutes(1), "Count").at(kStart).sum, 1);
  EXPECT_EQ(read(metrics, kStart, kStart + minutes(1), minutes(1), "None").at(kStart).sum, 2);
  EXPECT_EQ(metrics.find(world_.call, {"AWS/SQS", "Visible", {}}), nullptr);
}

TEST_F(MetricStoreTest, OrderOfDimensionsDoesNotMatter) {
  MetricStore metrics;
  world_.turn([&](service::Context& ctx) {
    EXPECT_TRUE(metrics.put(ctx, {"N", "m", {{"b", "2"}, {"a", "1"}}}, "None", kStart, StatisticSet::of(1)));
  });
  EXPECT_NE(metrics.find(world_.call, {"N", "m", {{"a", "1"}, {"b", "2"}}}), nullptr);
}

TEST_F(MetricStoreTest, OldPointsLeaveMemoryAndAreReadFromDisk) {
  MetricStore metrics;
  put(metrics, kStart, 1);
  world_.now = kStart + hours(2);
  put(metrics, world_.now, 2);
  sweep(metrics);
  put(metrics, kStart + seconds(10), 3);  // late, into a minute that is only on disk
  const Buckets buckets = read(metrics, kStart, kStart + hours(3), minutes(1));
  ASSERT_EQ(buckets.size(), 2U);
  EXPECT_EQ(buckets.at(kStart), (StatisticSet{2, 4, 1, 3}));
}

TEST_F(MetricStoreTest, SurvivesARestart) {
  MetricStore before;
  put(before, kStart, 1);
  put(before, kStart + minutes(40), 2);
  world_.now = kStart + minutes(41);
  MetricStore after;
  load(after);
  EXPECT_EQ(read(after, kStart, kStart + hours(1), minutes(1)).size(), 2U);
  put(after, kStart + minutes(40), 3);
  EXPECT_EQ(read(after, kStart, kStart + hours(1), minutes(1)).at(kStart + minutes(40)).count, 2);
}

TEST_F(MetricStoreTest, ARefusedBatchLeavesNothingBehind) {
  MetricStore metrics;
  put(metrics, kStart, 1);
  world_.store.fail_write_after(0);
  put(metrics, kStart, 5);
  EXPECT_EQ(read(metrics, kStart, kStart + minutes(1), minutes(1)).at(kStart), StatisticSet::of(1));
  world_.store.fail_write_after(0);
  world_.turn([&](service::Context& ctx) {
    EXPECT_TRUE(metrics.put(ctx, {"N", "new", {}}, "None", kStart, StatisticSet::of(1)));
  });
  EXPECT_EQ(metrics.find(world_.call, {"N", "new", {}}), nullptr);
}

TEST_F(MetricStoreTest, ResolutionGetsCoarserWithAge) {
  MetricStore metrics;
  for (int i = 0; i < 120; ++i) put(metrics, kStart + seconds(i), 1, "Count", cloudwatch::Resolution::Second);
  EXPECT_EQ(read(metrics, kStart, kStart + minutes(2), seconds(1)).size(), 120U);
  world_.now = kStart + hours(4);
  sweep(metrics);
  EXPECT_TRUE(read(metrics, kStart, kStart + minutes(2), seconds(1)).empty());
  EXPECT_EQ(read(metrics, kStart, kStart + minutes(2), minutes(1)).at(kStart), (StatisticSet{60, 60, 1, 1}));
  world_.now = kStart + hours(16 * 24);
  sweep(metrics);
  EXPECT_TRUE(read(metrics, kStart, kStart + minutes(5), minutes(1)).empty());
  EXPECT_EQ(read(metrics, kStart, kStart + minutes(5), minutes(5)).at(kStart).count, 120);
  world_.now = kStart + hours(64 * 24);
  sweep(metrics);
  EXPECT_TRUE(read(metrics, kStart, kStart + hours(1), minutes(5)).empty());
  EXPECT_EQ(read(metrics, kStart, kStart + hours(1), hours(1)).at(kStart).count, 120);
  world_.now = kStart + hours(457 * 24);
  sweep(metrics);
  EXPECT_TRUE(world_.store.rows().empty());
  EXPECT_EQ(metrics.find(world_.call, kQueue), nullptr);
}

// Counts the records that a scan hands out.
struct CountingStore : store::MemoryStore {
  std::expected<void, store::Error> scan(std::string_view prefix, std::string_view from, const Visit& visit) override {
    return MemoryStore::scan(prefix, from, [&](std::string_view key, std::string_view bytes) {
      ++visited;
      return visit(key, bytes);
    });
  }
  std::size_t visited = 0;
};

// A year of one of a thousand series costs its own records, rolled up by age, and none of another's.
TEST_F(MetricStoreTest, AYearOfOneSeriesReadsOnlyItsOwnRecords) {
  constexpr int kSeries = 1000;
  constexpr int kHours = 365 * 24;
  MetricStore metrics;
  CountingStore disk;
  store::Batch batch;
  world_.turn([&](service::Context& ctx) {
    for (int i = 0; i < kSeries; ++i) {
      const Metric metric{"N", "m", {{"Number", std::to_string(i)}}};
      ASSERT_TRUE(metrics.put(ctx, metric, "None", kStart, StatisticSet::of(1)));
      const std::uint64_t id = metrics.find(ctx.call, metric)->at("None");
      for (int hour = 0; hour < (i == 500 ? kHours : 24); ++hour) {
        const std::int64_t start = base::unix_seconds(kStart) - (hour + 1) * 3600;
        batch.rows.push_back({store::Write::Kind::Put, cloudwatch::record::key(id, 3, start),
                              cloudwatch::record::encode(StatisticSet::of(hour))});
      }
    }
  });
  ASSERT_TRUE(disk.write(batch, [](auto) {}));
  world_.now = kStart + hours(1);
  sweep(metrics);
  world_.turn([&](service::Context& ctx) {
    service::Context there{ctx.call, ctx.now, ctx.random, ctx.change, ctx.invoker, disk, {}};
    const Metric metric{"N", "m", {{"Number", "500"}}};
    const auto year = metrics.read(there, metric, std::nullopt, kStart - hours(kHours), kStart + hours(1), hours(1));
    ASSERT_TRUE(year);
    EXPECT_EQ(year->size(), static_cast<std::size_t>(kHours));
  });
  EXPECT_LE(disk.visited, static_cast<std::size_t>(kHours) + 4);
}

TEST_F(MetricStoreTest, BytesOfAStoredPeriod) {
  EXPECT_EQ(cloudwatch::record::encode(StatisticSet::of(7)).size(), 8U);
  EXPECT_EQ(cloudwatch::record::encode({3, 6, 1, 3}).size(), 32U);
  StatisticSet two = StatisticSet::of(1);
  two.merge(StatisticSet::of(2));
  EXPECT_EQ(cloudwatch::record::encode(two).size(), 32U + 2 * 9U);
  EXPECT_EQ(cloudwatch::record::decode(cloudwatch::record::encode(two))->values, two.values);
  EXPECT_EQ(cloudwatch::record::key(1, 1, 1'800'000'000).size(), 51U);
}

TEST_F(MetricStoreTest, ManyDifferentValuesAreRoundedTogether) {
  StatisticSet all;
  for (int i = 1; i <= 100'000; ++i) {
    if (i % 7 == 0) all.merge(StatisticSet::of(i));
  }
  EXPECT_LE(all.values.size(), 2 * StatisticSet::kValuesMax * 4);
  const auto p50 = value_of(all, *cloudwatch::parse_statistic("p50"));
  ASSERT_TRUE(p50);
  EXPECT_NEAR(*p50, 50'000, 250);
}

}  // namespace
