// The functions of metric math, one by one ("Functions supported for metric math").

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <span>

#include "base/fault.h"
#include "cloudwatch/math/evaluate.h"

namespace cloudwatch::math {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

struct Call {
  const std::string& name;
  std::vector<Value>& arguments;
  const Scope& scope;

  std::unexpected<Problem> wrong(std::string_view wanted) const {
    return problem("the function " + name + " needs " + std::string(wanted) + ".");
  }
  const Series* series(std::size_t index) const {
    return index < arguments.size() ? std::get_if<Series>(&arguments[index]) : nullptr;
  }
  const SeriesList* list(std::size_t index) const {
    return index < arguments.size() ? std::get_if<SeriesList>(&arguments[index]) : nullptr;
  }
  const double* number(std::size_t index) const {
    return index < arguments.size() ? std::get_if<double>(&arguments[index]) : nullptr;
  }
  const Text* text(std::size_t index) const {
    return index < arguments.size() ? std::get_if<Text>(&arguments[index]) : nullptr;
  }
};

std::vector<base::TimePoint> grid(const Scope& scope, std::int64_t period_seconds) {
  std::vector<base::TimePoint> times;
  for (base::TimePoint at = scope.from; at < scope.to; at += std::chrono::seconds(period_seconds)) times.push_back(at);
  return times;
}

// Aggregates. `values` may be empty: then there is no result, which drops the point.

double sum_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? kNothing : sum;
}
double mean_of(std::span<const double> values) {
  return values.empty() ? kNothing : sum_of(values) / static_cast<double>(values.size());
}
double min_of(std::span<const double> values) {
  return values.empty() ? kNothing : *std::ranges::min_element(values);
}
double max_of(std::span<const double> values) {
  return values.empty() ? kNothing : *std::ranges::max_element(values);
}
// Of the whole population.
double deviation_of(std::span<const double> values) {
  if (values.empty()) return kNothing;
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size()));
}
double count_of(std::span<const double> values) {
  return static_cast<double>(values.size());
}

struct Aggregate {
  std::string_view name;
  double (*of)(std::span<const double>);
  bool missing_is_zero = false;  // across an array
};
// "Missing values are treated as 0" is said of AVG; a missing value adds nothing to a SUM.
constexpr Aggregate kAggregates[] = {{"SUM", sum_of}, {"AVG", mean_of, true},   {"MIN", min_of},
                                     {"MAX", max_of}, {"STDDEV", deviation_of}, {"DATAPOINT_COUNT", count_of}};

std::vector<double> values_of(const Series& series) {
  std::vector<double> values;
  for (const Point& point : series.points) values.push_back(point.value);
  return values;
}

// A number of one series, a series of an array.
Evaluated aggregated(const Call& call, const Aggregate& aggregate) {
  if (const Series* one = call.series(0); one != nullptr && call.arguments.size() == 1) {
    return aggregate.of(values_of(*one));
  }
  const SeriesList* many = call.list(0);
  if (many == nullptr || call.arguments.size() != 1) return call.wrong("a time series or an array of time series");
  std::map<base::TimePoint, std::vector<double>> columns;
  Series out{call.name, many->empty() ? call.scope.period_seconds : 0, {}};
  for (const Series& each : *many) {
    out.period_seconds = std::max(out.period_seconds, each.period_seconds);
    for (const Point& point : each.points) columns[point.at].push_back(point.value);
  }
  for (auto& [at, column] : columns) {
    if (aggregate.missing_is_zero) column.resize(many->size(), 0);
    out.points.push_back({at, aggregate.of(column)});
  }
  return out;
}

// Point by point.

Evaluated pointwise(const Call& call, double (*change)(double)) {
  if (call.arguments.size() != 1) return call.wrong("one argument");
  return each_series(
      std::move(call.arguments[0]),
      [&](Series& series) {
        for (Point& point : series.points) point.value = change(point.value);
        std::erase_if(series.points, [](const Point& point) { return !std::isfinite(point.value); });
      },
      call.name);
}

// From each point and the one before it; the first has none.
Evaluated pairwise(const Call& call, double (*change)(const Point& before, const Point& point)) {
  if (call.arguments.size() != 1) return call.wrong("one argument");
  return each_series(
      std::move(call.arguments[0]),
      [&](Series& series) {
        std::vector<Point> out;
        for (std::size_t i = 1; i < series.points.size(); ++i) {
          out.push_back({series.points[i].at, change(series.points[i - 1], series.points[i])});
        }
        series.points = std::move(out);
      },
      call.name);
}

