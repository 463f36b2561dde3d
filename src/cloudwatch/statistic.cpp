#include "cloudwatch/statistic.h"

#include <algorithm>

namespace cloudwatch {

void StatisticSet::merge(const StatisticSet& other) {
  if (other.count == 0) return;
  if (count == 0) {
    *this = other;
    return;
  }
  count += other.count;
  sum += other.sum;
  minimum = std::min(minimum, other.minimum);
  maximum = std::max(maximum, other.maximum);
}

std::optional<Statistic> parse_statistic(std::string_view name) {
  if (name == "SampleCount") return Statistic::SampleCount;
  if (name == "Average") return Statistic::Average;
  if (name == "Sum") return Statistic::Sum;
  if (name == "Minimum") return Statistic::Minimum;
  if (name == "Maximum") return Statistic::Maximum;
  return std::nullopt;
}

double value_of(const StatisticSet& set, Statistic statistic) {
  switch (statistic) {
    case Statistic::SampleCount:
      return set.count;
    case Statistic::Average:
      return set.sum / set.count;
    case Statistic::Sum:
      return set.sum;
    case Statistic::Minimum:
      return set.minimum;
    case Statistic::Maximum:
      return set.maximum;
  }
  return 0;
}

}  // namespace cloudwatch
