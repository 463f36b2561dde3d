#include "bench/pacing.h"

#include <gtest/gtest.h>

namespace bench {
namespace {

TEST(Pacer, OperationsAreDueAtTheirRate) {
  Pacer pacer(1000, 5'000'000);
  EXPECT_FALSE(pacer.take(4'999'999));
  EXPECT_EQ(pacer.take(5'000'000), 5'000'000);
  EXPECT_FALSE(pacer.take(5'999'999));
  EXPECT_EQ(pacer.next(), 6'000'000);
  EXPECT_EQ(pacer.take(6'000'001), 6'000'000);
}

// What a stall does not hide: all that was due meanwhile comes with the time it was due.
TEST(Pacer, AStallLeavesTheDueTimesAsTheyWere) {
  Pacer pacer(1000, 0);
  const Nanoseconds now = 10'000'000;
  EXPECT_EQ(pacer.behind(now), 11u);
  for (Nanoseconds i = 0; i <= 10; ++i) EXPECT_EQ(pacer.take(now), i * 1'000'000);
  EXPECT_FALSE(pacer.take(now));
  EXPECT_EQ(pacer.behind(now), 0u);
}

TEST(Pacer, RatesThatDontDivideASecondDontDrift) {
  Pacer pacer(30'000, 0);  // 33,333.3 ns
  for (int i = 0; i < 30'000; ++i) ASSERT_TRUE(pacer.take(1'000'000'000));
  EXPECT_EQ(pacer.next(), 1'000'000'000);
  EXPECT_EQ(pacer.behind(999'999'999), 0u);
}

TEST(Pacer, NothingIsDueBeforeTheStart) {
  EXPECT_EQ(Pacer(10, 1'000).behind(999), 0u);
}

}  // namespace
}  // namespace bench
