#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cloudwatch {

// What CloudWatch keeps of the samples of one period.
struct StatisticSet {
  double count = 0;
  double sum = 0;
  double minimum = 0;
  double maximum = 0;

  static StatisticSet of(double value, double count = 1) { return {count, value * count, value, value}; }
  void merge(const StatisticSet& other);
  friend bool operator==(const StatisticSet&, const StatisticSet&) = default;
};

enum class Statistic : std::uint8_t { SampleCount, Average, Sum, Minimum, Maximum };

// By its API name; nothing for percentiles and the other extended statistics.
std::optional<Statistic> parse_statistic(std::string_view name);
// `set` holds at least one sample.
double value_of(const StatisticSet& set, Statistic statistic);

}  // namespace cloudwatch
