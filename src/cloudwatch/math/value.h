#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/time.h"

// What metric math computes with ("Using metric math", data type abbreviations).
namespace cloudwatch::math {

struct Point {
  base::TimePoint at;  // start of the period
  double value;
  friend bool operator==(const Point&, const Point&) = default;
};

// TS. Points are in order of time, one per timestamp; a period without a point is missing.
struct Series {
  std::string label;
  std::int64_t period_seconds = 60;
  std::vector<Point> points;
};
using SeriesList = std::vector<Series>;  // TS[]

// A string, or a word such as REPEAT and DESC.
struct Text {
  std::string text;
};

using Value = std::variant<double, Series, SeriesList, Text>;  // S, TS, TS[]

struct Problem {
  std::string text;
  bool unsupported = false;  // AWS has it, renkei does not
};
using Evaluated = std::expected<Value, Problem>;

inline std::unexpected<Problem> problem(std::string text) {
  return std::unexpected(Problem{std::move(text)});
}
inline std::unexpected<Problem> unsupported(std::string_view what) {
  return std::unexpected(Problem{std::string(what) + " are not supported by renkei yet.", true});
}

}  // namespace cloudwatch::math