Evaluated running_sum(const Call& call) {
  if (call.arguments.size() != 1) return call.wrong("one argument");
  return each_series(
      std::move(call.arguments[0]),
      [](Series& series) {
        double sum = 0;
        for (Point& point : series.points) point.value = sum += point.value;
      },
      call.name);
}

// FILL.

std::optional<double> value_at(const Series& series, base::TimePoint at) {
  const auto found = std::ranges::lower_bound(series.points, at, {}, &Point::at);
  return found == series.points.end() || found->at != at ? std::nullopt : std::optional(found->value);
}

double linear(const Point& before, const Point& after, base::TimePoint at) {
  const double share = base::to_seconds(at - before.at) / base::to_seconds(after.at - before.at);
  return before.value + (after.value - before.value) * share;
}

// What stands in for the missing point at `at`; `after` is the first real point behind it. REPEAT needs one before,
// LINEAR one on either side.
std::optional<double> filler(const Value& with, const std::vector<Point>& points, std::size_t after,
                             base::TimePoint at) {
  if (const auto* number = std::get_if<double>(&with)) return *number;
  if (const auto* series = std::get_if<Series>(&with)) return value_at(*series, at);
  if (after == 0) return std::nullopt;
  if (std::get<Text>(with).text == "REPEAT") return points[after - 1].value;
  return after == points.size() ? std::nullopt : std::optional(linear(points[after - 1], points[after], at));
}

void fill_series(Series& series, const Value& with, const Scope& scope) {
  std::vector<Point> out;
  std::size_t next = 0;
  const auto& points = series.points;
  for (const base::TimePoint at : grid(scope, series.period_seconds)) {
    for (; next < points.size() && points[next].at < at; ++next) out.push_back(points[next]);
    if (next < points.size() && points[next].at == at) continue;
    if (const auto value = filler(with, points, next, at)) out.push_back({at, *value});
  }
  for (; next < points.size(); ++next) out.push_back(points[next]);
  series.points = std::move(out);
}

Evaluated fill(const Call& call) {
  if (call.arguments.size() != 2) return call.wrong("two arguments");
  const Value& with = call.arguments[1];
  const Text* word = call.text(1);
  if (call.list(1) != nullptr || (word != nullptr && word->text != "REPEAT" && word->text != "LINEAR")) {
    return call.wrong("a number, a time series, REPEAT or LINEAR as its second argument");
  }
  return each_series(
      std::move(call.arguments[0]), [&](Series& series) { fill_series(series, with, call.scope); }, call.name);
}

// IF.

std::optional<double> choice_at(const Value* choice, base::TimePoint at) {
  if (choice == nullptr) return std::nullopt;
  if (const auto* number = std::get_if<double>(choice)) return *number;
  return value_at(std::get<Series>(*choice), at);
}

// The documented table: a true point without a value becomes 0, a false one without a value is dropped.
Series chosen(const Series& condition, const Value& if_true, const Value* if_false) {
  Series out{condition.label, condition.period_seconds, {}};
  for (const Point& point : condition.points) {
    const bool holds = point.value != 0;
    std::optional<double> value = choice_at(holds ? &if_true : if_false, point.at);
    if (holds && !value) value = kMissingOperand;
    if (value) out.points.push_back({point.at, *value});
  }
  return out;
}

Evaluated choose(const Call& call) {
  const std::size_t count = call.arguments.size();
  if (count != 2 && count != 3) return call.wrong("a condition, a value, and optionally another value");
  for (std::size_t i = 0; i < count; ++i) {
    if (call.series(i) == nullptr && call.number(i) == nullptr) return call.wrong("numbers or single time series");
  }
  const Value* const if_false = count == 3 ? &call.arguments[2] : nullptr;
  if (const Series* condition = call.series(0)) return chosen(*condition, call.arguments[1], if_false);
  if (*call.number(0) != 0) return call.arguments[1];
  return if_false == nullptr ? Value(Series{"", call.scope.period_seconds, {}}) : *if_false;
}

// Of arrays.

Evaluated slice(const Call& call) {
  const SeriesList* list = call.list(0);
  const double* from = call.number(1);
  const double* to = call.number(2);
  const std::size_t count = call.arguments.size();
  if (list == nullptr || from == nullptr || count > 3 || (count == 3 && to == nullptr)) {
    return call.wrong("an array of time series and one or two numbers");
  }
  const auto bound = [&](double number) {
    return static_cast<std::ptrdiff_t>(std::clamp(number, 0.0, static_cast<double>(list->size())));
  };
  const std::ptrdiff_t begin = bound(*from);
  const std::ptrdiff_t end = std::max(begin, to == nullptr ? std::ssize(*list) : bound(*to));
  return SeriesList(list->begin() + begin, list->begin() + end);
}

