#include <algorithm>
#include <charconv>
#include <set>

#include "cloudwatch/faults.h"
#include "cloudwatch/operations/common.h"
#include "cloudwatch/operations/operations.h"

namespace cloudwatch {
namespace {

using api::cloudwatch::GetMetricDataInput;
using api::cloudwatch::GetMetricDataOutput;
using api::cloudwatch::MetricDataQuery;
using api::cloudwatch::MetricDataResult;

constexpr std::size_t kQueriesMax = 500;
constexpr std::int64_t kPointsMax = 100'800;

bool is_query_id(std::string_view id) {
  if (id.empty() || id[0] < 'a' || id[0] > 'z') return false;
  return std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

base::Outcome<void> check_query(const MetricDataQuery& query) {
  if (!is_query_id(query.id)) {
    return validation_error(
        "The value " + query.id +
        " for parameter MetricDataQueries.Id is invalid. It must start with a lower-case letter and "
        "hold only letters, digits and underscores.");
  }
  if (query.expression) return not_supported("Metric math and Metrics Insights expressions in MetricDataQueries");
  if (!query.metric_stat) {
    return validation_error("Exactly one of MetricStat and Expression must be specified for the query " + query.id +
                            ".");
  }
  if (query.label && query.label->find("${") != std::string::npos) return not_supported("Dynamic labels");
  const auto& stat = *query.metric_stat;
  if (is_extended_statistic(stat.stat)) return not_supported("Percentiles and other extended statistics");
  if (!parse_statistic(stat.stat)) {
    return validation_error("The value " + stat.stat + " for parameter MetricDataQueries.MetricStat.Stat is invalid.");
  }
  if (!is_period(stat.period)) {
    return validation_error(
        "The parameter MetricDataQueries.MetricStat.Period must be 1, 5, 10, 20, 30 or a multiple of 60.");
  }
  if (!stat.metric.namespace_ || !stat.metric.metric_name) {
    return validation_error("MetricDataQueries.MetricStat.Metric must have a Namespace and a MetricName.");
  }
  return {};
}

base::Outcome<void> check(const GetMetricDataInput& input) {
  if (input.start_time >= input.end_time) {
    return validation_error("The parameter StartTime must be less than the parameter EndTime.");
  }
  if (input.metric_data_queries.empty() || input.metric_data_queries.size() > kQueriesMax) {
    return validation_error("The collection MetricDataQueries must have between 1 and 500 entries.");
  }
  std::set<std::string_view> ids;
  for (const MetricDataQuery& query : input.metric_data_queries) {
    CHECK(check_query(query));
    if (!ids.insert(query.id).second) {
      return validation_error("The values for parameter id in MetricDataQueries are not unique.");
    }
  }
  return {};
}

base::Outcome<Buckets> points_of(State& state, const api::cloudwatch::MetricStat& stat, const GetMetricDataInput& input,
                                 service::Context& ctx) {
  Buckets all;
  const Metric metric{*stat.metric.namespace_, *stat.metric.metric_name, dimensions_of(stat.metric.dimensions)};
  const auto* units = state.metrics.find(ctx.call, metric);
  if (units == nullptr) return all;
  const base::TimePoint start = query_start(input.start_time, stat.period, ctx.now);
  for (const auto& [unit, series] : *units) {
    if (stat.unit && *stat.unit != unit) continue;
    TRY(const Buckets buckets,
        state.metrics.read(ctx, series, start, input.end_time, std::chrono::seconds(stat.period)));
    for (const auto& [at, samples] : buckets) all[at].merge(samples);
  }
  return all;
}

// Where the next page begins: a query, and the first of its points that has not been sent.
struct Place {
  std::size_t query = 0;
  std::size_t point = 0;
};

base::Outcome<Place> place_of(const GetMetricDataInput& input) {
  Place place;
  TRY(const std::string text, read_token(input.next_token));
  if (text.empty()) return place;
  const char* const end = text.data() + text.size();
  const auto query = std::from_chars(text.data(), end, place.query);
  if (query.ec != std::errc() || query.ptr == end || *query.ptr != '/') return invalid_token();
  const auto point = std::from_chars(query.ptr + 1, end, place.point);
  if (point.ec != std::errc() || point.ptr != end || place.query >= input.metric_data_queries.size()) {
    return invalid_token();
  }
  return place;
}

// Adds points from `from` on and returns how many points the query has in all.
std::size_t add_points(MetricDataResult& result, const Buckets& buckets, Statistic statistic, bool ascending,
                       std::size_t from, std::size_t room) {
  std::vector<std::pair<base::TimePoint, double>> points;
  for (const auto& [at, samples] : buckets) points.emplace_back(at, value_of(samples, statistic));
  if (!ascending) std::ranges::reverse(points);
  for (std::size_t i = from; i < points.size() && i - from < room; ++i) {
    result.timestamps->push_back(points[i].first);
    result.values->push_back(points[i].second);
  }
  return points.size();
}

MetricDataResult empty_result(const MetricDataQuery& query) {
  MetricDataResult result;
  result.id = query.id;
  result.label = query.label.value_or(*query.metric_stat->metric.metric_name);
  result.timestamps.emplace();
  result.values.emplace();
  result.status_code = "Complete";
  return result;
}

}  // namespace

base::Outcome<GetMetricDataOutput> get_metric_data(State& state, const GetMetricDataInput& input,
                                                   service::Context& ctx) {
  CHECK(check(input));
  const std::int64_t limit = input.max_datapoints.value_or(kPointsMax);
  if (limit < 1 || limit > kPointsMax) {
    return validation_error("The parameter MaxDatapoints must be between 1 and 100800.");
  }
  TRY(Place place, place_of(input));
  auto room = static_cast<std::size_t>(limit);
  const bool ascending = input.scan_by == "TimestampAscending";
  GetMetricDataOutput output;
  output.messages.emplace();
  output.metric_data_results.emplace();
  for (; place.query < input.metric_data_queries.size(); ++place.query, place.point = 0) {
    const MetricDataQuery& query = input.metric_data_queries[place.query];
    if (!query.return_data.value_or(true)) continue;
    TRY(const Buckets buckets, points_of(state, *query.metric_stat, input, ctx));
    MetricDataResult result = empty_result(query);
    const auto statistic = *parse_statistic(query.metric_stat->stat);
    const std::size_t all = add_points(result, buckets, statistic, ascending, place.point, room);
    place.point += result.values->size();
    room -= result.values->size();
    const bool cut = place.point < all;
    if (cut) result.status_code = "PartialData";
    output.metric_data_results->push_back(std::move(result));
    if (cut) {
      output.next_token = make_token(std::to_string(place.query) + "/" + std::to_string(place.point));
      break;
    }
  }
  return output;
}

}  // namespace cloudwatch
