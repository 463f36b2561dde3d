#include "cloudwatch/queries.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "cloudwatch/faults.h"
#include "cloudwatch/math/evaluate.h"
#include "cloudwatch/search.h"

namespace cloudwatch {
namespace {

using api::cloudwatch::MetricDataQuery;
using math::Series;
using math::SeriesList;
using math::Value;

// Of an expression that names no metric and no period.
constexpr std::int64_t kPeriodDefault = 60;

Dimensions dimensions_of(const api::cloudwatch::Metric& metric) {
  Dimensions dimensions;
  if (!metric.dimensions) return dimensions;
  for (const auto& [name, value] : *metric.dimensions) dimensions.emplace_back(name, value);
  return dimensions;
}

base::Outcome<math::Node> parsed(const MetricDataQuery& query) {
  auto node = math::parse(*query.expression);
  if (!node) return validation_error("Error in expression '" + query.id + "': " + node.error().text);
  return std::move(*node);
}

// Where the points of metrics come from.
class Source {
 public:
  virtual ~Source() = default;
  virtual base::Outcome<Series> metric(const api::cloudwatch::MetricStat& stat) = 0;
  virtual base::Outcome<SeriesList> search(const Search& search, const std::string& statistic, std::int64_t period) = 0;
  virtual base::TimePoint start(std::int64_t period) const = 0;
  virtual base::TimePoint end() const = 0;
};

// Nothing, in the right shapes: lets every mistake in an expression come to light before there is data.
class NoSource : public Source {
 public:
  base::Outcome<Series> metric(const api::cloudwatch::MetricStat& stat) override { return Series{"", stat.period, {}}; }
  base::Outcome<SeriesList> search(const Search&, const std::string&, std::int64_t period) override {
    return SeriesList{Series{"", period, {}}};
  }
  base::TimePoint start(std::int64_t) const override { return {}; }
  base::TimePoint end() const override { return {}; }
};

class StoreSource : public Source {
 public:
  StoreSource(service::Context& ctx, const MetricStore& metrics, base::TimePoint from, base::TimePoint to)
      : ctx_(ctx), metrics_(metrics), from_(from), to_(to) {}

  base::Outcome<Series> metric(const api::cloudwatch::MetricStat& stat) override {
    return read({*stat.metric.namespace_, *stat.metric.metric_name, dimensions_of(stat.metric)}, stat.unit, stat.stat,
                stat.period);
  }
  base::Outcome<SeriesList> search(const Search& search, const std::string& statistic, std::int64_t period) override {
    SeriesList list;
    for (const Metric& metric : search.find(ctx_, metrics_)) {
      TRY(Series series, read(metric, std::nullopt, statistic, period));
      series.label = search.label_of(metric);
      list.push_back(std::move(series));
    }
    return list;
  }
  base::TimePoint start(std::int64_t period) const override { return query_start(from_, period, ctx_.now); }
  base::TimePoint end() const override { return to_; }

 private:
  base::Outcome<Series> read(const Metric& metric, const std::optional<std::string>& unit, const std::string& statistic,
                             std::int64_t period) {
    Series series{metric.name, period, {}};
    TRY(const Buckets buckets, metrics_.read(ctx_, metric, unit, start(period), to_, std::chrono::seconds(period)));
    const auto wanted = parse_statistic(statistic);
    for (const auto& [at, samples] : buckets) {
      if (const auto value = value_of(samples, *wanted)) series.points.push_back({at, *value});
    }
    return series;
  }

  service::Context& ctx_;
  const MetricStore& metrics_;
  base::TimePoint from_;
  base::TimePoint to_;
};

// Works the queries out, each once, those first that others name.
class Run {
 public:
  Run(const Queries& queries, Source& source) : queries_(queries), source_(source) {
    for (std::size_t i = 0; i < queries.size(); ++i) by_id_.emplace(queries[i].id, i);
  }

  base::Outcome<const Value*> value(std::size_t index) {
    if (const auto known = values_.find(index); known != values_.end()) return &known->second;
    const MetricDataQuery& query = queries_[index];
    if (!open_.insert(index).second) {
      return validation_error("Error in expression '" + query.id + "': it refers to itself.");
    }
    TRY(Value found, query.expression ? expression(query) : metric(query));
    open_.erase(index);
    return &values_.emplace(index, std::move(found)).first->second;
  }
  std::int64_t period(std::size_t index) const { return periods_.at(index); }

 private:
  base::Outcome<Value> metric(const MetricDataQuery& query) {
    periods_[by_id_.at(query.id)] = query.metric_stat->period;
    TRY(Series series, source_.metric(*query.metric_stat));
    series.label = query.label.value_or(*query.metric_stat->metric.metric_name);
    return Value(std::move(series));
  }

