#include "cloudwatch/faults.h"
#include "cloudwatch/operations/common.h"
#include "cloudwatch/operations/operations.h"
#include "cloudwatch/queries.h"

namespace cloudwatch {
namespace {

using api::cloudwatch::Datapoint;
using api::cloudwatch::GetMetricStatisticsInput;

constexpr std::int64_t kPointsMax = 1440;

struct Wanted {
  std::vector<SimpleStatistic> simple;
  std::vector<std::pair<std::string, ExtendedStatistic>> extended;  // with their names
};

base::Outcome<Wanted> statistics_of(const GetMetricStatisticsInput& input) {
  const std::vector<std::string> none;
  Wanted wanted;
  for (const std::string& name : input.statistics.value_or(none)) {
    const auto statistic = parse_simple_statistic(name);
    if (!statistic) return invalid_value("The value " + name + " for parameter Statistics is invalid.");
    wanted.simple.push_back(*statistic);
  }
  for (const std::string& name : input.extended_statistics.value_or(none)) {
    const auto statistic = parse_extended_statistic(name);
    if (!statistic) return invalid_value("The value " + name + " for parameter ExtendedStatistics is invalid.");
    wanted.extended.emplace_back(name, *statistic);
  }
  if (wanted.simple.empty() == wanted.extended.empty()) {
    if (!wanted.simple.empty()) {
      return invalid_combination("The parameters Statistics and ExtendedStatistics can't be specified together.");
    }
    return missing_parameter("At least one of the parameters Statistics and ExtendedStatistics must be specified.");
  }
  return wanted;
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

Datapoint datapoint(base::TimePoint start, const StatisticSet& samples, const Wanted& wanted) {
  Datapoint point;
  point.timestamp = start;
  for (const SimpleStatistic statistic : wanted.simple) {
    const double value = value_of(samples, statistic);
    switch (statistic) {
      case SimpleStatistic::SampleCount:
        point.sample_count = value;
        break;
      case SimpleStatistic::Average:
        point.average = value;
        break;
      case SimpleStatistic::Sum:
        point.sum = value;
        break;
      case SimpleStatistic::Minimum:
        point.minimum = value;
        break;
      case SimpleStatistic::Maximum:
        point.maximum = value;
        break;
    }
  }
  for (const auto& [name, statistic] : wanted.extended) {
    const auto value = value_of(samples, statistic);
    if (!value) continue;
    if (!point.extended_statistics) point.extended_statistics.emplace();
    (*point.extended_statistics)[name] = *value;
  }
  return point;
}

}  // namespace

base::Outcome<api::cloudwatch::GetMetricStatisticsOutput> get_metric_statistics(State& state,
                                                                                const GetMetricStatisticsInput& input,
                                                                                service::Context& ctx) {
  TRY(const Wanted wanted, statistics_of(input));
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
      Datapoint point = datapoint(at, samples, wanted);
      if (!wanted.extended.empty() && !point.extended_statistics) continue;
      point.unit = unit;
      output.datapoints->push_back(std::move(point));
    }
  }
  return output;
}

}  // namespace cloudwatch
