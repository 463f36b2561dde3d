#pragma once

#include <functional>
#include <string>

#include "cloudwatch/math/expression.h"
#include "cloudwatch/math/value.h"

namespace cloudwatch::math {

// What an expression can see: the other queries' values and the time it is asked for.
struct Scope {
  base::TimePoint from{};  // start of the first period
  base::TimePoint to{};    // exclusive
  std::int64_t period_seconds = 60;
  std::function<const Value*(const std::string& id)> find;           // null: there is none
  std::function<SeriesList(const std::string& part_of_id)> metrics;  // METRICS()
  std::function<Evaluated(const std::string& query, const std::string& statistic, std::int64_t period)> search;
};

// Points whose value is no finite number are dropped: a division by zero, the logarithm of zero. With series that have
// no points it still finds every mistake of types, which is how expressions are checked before they are stored.
Evaluated evaluate(const Node& node, const Scope& scope);

// By name, with evaluated arguments.
Evaluated call_function(const std::string& name, std::vector<Value> arguments, const Scope& scope);

// What an operand that has no point at a timestamp at which the other one has counts as. "Missing values in a time
// series are treated as 0" is the guide's word; reports of gaps in such results exist, but no capture.
inline constexpr double kMissingOperand = 0;

// `combine` for every pair of points, series by series; numbers meet every point.
Evaluated combined(const Value& left, const Value& right, double (*combine)(double, double), std::string_view name);
// `change` of every series of a value; numbers are refused, with `name` in the text.
Evaluated each_series(Value value, const std::function<void(Series&)>& change, std::string_view name);

}  // namespace cloudwatch::math