  // All that an expression reads is worked out before it. Its period is its own, or the longest that it reads.
  base::Outcome<std::int64_t> prepare(const MetricDataQuery& query, const math::Node& node) {
    std::int64_t longest = 0;
    const bool all = math::calls(node, "METRICS");
    const auto ids = math::ids_of(node);
    for (std::size_t i = 0; i < queries_.size(); ++i) {
      if (!ids.contains(queries_[i].id) && !(all && queries_[i].metric_stat)) continue;
      CHECK(value(i));
      longest = std::max(longest, periods_.at(i));
    }
    return query.period.value_or(longest == 0 ? kPeriodDefault : longest);
  }

  base::Outcome<Value> expression(const MetricDataQuery& query) {
    TRY(const math::Node node, parsed(query));
    TRY(const std::int64_t period, prepare(query, node));
    periods_[by_id_.at(query.id)] = period;
    base::Outcome<void> reading;
    const math::Scope scope = scope_of(period, reading);
    auto found = evaluate(node, scope);
    CHECK(reading);
    if (!found && found.error().unsupported) return unsupported(found.error().text);
    if (!found) return validation_error("Error in expression '" + query.id + "': " + found.error().text);
    return std::move(*found);
  }

  // `reading` takes the fault of a search's disk.
  math::Scope scope_of(std::int64_t period, base::Outcome<void>& reading) {
    math::Scope scope;
    scope.from = source_.start(period);
    scope.to = source_.end();
    scope.period_seconds = period;
    scope.find = [this](const std::string& id) -> const Value* {
      const auto place = by_id_.find(id);
      return place == by_id_.end() ? nullptr : &values_.at(place->second);
    };
    scope.metrics = [this](const std::string& part) {
      SeriesList list;
      for (std::size_t i = 0; i < queries_.size(); ++i) {
        if (!queries_[i].metric_stat || queries_[i].id.find(part) == std::string::npos) continue;
        list.push_back(std::get<Series>(values_.at(i)));
      }
      return list;
    };
    scope.search = [this, &reading](const std::string& text, const std::string& statistic,
                                    std::int64_t each_period) -> math::Evaluated {
      const auto search = Search::parse(text);
      if (!search) return math::problem(search.error());
      if (!parse_statistic(statistic)) return math::problem("the statistic " + statistic + " is invalid.");
      if (!is_period(each_period)) return math::problem("the period of a search must be a multiple of 60.");
      auto found = source_.search(*search, statistic, each_period);
      if (found) return std::move(*found);
      reading = std::unexpected(found.error());
      return SeriesList{};
    };
    return scope;
  }

