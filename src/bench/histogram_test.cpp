#include "bench/histogram.h"

#include <gtest/gtest.h>

#include "bench/options.h"

namespace bench {
namespace {

TEST(Histogram, IsEmptyAtFirst) {
  EXPECT_EQ(Histogram().quantile(0.5), 0U);
  EXPECT_EQ(Histogram().count(), 0U);
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 30; ++value) histogram.add(value);
  EXPECT_EQ(histogram.quantile(0.5), 15U);
  EXPECT_EQ(histogram.quantile(1), 30U);
  EXPECT_EQ(histogram.quantile(0), 1U);
  EXPECT_DOUBLE_EQ(histogram.mean(), 15.5);
}

TEST(Histogram, QuantilesAreRightWithinThreePercent) {
  for (const std::uint64_t scale : {100ULL, 10'000ULL, 1'000'000ULL, 100'000'000ULL}) {
    Histogram histogram;
    for (std::uint64_t i = 1; i <= 1000; ++i) histogram.add(i * scale / 1000);
    for (const double fraction : {0.1, 0.5, 0.9, 0.99}) {
      const double exact = fraction * static_cast<double>(scale);
      EXPECT_NEAR(static_cast<double>(histogram.quantile(fraction)), exact, exact * 0.035 + 1)
          << scale << " " << fraction;
    }
    EXPECT_EQ(histogram.quantile(1), scale);
  }
}

TEST(Histogram, HugeValuesStayInTheLastBucket) {
  Histogram histogram;
  histogram.add(~std::uint64_t{0} >> 1);
  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_GT(histogram.quantile(0.5), 1'000'000'000U);
}

TEST(Options, ComplaintNamesTheOption) {
  Options options;
  EXPECT_EQ(complaint(options), "");
  options.batch = 11;
  EXPECT_NE(complaint(options).find("--batch"), std::string::npos);
  options.batch = 10;
  options.message_size = 200'000;
  EXPECT_NE(complaint(options).find("--message-size"), std::string::npos);
}

TEST(Options, MixesHaveNames) {
  for (const Mix mix : {Mix::Send, Mix::Receive, Mix::Drain, Mix::EndToEnd}) EXPECT_EQ(parse_mix(name_of(mix)), mix);
  EXPECT_EQ(parse_mix("nothing"), std::nullopt);
}

}  // namespace
}  // namespace bench
