#include <algorithm>

#include "cloudwatch/operations/common.h"
#include "cloudwatch/operations/operations.h"

namespace cloudwatch {
namespace {

using api::cloudwatch::DimensionFilter;
using api::cloudwatch::ListMetricsInput;

constexpr std::size_t kPageSize = 500;
// Metrics without data for two weeks are not listed, nor, on demand, those without for three hours.
constexpr std::chrono::hours kListed{14 * 24};
constexpr std::chrono::hours kRecent{3};

bool has_dimension(const Metric& metric, const DimensionFilter& filter) {
  return std::ranges::any_of(metric.dimensions, [&](const auto& dimension) {
    return dimension.first == filter.name && (!filter.value || dimension.second == *filter.value);
  });
}

bool wanted(const ListMetricsInput& input, const Metric& metric) {
  if (input.metric_name && *input.metric_name != metric.name) return false;
  if (!input.dimensions) return true;
  return std::ranges::all_of(*input.dimensions, [&](const auto& filter) { return has_dimension(metric, filter); });
}

}  // namespace

base::Outcome<api::cloudwatch::ListMetricsOutput> list_metrics(State& state, const ListMetricsInput& input,
                                                               service::Context& ctx) {
  TRY(const std::string after, read_token(input.next_token));
  api::cloudwatch::ListMetricsOutput output;
  output.metrics.emplace();
  // Activity is kept to within a grain, so a metric may stay listed that much longer.
  const base::TimePoint since = ctx.now - (input.recently_active ? kRecent : kListed) - MetricStore::kActivityGrain;
  std::string last;
  const std::string name_space = input.namespace_.value_or("");
  state.metrics.each_metric(ctx.call, name_space, after,
                            [&](const std::string& identity, const Metric& metric, base::TimePoint active_at) {
                              if (active_at < since || !wanted(input, metric)) return true;
                              if (output.metrics->size() == kPageSize) {
                                output.next_token = make_token(last);
                                return false;
                              }
                              api::cloudwatch::Metric listed;
                              listed.namespace_ = metric.name_space;
                              listed.metric_name = metric.name;
                              listed.dimensions = dimension_list(metric.dimensions);
                              output.metrics->push_back(std::move(listed));
                              last = identity;
                              return true;
                            });
  return output;
}

}  // namespace cloudwatch