Evaluated sort(const Call& call) {
  const Text* function = call.text(1);
  const Text* order = call.text(2);
  const double* limit = call.number(3);
  const std::size_t count = call.arguments.size();
  const auto* aggregate =
      std::ranges::find(kAggregates, function == nullptr ? "" : std::string_view(function->text), &Aggregate::name);
  const bool known = aggregate != std::end(kAggregates) && aggregate->of != deviation_of && aggregate->of != count_of;
  if (call.list(0) == nullptr || !known || order == nullptr || (order->text != "ASC" && order->text != "DESC") ||
      count > 4 || (count == 4 && limit == nullptr)) {
    return call.wrong("an array of time series, one of AVG, MIN, MAX and SUM, ASC or DESC, and optionally a number");
  }
  std::vector<std::pair<double, Series>> keyed;
  for (const Series& each : *call.list(0)) keyed.emplace_back(aggregate->of(values_of(each)), each);
  const bool ascending = order->text == "ASC";
  std::ranges::stable_sort(keyed, [&](const auto& a, const auto& b) {  // series without points come last
    if (std::isnan(a.first) || std::isnan(b.first)) return !std::isnan(a.first) && std::isnan(b.first);
    return ascending ? a.first < b.first : a.first > b.first;
  });
  SeriesList out;
  for (auto& [key, series] : keyed) {
    if (limit != nullptr && static_cast<double>(out.size()) >= *limit) break;
    out.push_back(std::move(series));
  }
  return out;
}

Evaluated end_of_list(const Call& call, bool first) {
  const SeriesList* list = call.list(0);
  if (list == nullptr || call.arguments.size() != 1) return call.wrong("an array of time series");
  if (list->empty()) return Series{"", call.scope.period_seconds, {}};
  return first ? list->front() : list->back();
}

Evaluated remove_empty(const Call& call) {
  const SeriesList* list = call.list(0);
  if (list == nullptr || call.arguments.size() != 1) return call.wrong("an array of time series");
  SeriesList out = *list;
  std::erase_if(out, [](const Series& series) { return series.points.empty(); });
  return out;
}

Evaluated metrics(const Call& call) {
  const Text* part = call.text(0);
  if (call.arguments.size() > 1 || (call.arguments.size() == 1 && part == nullptr))
    return call.wrong("no argument or a string");
  return call.scope.metrics(part == nullptr ? "" : part->text);
}

Evaluated search(const Call& call) {
  const Text* query = call.text(0);
  const Text* statistic = call.text(1);
  const double* period = call.number(2);
  if (query == nullptr || statistic == nullptr || call.arguments.size() > 3) {
    return call.wrong("a search, a statistic and a period");
  }
  if (call.arguments.size() == 3 && period == nullptr) return call.wrong("a number as its period");
  if (!call.scope.search) return unsupported("Search expressions here");
  return call.scope.search(query->text, statistic->text,
                           period == nullptr ? call.scope.period_seconds : static_cast<std::int64_t>(*period));
}

// Of time.

Series non_sparse(const Scope& scope, std::int64_t period, const std::function<double(base::TimePoint)>& value) {
  Series out{"", period, {}};
  for (const base::TimePoint at : grid(scope, period)) out.points.push_back({at, value(at)});
  return out;
}

struct Clock {
  std::string_view name;
  double (*read)(base::TimePoint at);
};

std::chrono::sys_days day_of(base::TimePoint at) {
  return std::chrono::sys_days(std::chrono::floor<std::chrono::days>(at.time_since_epoch()));
}
std::chrono::year_month_day date_of(base::TimePoint at) {
  return std::chrono::year_month_day(day_of(at));
}
double minute_of_day(base::TimePoint at) {
  return static_cast<double>(
      std::chrono::floor<std::chrono::minutes>(at.time_since_epoch() - day_of(at).time_since_epoch()).count());
}
// DAY counts from Monday, 1, to Sunday, 7. All of UTC.
constexpr Clock kClocks[] = {
    {"MINUTE", [](base::TimePoint at) { return std::fmod(minute_of_day(at), 60); }},
    {"HOUR", [](base::TimePoint at) { return std::floor(minute_of_day(at) / 60); }},
    {"DAY", [](base::TimePoint at) { return static_cast<double>(std::chrono::weekday(day_of(at)).iso_encoding()); }},
    {"DATE", [](base::TimePoint at) { return static_cast<double>(static_cast<unsigned>(date_of(at).day())); }},
    {"MONTH", [](base::TimePoint at) { return static_cast<double>(static_cast<unsigned>(date_of(at).month())); }},
    {"YEAR", [](base::TimePoint at) { return static_cast<double>(static_cast<int>(date_of(at).year())); }},
    {"EPOCH", [](base::TimePoint at) { return static_cast<double>(base::unix_seconds(at)); }},
};

