#include <algorithm>
#include <charconv>

#include "cloudwatch/faults.h"
#include "cloudwatch/operations/common.h"
#include "cloudwatch/operations/operations.h"
#include "cloudwatch/queries.h"

namespace cloudwatch {
namespace {

using api::cloudwatch::GetMetricDataInput;
using api::cloudwatch::GetMetricDataOutput;
using api::cloudwatch::MetricDataResult;

constexpr std::size_t kQueriesMax = 500;
constexpr std::int64_t kPointsMax = 100'800;

base::Outcome<void> check(const GetMetricDataInput& input) {
  if (input.start_time >= input.end_time) {
    return validation_error("The parameter StartTime must be less than the parameter EndTime.");
  }
  if (input.metric_data_queries.empty() || input.metric_data_queries.size() > kQueriesMax) {
    return validation_error("The collection MetricDataQueries must have between 1 and 500 entries.");
  }
  return check_queries(input.metric_data_queries, QueryUse::Data);
}

// Where the next page begins: a result, and the first of its points that has not been sent.
struct Place {
  std::size_t result = 0;
  std::size_t point = 0;
};

base::Outcome<Place> place_of(const GetMetricDataInput& input) {
  Place place;
  TRY(const std::string text, read_token(input.next_token));
  if (text.empty()) return place;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, place.result);
  if (result.ec != std::errc() || result.ptr == end || *result.ptr != '/') return invalid_token();
  const auto point = std::from_chars(result.ptr + 1, end, place.point);
  if (point.ec != std::errc() || point.ptr != end) return invalid_token();
  return place;
}

// Adds points from `from` on, at most `room`.
void add_points(MetricDataResult& result, const math::Series& series, bool ascending, std::size_t from,
                std::size_t room) {
  const std::size_t count = series.points.size();
  for (std::size_t i = from; i < count && i - from < room; ++i) {
    const math::Point& point = series.points[ascending ? i : count - 1 - i];
    result.timestamps->push_back(point.at);
    result.values->push_back(point.value);
  }
}

MetricDataResult empty_result(const GetMetricDataInput& input, const QueryResult& found) {
  MetricDataResult result;
  result.id = input.metric_data_queries[found.query].id;
  result.label = found.series.label;
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
  TRY(const std::vector<QueryResult> results,
      run_queries(ctx, state.metrics, input.metric_data_queries, input.start_time, input.end_time));
  GetMetricDataOutput output;
  output.messages.emplace();
  output.metric_data_results.emplace();
  for (; place.result < results.size(); ++place.result, place.point = 0) {
    const QueryResult& found = results[place.result];
    MetricDataResult result = empty_result(input, found);
    add_points(result, found.series, ascending, place.point, room);
    place.point += result.values->size();
    room -= result.values->size();
    const bool cut = place.point < found.series.points.size();
    if (cut) result.status_code = "PartialData";
    output.metric_data_results->push_back(std::move(result));
    if (cut) {
      output.next_token = make_token(std::to_string(place.result) + "/" + std::to_string(place.point));
      break;
    }
  }
  return output;
}

}  // namespace cloudwatch
