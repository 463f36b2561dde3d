#pragma once

// Sets of queries that refer to each other: what GetMetricData is asked, and what an alarm on metric math watches.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/cloudwatch/types.h"
#include "base/fault.h"
#include "cloudwatch/math/value.h"
#include "cloudwatch/metric_store.h"

namespace cloudwatch {

using Queries = std::vector<api::cloudwatch::MetricDataQuery>;

enum class QueryUse : std::uint8_t { Data, Alarm };

// Refuses what is no set of queries: ids, forms, statistics, expressions that do not parse or fit, circles. An alarm's
// may not search, must agree in their period, and one of them returns one series.
base::Outcome<void> check_queries(const Queries& queries, QueryUse use);

// The period of an alarm's queries, which all have the same. Of a set that was checked.
std::int64_t period_of(const Queries& queries);

// One returned series.
struct QueryResult {
  std::size_t query = 0;  // its place
  math::Series series;    // with the label that the caller sees
};

// What the queries that return data find between `start`, rounded down as queries are, and `end`; in order. An
// expression may give several series.
base::Outcome<std::vector<QueryResult>> run_queries(service::Context& ctx, const MetricStore& metrics,
                                                    const Queries& queries, base::TimePoint start, base::TimePoint end);

// Rounds a query's start down: to the minute, or to 5 minutes or the hour for data that is kept no finer.
base::TimePoint query_start(base::TimePoint start, std::int64_t period_seconds, base::TimePoint now);
bool is_period(std::int64_t seconds);
bool is_query_id(std::string_view id);

}  // namespace cloudwatch
