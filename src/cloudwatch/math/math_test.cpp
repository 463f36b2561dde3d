// Metric math, by the rules and examples of the guide's "Using metric math" (R3.58).

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>

#include "cloudwatch/math/evaluate.h"

namespace {

namespace math = cloudwatch::math;
using math::Series;
using math::SeriesList;
using math::Value;

const base::TimePoint kStart = base::from_unix_seconds(1'800'000'000);  // Friday, 2027-01-15T08:00:00Z
constexpr double kGap = -999;

base::TimePoint minute(std::size_t index) {
  return kStart + std::chrono::minutes(index);
}

Series series(std::initializer_list<double> values) {
  Series out;
  std::size_t index = 0;
  for (const double value : values) {
    if (value != kGap) out.points.push_back({minute(index), value});
    ++index;
  }
  return out;
}

class MetricMath : public ::testing::Test {
 protected:
  math::Evaluated run(std::string_view expression, std::size_t minutes = 5) {
    math::Scope scope;
    scope.from = kStart;
    scope.to = minute(minutes);
    scope.find = [this](const std::string& id) -> const Value* {
      const auto found = values_.find(id);
      return found == values_.end() ? nullptr : &found->second;
    };
    scope.metrics = [this](const std::string& part) {
      SeriesList list;
      for (const auto& [id, value] : values_) {
        if (id.find(part) != std::string::npos) list.push_back(std::get<Series>(value));
      }
      return list;
    };
    const auto node = math::parse(expression);
    if (!node) return std::unexpected(node.error());
    return evaluate(*node, scope);
  }
  static std::string shown(const Series& one, std::size_t minutes) {
    std::string text;
    for (std::size_t i = 0; i < minutes; ++i) {
      const auto found = std::ranges::find(one.points, minute(i), &math::Point::at);
      std::array<char, 32> number{};
      if (found != one.points.end()) std::snprintf(number.data(), number.size(), "%g", found->value);
      text += (i == 0 ? "" : " ") + std::string(found == one.points.end() ? "-" : number.data());
    }
    return text;
  }
  // "1 2 - 4": the result minute by minute; arrays with " | "; numbers as they are; "error: …".
  std::string result(std::string_view expression, std::size_t minutes = 5) {
    const auto value = run(expression, minutes);
    if (!value) return "error: " + value.error().text;
    if (const auto* number = std::get_if<double>(&*value)) return "= " + std::to_string(*number);
    if (const auto* one = std::get_if<Series>(&*value)) return shown(*one, minutes);
    std::string text = "[";
    for (const Series& each : std::get<SeriesList>(*value)) {
      text += (text.size() > 1 ? " | " : "") + shown(each, minutes);
    }
    return text + "]";
  }

  std::map<std::string, Value> values_;
};

TEST_F(MetricMath, ArithmeticAndPrecedence) {
  values_ = {{"m1", series({1, 2, 3})}, {"m2", series({10, 20, 30})}};
  EXPECT_EQ(result("m1 + m2 * 2", 3), "21 42 63");
  EXPECT_EQ(result("(m1 + m2) * 2", 3), "22 44 66");
  EXPECT_EQ(result("-m1 ^ 2", 3), "-1 -4 -9");
  EXPECT_EQ(result("2 ^ 3 ^ 2"), "= 512.000000");
  EXPECT_EQ(result("m2 / 10 - m1", 3), "0 0 0");
  EXPECT_EQ(result("100/[m1, m2]", 3), "[100 50 33.3333 | 10 5 3.33333]");
  EXPECT_EQ(result("-[m1, m2]", 1), "[-1 | -10]");
  EXPECT_EQ(result("1.5e2 * m1", 2), "150 300");
}

TEST_F(MetricMath, R3_58_MissingOperandsAreZeroAndDivisionsByZeroDrop) {
  values_ = {{"m1", series({100, kGap, 100, kGap})}, {"m2", series({2, 4, 0, kGap})}};
  EXPECT_EQ(result("m1 / m2", 4), "50 0 - -") << "a missing dividend is 0; a zero or missing divisor drops the point";
  EXPECT_EQ(result("m1 + m2", 4), "102 4 100 -");
  values_["m2"] = series({kGap, kGap, kGap, kGap});
  EXPECT_EQ(result("m1 / m2", 4), "- - - -") << "no tasks, no backlog per task";
}

TEST_F(MetricMath, ComparisonAndLogicalOperatorsTable) {
  values_ = {{"metric1", series({30, 20, 0, 0})}, {"metric2", series({20, kGap, 20, kGap})}};
  EXPECT_EQ(result("(metric1 < metric2)", 4), "0 0 1 0");
  EXPECT_EQ(result("(metric1 >= 30)", 4), "1 0 0 0");
  EXPECT_EQ(result("(metric1 > 15 AND metric2 > 15)", 4), "1 0 0 0");
  EXPECT_EQ(result("metric1 > 15 && metric2 > 15", 4), "1 0 0 0");
  EXPECT_EQ(result("metric1 > 15 OR metric2 > 15", 4), "1 1 1 0");
  EXPECT_EQ(result("metric1 == 20 || metric1 != 30", 4), "0 1 1 1");
  EXPECT_EQ(result("2 <= 2"), "= 1.000000");
}

TEST_F(MetricMath, IfTables) {
  values_ = {{"metric1", series({1, 1, 0, 0, kGap})},
             {"metric2", series({30, kGap, 0, 0, 30})},
             {"metric3", series({0, 0, 20, kGap, 20})}};
  EXPECT_EQ(result("IF(metric1, metric2, metric3)"), "30 0 20 - -");
  EXPECT_EQ(result("IF(metric1, 5, metric3)"), "5 5 20 - -");
  EXPECT_EQ(result("IF(metric1, metric2, 5)"), "30 0 5 5 -");
  EXPECT_EQ(result("IF(metric1, metric2)"), "30 0 - - -");
  EXPECT_EQ(result("IF(1, metric2, metric3)"), "30 - 0 0 30");
  EXPECT_EQ(result("IF(0, metric2)"), "- - - - -");
  EXPECT_EQ(result("IF(metric2 < 10, 10, 2)"), "2 - 10 10 2");
}

TEST_F(MetricMath, R1_25_TheWaysAroundZeroTasks) {
  values_ = {{"m1", series({50, 60, 70})}, {"m2", series({0, 0, 2})}};
  EXPECT_EQ(result("m1 / m2", 3), "- - 35");
  EXPECT_EQ(result("IF(m2 > 0, m1 / m2, m1)", 3), "50 60 35");
  values_["m2"] = series({kGap, kGap, 2});
  EXPECT_EQ(result("IF(m2 > 0, m1 / m2, m1)", 3), "- - 35") << "a metric that is not there has no condition either";
  EXPECT_EQ(result("IF(FILL(m2, 0) > 0, m1 / m2, m1)", 3), "50 60 35");
}

TEST_F(MetricMath, Fill) {
  values_ = {{"m1", series({kGap, 2, kGap, kGap, 8, kGap})}, {"m2", series({1, 1, 7, kGap, 1, 1})}};
  EXPECT_EQ(result("FILL(m1, 0)", 6), "0 2 0 0 8 0");
  EXPECT_EQ(result("FILL(m1, REPEAT)", 6), "- 2 2 2 8 8");
  EXPECT_EQ(result("FILL(m1, LINEAR)", 6), "- 2 4 6 8 -");
  EXPECT_EQ(result("FILL(m1, m2)", 6), "1 2 7 - 8 1");
  EXPECT_EQ(result("FILL(m1, MIN(m1))", 6), "2 2 2 2 8 2");
  EXPECT_EQ(result("FILL(METRICS(), 0)", 6), "[0 2 0 0 8 0 | 1 1 7 0 1 1]");
  values_["m1"] = series({});
  EXPECT_EQ(result("FILL(m1, 3)", 3), "3 3 3");
}

TEST_F(MetricMath, AggregatesOfOneSeriesAreNumbers) {
  values_ = {{"m1", series({1, kGap, 2, 3, 6})}};
  EXPECT_EQ(result("SUM(m1)"), "= 12.000000");
  EXPECT_EQ(result("AVG(m1)"), "= 3.000000");
  EXPECT_EQ(result("MIN(m1) + MAX(m1)"), "= 7.000000");
  EXPECT_EQ(result("DATAPOINT_COUNT(m1)"), "= 4.000000");
  EXPECT_EQ(result("STDDEV(m1) ^ 2"), "= 3.500000");
  EXPECT_EQ(result("m1 - AVG(m1)"), "-2 - -1 0 3");
}

TEST_F(MetricMath, AggregatesOfArraysAreSeries) {
  values_ = {{"errors1", series({1, kGap, 3})}, {"errors2", series({5, 4, kGap})}, {"requests", series({10, 10, 10})}};
  EXPECT_EQ(result("SUM(METRICS(\"errors\"))/SUM(METRICS(\"requests\"))*100", 3), "60 40 30");
  EXPECT_EQ(result("AVG([errors1, errors2])", 3), "3 2 1.5") << "missing values are treated as 0";
  EXPECT_EQ(result("MAX([errors1, errors2])", 3), "5 4 3");
  EXPECT_EQ(result("MIN([errors1, errors2])", 3), "1 4 3");
  EXPECT_EQ(result("DATAPOINT_COUNT([errors1, errors2])", 3), "2 1 1");
  EXPECT_EQ(result("SUM([METRICS('1'), METRICS('2')])", 3), "6 4 3");
  EXPECT_EQ(result("requests/METRIC_COUNT(METRICS())", 1), "3.33333");
}

TEST_F(MetricMath, ChangesFromPointToPoint) {
  values_ = {{"m1", series({1, kGap, 5, 2})}};
  EXPECT_EQ(result("DIFF(m1)", 4), "- - 4 -3");
  EXPECT_EQ(result("DIFF_TIME(m1)", 4), "- - 120 60");
  EXPECT_EQ(result("RATE(m1) * 60", 4), "- - 2 -3");
  EXPECT_EQ(result("RUNNING_SUM(m1)", 4), "1 - 6 8");
  EXPECT_EQ(result("ABS(DIFF(m1))", 4), "- - 4 3");
}

TEST_F(MetricMath, OfEachPoint) {
  values_ = {{"m1", series({1.5, -1.5, 0, 100})}};
  EXPECT_EQ(result("CEIL(m1)", 4), "2 -1 0 100");
  EXPECT_EQ(result("FLOOR(m1)", 4), "1 -2 0 100");
  EXPECT_EQ(result("LOG10(m1)", 4), "0.176091 - - 2");
  EXPECT_EQ(result("LOG(m1) - LOG(m1)", 1), "0");
}

TEST_F(MetricMath, SortsAndSlices) {
  values_ = {{"m1", series({1, 1})}, {"m2", series({9, 9})}, {"m3", series({5, 5})}, {"m4", series({})}};
  EXPECT_EQ(result("SORT(METRICS(), AVG, DESC)", 2), "[9 9 | 5 5 | 1 1 | - -]");
  EXPECT_EQ(result("SORT(METRICS(), MAX, ASC, 2)", 2), "[1 1 | 5 5]");
  EXPECT_EQ(result("SLICE(SORT(METRICS(), SUM, DESC), 1, 3)", 2), "[5 5 | 1 1]");
  EXPECT_EQ(result("SLICE(METRICS(), 2)", 2), "[5 5 | - -]");
  EXPECT_EQ(result("FIRST(SORT(METRICS(), AVG, DESC)) > 5", 2), "1 1");
  EXPECT_EQ(result("LAST(REMOVE_EMPTY(METRICS()))", 2), "5 5");
}

TEST_F(MetricMath, Time) {
  values_ = {{"m1", series({1, kGap, 1})}};
  EXPECT_EQ(result("MINUTE(m1)", 3), "0 1 2");
  EXPECT_EQ(result("HOUR(m1)", 1), "8");
  EXPECT_EQ(result("DAY(m1)", 1), "5");
  EXPECT_EQ(result("DATE(m1) + MONTH(m1) * 100 + YEAR(m1) * 10000 - 20270000", 1), "115");
  EXPECT_EQ(result("EPOCH(m1) - 1800000000", 2), "0 60");
  EXPECT_EQ(result("IF(DAY(m1) < 6, m1)", 3), "1 0 1");
  EXPECT_EQ(result("m1 / PERIOD(m1) * 60", 3), "1 - 1");
  EXPECT_EQ(result("TIME_SERIES(MAX(m1) + 1)", 3), "2 2 2");
}

TEST_F(MetricMath, MistakesAreNamed) {
  values_ = {{"m1", series({1})}, {"m2", series({1})}};
  EXPECT_EQ(result("m1 +"), "error: expected a value at position 5.");
  EXPECT_EQ(result("(m1"), "error: expected ')' at position 4.");
  EXPECT_EQ(result("m1 m2"), "error: expected an operator or the end at position 4.");
  EXPECT_EQ(result("sum(m1)"), "error: the function sum must be written in uppercase letters.");
  EXPECT_EQ(result("MEDIAN(m1)"), "error: unknown function MEDIAN.");
  EXPECT_EQ(result("m3 + 1"), "error: there is no query with the id m3.");
  EXPECT_EQ(result("[m1, m2] + [m2, m1]"), "error: the operator + can't be used with two arrays of time series.");
  EXPECT_EQ(result("'a' + m1"), "error: the operator + can't be used with text.");
  EXPECT_EQ(result("FILL(m1, ZERO)"),
            "error: the function FILL needs a number, a time series, REPEAT or LINEAR as its second argument.");
  EXPECT_EQ(result("IF(METRICS(), 1)"), "error: the function IF needs numbers or single time series.");
  EXPECT_EQ(result("SERVICE_QUOTA(m1)"), "error: SERVICE_QUOTA expressions are not supported by renkei yet.");
  EXPECT_EQ(result(std::string(100'000, '(')), "error: the expression is nested too deeply.");
  EXPECT_EQ(result(std::string(100'000, '-')), "error: the expression is nested too deeply.");
  EXPECT_EQ(result(""), "error: expected a value at position 1.");
  EXPECT_EQ(result("[1]"), "error: an array can only hold time series.");
}

TEST_F(MetricMath, NamesWhatItReads) {
  const auto node = math::parse("IF(m2 > 0, SUM([m1, m3]) / PERIOD(m1), SEARCH('x', 'Sum', 60))");
  ASSERT_TRUE(node);
  EXPECT_EQ(math::ids_of(*node), (std::set<std::string>{"m1", "m2", "m3"}));
  EXPECT_TRUE(math::calls(*node, "SEARCH"));
  EXPECT_FALSE(math::calls(*node, "METRICS"));
}

}  // namespace
