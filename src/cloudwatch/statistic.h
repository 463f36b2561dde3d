#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cloudwatch {

// What CloudWatch keeps of the samples of one period.
struct StatisticSet {
  double count = 0;
  double sum = 0;
  double minimum = 0;
  double maximum = 0;
  // How often each value was sampled, in order; for percentiles. Empty when all samples had one value (the minimum),
  // and when the values are not known because they came in as a statistic set.
  std::vector<std::pair<double, double>> values{};

  // More distinct values than this are rounded together, to within 0.4 %.
  static constexpr std::size_t kValuesMax = 512;

  static StatisticSet of(double value, double count = 1) { return {count, value * count, value, value}; }
  void merge(const StatisticSet& other);
  // Each value and its count, in order. Nothing when they are not known.
  std::optional<std::vector<std::pair<double, double>>> distribution() const;
  // Of the four numbers.
  friend bool operator==(const StatisticSet& a, const StatisticSet& b) {
    return a.count == b.count && a.sum == b.sum && a.minimum == b.minimum && a.maximum == b.maximum;
  }
};

enum class SimpleStatistic : std::uint8_t { SampleCount, Average, Sum, Minimum, Maximum };

// "p99", "tm95", "WM(10%:90%)", "TC(0.5:)", "PR(:300)", "IQM": those that need the values themselves.
struct ExtendedStatistic {
  enum class Kind : std::uint8_t { Percentile, TrimmedMean, WinsorizedMean, TrimmedCount, TrimmedSum, PercentileRank };
  Kind kind = Kind::Percentile;
  bool percent = true;  // the bounds are percentiles, else values
  std::optional<double> low;
  std::optional<double> high;
};

using Statistic = std::variant<SimpleStatistic, ExtendedStatistic>;

// By its API name.
std::optional<SimpleStatistic> parse_simple_statistic(std::string_view name);
std::optional<ExtendedStatistic> parse_extended_statistic(std::string_view name);
std::optional<Statistic> parse_statistic(std::string_view name);

// `set` holds at least one sample.
double value_of(const StatisticSet& set, SimpleStatistic statistic);
// Nothing when the values are not known, one of them is negative, or none is within the bounds of a mean.
std::optional<double> value_of(const StatisticSet& set, const ExtendedStatistic& statistic);
std::optional<double> value_of(const StatisticSet& set, const Statistic& statistic);

}  // namespace cloudwatch
