#include "cloudwatch/faults.h"
#include "cloudwatch/operations/common.h"
#include "cloudwatch/operations/operations.h"

namespace cloudwatch {
namespace {

using api::cloudwatch::Datapoint;
using api::cloudwatch::GetMetricStatisticsInput;

constexpr std::int64_t kPointsMax = 1440;

base::Outcome<std::vector<Statistic>> statistics_of(const GetMetricStatisticsInput& input) {
  if (input.extended_statistics && !input.extended_statistics->empty()) {
    return not_supported("Percentiles and other extended statistics");
  }
  if (!input.statistics || input.statistics->empty()) {
    return missing_parameter("At least one of the parameters Statistics and ExtendedStatistics must be specified.");
  }
  std::vector<Statistic> statistics;
  for (const std::string& name : *input.statistics) {
    const auto statistic = parse_statistic(name);
    if (!statistic) return invalid_value("The value " + name + " for parameter Statistics is invalid.");
    statistics.push_back(*statistic);
  }
  return statistics;
}

base::Outcome<void> check_range(const GetMetricStatisticsInput& input) {
  if (!is_period(input.period)) {
    return invalid_value("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.");
  }
  if (input.start_time >= input.end_time) {
    return invalid_combination("The parameter StartTime must be less than the parameter EndTime.");
  }
  const std::int64_t points =
      (base::unix_seconds(input.end_time) - base::unix_seconds(input.start_time)) / input.period;
  if (points > kPointsMax) {
    return invalid_combination("You have requested up to " + std::to_string(points) +
                               " datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested "
                               "by increasing Period, or decreasing the time range.");
  }
  return {};
}

Datapoint datapoint(base::TimePoint start, const StatisticSet& samples, const std::vector<Statistic>& statistics) {
  Datapoint point;
  point.timestamp = start;
  for (const Statistic statistic : statistics) {
    const double value = value_of(samples, statistic);
    switch (statistic) {
      case Statistic::SampleCount:
        point.sample_count = value;
        break;
      case Statistic::Average:
        point.average = value;
        break;
      case Statistic::Sum:
        point.sum = value;
        break;
      case Statistic::Minimum:
        point.minimum = value;
        break;
      case Statistic::Maximum:
        point.maximum = value;
        break;
    }
  }
  return point;
}

}  // namespace

base::Outcome<api::cloudwatch::GetMetricStatisticsOutput> get_metric_statistics(State& state,
                                                                                const GetMetricStatisticsInput& input,
                                                                                service::Context& ctx) {
  TRY(const std::vector<Statistic> statistics, statistics_of(input));
  CHECK(check_range(input));
  api::cloudwatch::GetMetricStatisticsOutput output;
  output.label = input.metric_name;
  output.datapoints.emplace();
  const Metric metric{input.namespace_, input.metric_name, dimensions_of(input.dimensions)};
  const auto* units = state.metrics.find(ctx.call, metric);
  if (units == nullptr) return output;
  const base::TimePoint start = query_start(input.start_time, input.period, ctx.now);
  for (const auto& [unit, series] : *units) {
    if (input.unit && *input.unit != unit) continue;
    TRY(const Buckets buckets,
        state.metrics.read(ctx, series, start, input.end_time, std::chrono::seconds(input.period)));
    for (const auto& [at, samples] : buckets) {
      output.datapoints->push_back(datapoint(at, samples, statistics));
      output.datapoints->back().unit = unit;
    }
  }
  return output;
}

}  // namespace cloudwatch