Evaluated clock(const Call& call, const Clock& clock) {
  const Series* series = call.series(0);
  if (series == nullptr || call.arguments.size() != 1) return call.wrong("a time series");
  return non_sparse(call.scope, series->period_seconds, clock.read);
}

Evaluated time_series(const Call& call) {
  const double* number = call.number(0);
  if (number == nullptr || call.arguments.size() != 1) return call.wrong("a number");
  if (!std::isfinite(*number)) return Series{"", call.scope.period_seconds, {}};
  return non_sparse(call.scope, call.scope.period_seconds, [&](base::TimePoint) { return *number; });
}

Evaluated period(const Call& call) {
  const Series* series = call.series(0);
  if (series == nullptr || call.arguments.size() != 1) return call.wrong("a metric");
  return static_cast<double>(series->period_seconds);
}

Evaluated metric_count(const Call& call) {
  const SeriesList* list = call.list(0);
  if (list == nullptr || call.arguments.size() != 1) return call.wrong("an array of time series");
  return static_cast<double>(list->size());
}

double seconds_between(const Point& before, const Point& point) {
  return base::to_seconds(point.at - before.at);
}

struct Function {
  std::string_view name;
  Evaluated (*call)(const Call&);
};
constexpr Function kFunctions[] = {
    {"ABS", [](const Call& call) { return pointwise(call, [](double value) { return std::fabs(value); }); }},
    {"CEIL", [](const Call& call) { return pointwise(call, [](double value) { return std::ceil(value); }); }},
    {"FLOOR", [](const Call& call) { return pointwise(call, [](double value) { return std::floor(value); }); }},
    {"LOG", [](const Call& call) { return pointwise(call, [](double value) { return std::log(value); }); }},
    {"LOG10", [](const Call& call) { return pointwise(call, [](double value) { return std::log10(value); }); }},
    {"DIFF",
     [](const Call& call) {
       return pairwise(call, [](const Point& before, const Point& point) { return point.value - before.value; });
     }},
    {"DIFF_TIME", [](const Call& call) { return pairwise(call, seconds_between); }},
    {"RATE",
     [](const Call& call) {
       return pairwise(call, [](const Point& before, const Point& point) {
         return (point.value - before.value) / seconds_between(before, point);
       });
     }},
    {"RUNNING_SUM", running_sum},
    {"FILL", fill},
    {"IF", choose},
    {"SLICE", slice},
    {"SORT", sort},
    {"FIRST", [](const Call& call) { return end_of_list(call, true); }},
    {"LAST", [](const Call& call) { return end_of_list(call, false); }},
    {"REMOVE_EMPTY", remove_empty},
    {"METRICS", metrics},
    {"METRIC_COUNT", metric_count},
    {"SEARCH", search},
    {"PERIOD", period},
    {"TIME_SERIES", time_series},
};
constexpr std::string_view kUnsupported[] = {"ANOMALY_DETECTION_BAND", "DB_PERF_INSIGHTS", "INSIGHT_RULE_METRIC",
                                             "LAMBDA", "SERVICE_QUOTA"};

}  // namespace

Evaluated call_function(const std::string& name, std::vector<Value> arguments, const Scope& scope) {
  const Call call{name, arguments, scope};
  const auto named = [&](const auto& each) { return each.name == name; };
  if (const auto* found = std::ranges::find_if(kFunctions, named); found != std::end(kFunctions)) {
    return found->call(call);
  }
  if (const auto* found = std::ranges::find_if(kAggregates, named); found != std::end(kAggregates)) {
    return aggregated(call, *found);
  }
  if (const auto* found = std::ranges::find_if(kClocks, named); found != std::end(kClocks)) {
    return clock(call, *found);
  }
  if (std::ranges::find(kUnsupported, name) != std::end(kUnsupported)) return unsupported(name + " expressions");
  return problem("unknown function " + name + ".");
}

}  // namespace cloudwatch::math