  const Queries& queries_;
  Source& source_;
  std::map<std::string, std::size_t, std::less<>> by_id_;
  std::map<std::size_t, Value> values_;
  std::map<std::size_t, std::int64_t> periods_;
  std::set<std::size_t> open_;
};

base::Outcome<void> check_metric_stat(const api::cloudwatch::MetricStat& stat) {
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

base::Outcome<void> check_form(const MetricDataQuery& query) {
  if (!is_query_id(query.id)) {
    return validation_error("The value " + query.id +
                            " for parameter MetricDataQueries.Id is invalid. It must start with a lower-case letter "
                            "and hold only letters, digits and underscores.");
  }
  if (query.expression.has_value() == query.metric_stat.has_value()) {
    return validation_error("Exactly one of MetricStat and Expression must be specified for the query " + query.id +
                            ".");
  }
  if (query.account_id) return not_supported("Queries of other accounts (AccountId)");
  if (query.label && query.label->find("${") != std::string::npos) return not_supported("Dynamic labels");
  if (query.period && query.expression && !is_period(*query.period)) {
    return validation_error("The parameter MetricDataQueries.Period must be 1, 5, 10, 20, 30 or a multiple of 60.");
  }
  if (query.metric_stat) return check_metric_stat(*query.metric_stat);
  if (query.expression->find("SELECT ") == query.expression->find_first_not_of(" \n\t") &&
      query.expression->find("SELECT ") != std::string::npos) {
    return not_supported("Metrics Insights queries");
  }
  return {};
}

bool returns_data(const MetricDataQuery& query) {
  return query.return_data.value_or(true);
}

constexpr std::size_t kAlarmMetricsMax = 10;
constexpr std::size_t kAlarmExpressionsMax = 10;

// What alarms can't be made on, before anything is worked out.
base::Outcome<void> check_for_alarm(const Queries& queries) {
  if (std::ranges::count_if(queries, returns_data) != 1) {
    return validation_error("Exactly one element of the metrics list should return data.");
  }
  const auto metrics = static_cast<std::size_t>(
      std::ranges::count_if(queries, [](const auto& query) { return query.metric_stat.has_value(); }));
  if (metrics > kAlarmMetricsMax || queries.size() - metrics > kAlarmExpressionsMax) {
    return validation_error("The metrics list of an alarm can have at most 10 metrics and 10 expressions.");
  }
  std::set<std::int64_t> periods;
  for (const MetricDataQuery& query : queries) {
    if (query.metric_stat) periods.insert(query.metric_stat->period);
    if (!query.expression) continue;
    if (query.period) periods.insert(*query.period);
    TRY(const math::Node node, parsed(query));
    if (!math::calls(node, "SEARCH")) continue;
    return validation_error("Error in expression '" + query.id + "': SEARCH is not allowed in alarms.");
  }
  if (periods.size() > 1) return validation_error("All metrics of an alarm must have the same period.");
  if (metrics == 0) return validation_error("The metrics list of an alarm must have at least one metric.");
  return {};
}

base::Outcome<void> check_answer(const MetricDataQuery& query, const Value& value, QueryUse use) {
  if (!returns_data(query)) return {};
  const bool one = std::holds_alternative<Series>(value);
  if (one || (use == QueryUse::Data && std::holds_alternative<SeriesList>(value))) return {};
  return validation_error(
      "Error in expression '" + query.id + "': its result must be " +
      (use == QueryUse::Alarm ? "a single time series." : "a time series or an array of time series."));
}

// "Errors" of an expression labelled "Filled:" is "Filled: Errors".
std::string joined_label(const std::string& expression, const std::string& series) {
  return expression.empty() || series.empty() ? expression + series : expression + " " + series;
}

}  // namespace

base::TimePoint query_start(base::TimePoint start, std::int64_t period_seconds, base::TimePoint now) {
  using std::chrono::hours;
  std::int64_t grain = std::min<std::int64_t>(period_seconds, 60);
  if (start < now - hours(15 * 24)) grain = 300;
  if (start < now - hours(63 * 24)) grain = 3600;
  const std::int64_t second = base::unix_seconds(start);
  const std::int64_t rest = ((second % grain) + grain) % grain;
  return base::from_unix_seconds(second - rest);
}

bool is_period(std::int64_t seconds) {
  constexpr std::int64_t kShort[] = {1, 5, 10, 20, 30};
  return std::ranges::find(kShort, seconds) != std::end(kShort) || (seconds > 0 && seconds % 60 == 0);
}

bool is_query_id(std::string_view id) {
  if (id.empty() || id[0] < 'a' || id[0] > 'z') return false;
  return std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

base::Outcome<void> check_queries(const Queries& queries, QueryUse use) {
  std::set<std::string_view> ids;
  for (const MetricDataQuery& query : queries) {
    CHECK(check_form(query));
    if (!ids.insert(query.id).second) {
      return validation_error("The values for parameter id in MetricDataQueries are not unique.");
    }
  }
  if (use == QueryUse::Alarm) CHECK(check_for_alarm(queries));
  NoSource nothing;
  Run run(queries, nothing);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    TRY(const Value* value, run.value(i));
    CHECK(check_answer(queries[i], *value, use));
  }
  return {};
}

std::int64_t period_of(const Queries& queries) {
  const auto metric = std::ranges::find_if(queries, [](const auto& query) { return query.metric_stat.has_value(); });
  return metric == queries.end() ? kPeriodDefault : metric->metric_stat->period;
}

base::Outcome<std::vector<QueryResult>> run_queries(service::Context& ctx, const MetricStore& metrics,
                                                    const Queries& queries, base::TimePoint start,
                                                    base::TimePoint end) {
  StoreSource source(ctx, metrics, start, end);
  Run run(queries, source);
  std::vector<QueryResult> results;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const MetricDataQuery& query = queries[i];
    if (!returns_data(query)) continue;
    TRY(const Value* value, run.value(i));
    if (const auto* many = std::get_if<SeriesList>(value)) {
      for (const Series& each : *many) {
        results.push_back({i, each});
        results.back().series.label = joined_label(query.label.value_or(query.id), each.label);
      }
    } else if (const auto* one = std::get_if<Series>(value)) {
      results.push_back({i, *one});
      if (query.expression) results.back().series.label = query.label.value_or(query.id);
    }
  }
  return results;
}

}  // namespace cloudwatch
