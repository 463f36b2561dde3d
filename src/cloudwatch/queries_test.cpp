// Metric math through the API: GetMetricData, and alarms that watch an expression.

#include <gtest/gtest.h>

#include "api/cloudwatch/operations.h"
#include "cloudwatch/service.h"
#include "service/world_for_test.h"

namespace {

namespace cw = api::cloudwatch;
using std::chrono::minutes;
using std::chrono::seconds;

const base::TimePoint kStart = base::from_unix_seconds(1'800'000'000);

struct NoActions : cloudwatch::AlarmActions {
  bool runs(std::string_view) const override { return false; }
  std::expected<void, std::string> run(const std::string&, const cloudwatch::AlarmSignal&, service::Context&) override {
    return {};
  }
};

cw::MetricDataQuery metric(const std::string& id, const std::string& name, const std::string& stat = "Average",
                           std::int64_t period = 60) {
  cw::MetricDataQuery query;
  query.id = id;
  query.return_data = false;
  auto& wanted = query.metric_stat.emplace();
  wanted.metric.namespace_ = "Test";
  wanted.metric.metric_name = name;
  wanted.period = period;
  wanted.stat = stat;
  return query;
}

cw::MetricDataQuery expression(const std::string& id, const std::string& text, bool returned = true) {
  cw::MetricDataQuery query;
  query.id = id;
  query.expression = text;
  query.return_data = returned;
  return query;
}

class QueriesTest : public ::testing::Test {
 protected:
  QueriesTest() : service_(cloudwatch::make_service(actions_)) { world_.add(*service_); }

  void put(const std::string& name, double value, base::TimePoint at,
           std::optional<std::vector<cw::Dimension>> dimensions = {}) {
    cw::PutMetricDataInput input;
    input.namespace_ = "Test";
    cw::MetricDatum datum;
    datum.metric_name = name;
    datum.value = value;
    datum.timestamp = at;
    datum.dimensions = std::move(dimensions);
    input.metric_data = std::vector{datum};
    ASSERT_TRUE(world_.run<cw::PutMetricData>(input));
  }
  static cw::GetMetricDataInput asking(std::vector<cw::MetricDataQuery> queries, int span = 5) {
    cw::GetMetricDataInput input;
    input.start_time = kStart;
    input.end_time = kStart + minutes(span);
    input.scan_by = "TimestampAscending";
    input.metric_data_queries = std::move(queries);
    return input;
  }
  std::vector<cw::MetricDataResult> results(std::vector<cw::MetricDataQuery> queries, int span = 5) {
    const auto answer = world_.run<cw::GetMetricData>(asking(std::move(queries), span));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *answer->metric_data_results : std::vector<cw::MetricDataResult>{};
  }
  template <class Op>
  std::string refusal(typename Op::Input input) {
    const auto outcome = world_.run<Op>(std::move(input));
    if (outcome) return "accepted";
    return std::string(outcome.error().shape->query_code) + ": " + outcome.error().message;
  }
  std::string refusal(std::vector<cw::MetricDataQuery> queries) {
    return refusal<cw::GetMetricData>(asking(std::move(queries)));
  }
  static cw::PutMetricAlarmInput alarm(std::vector<cw::MetricDataQuery> queries) {
    cw::PutMetricAlarmInput input;
    input.alarm_name = "backlog";
    input.metrics = std::move(queries);
    input.evaluation_periods = 3;
    input.threshold = 10;
    input.comparison_operator = "GreaterThanThreshold";
    return input;
  }
  std::string refusal_of_alarm(std::vector<cw::MetricDataQuery> queries) {
    return refusal<cw::PutMetricAlarm>(alarm(std::move(queries)));
  }
  cw::MetricAlarm shown() { return world_.run<cw::DescribeAlarms>({})->metric_alarms->at(0); }

  NoActions actions_;
  service::WorldForTest world_{kStart};
  std::unique_ptr<cloudwatch::Service> service_;
};

TEST_F(QueriesTest, ExpressionsOverMetricsAndEachOther) {
  for (int i = 0; i < 3; ++i) {
    put("visible", 100 * (i + 1), kStart + minutes(i));
    if (i != 1) put("tasks", 2, kStart + minutes(i));
  }
  const auto found = results({expression("e2", "e1 * 10"), metric("m1", "visible", "Sum"), metric("m2", "tasks"),
                              expression("e1", "m1 / m2", false)});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].id, "e2");
  EXPECT_EQ(found[0].label, "e2");
  EXPECT_EQ(*found[0].values, (std::vector<double>{500, 1500})) << "R3.58: no tasks, no point";
  EXPECT_EQ(*found[0].timestamps, (std::vector<base::TimePoint>{kStart, kStart + minutes(2)}));
}

TEST_F(QueriesTest, AnArrayIsOneResultForEachSeries) {
  put("a", 1, kStart);
  put("b", 2, kStart);
  auto filled = expression("e1", "FILL(METRICS(), 0)");
  filled.label = "Filled:";
  const auto found = results({metric("m1", "a"), metric("m2", "b"), filled}, 2);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].label, "Filled: a");
  EXPECT_EQ(found[1].id, "e1");
  EXPECT_EQ(*found[1].values, (std::vector<double>{2, 0}));
}

TEST_F(QueriesTest, Searches) {
  put("Errors", 3, kStart, std::vector<cw::Dimension>{{"Function", "ProjectA"}});
  put("Errors", 4, kStart, std::vector<cw::Dimension>{{"Function", "ProjectB"}});
  put("Invocations", 9, kStart, std::vector<cw::Dimension>{{"Function", "ProjectB"}});
  put("Errors", 50, kStart);
  const auto sum = results({expression("e1", "SUM(SEARCH('{Test, Function} MetricName=\"Errors\"', 'Sum', 60))")});
  EXPECT_EQ(*sum.at(0).values, std::vector<double>{7});
  const auto found =
      results({expression("e1", "SEARCH('{Test, Function} MetricName=\"Errors\" NOT ProjectA', 'Sum', 60)")});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].label, "e1 Errors ProjectB");
  EXPECT_EQ(refusal({expression("e1", "SEARCH('(a', 'Sum', 60)")}),
            "ValidationError: Error in expression 'e1': the search can't be read at position 3.");
}

TEST_F(QueriesTest, RefusesWhatDoesNotFit) {
  EXPECT_EQ(refusal({expression("e1", "m9 + 1")}),
            "ValidationError: Error in expression 'e1': there is no query with the id m9.");
  EXPECT_EQ(refusal({expression("e1", "e2 + 1"), expression("e2", "e1 + 1")}),
            "ValidationError: Error in expression 'e1': it refers to itself.");
  EXPECT_EQ(refusal({metric("m1", "a"), expression("e1", "AVG(m1)")}),
            "ValidationError: Error in expression 'e1': its result must be a time series or an array of time series.");
  EXPECT_EQ(refusal({expression("e1", "SELECT AVG(CPU) FROM \"AWS/ECS\"")}),
            "UnsupportedOperation: Metrics Insights queries are not supported by renkei yet.");
  EXPECT_EQ(refusal({metric("m1", "a"), expression("e1", "ANOMALY_DETECTION_BAND(m1)")}),
            "UnsupportedOperation: ANOMALY_DETECTION_BAND expressions are not supported by renkei yet.");
  EXPECT_EQ(refusal({metric("m1", "a"), metric("m1", "b")}),
            "ValidationError: The values for parameter id in MetricDataQueries are not unique.");
  EXPECT_EQ(refusal({metric("m1", "a", "p101")}),
            "ValidationError: The value p101 for parameter MetricDataQueries.MetricStat.Stat is invalid.");
}

TEST_F(QueriesTest, R3_10_AlarmsOnMetricMath) {
  const std::vector<cw::MetricDataQuery> queries{metric("m1", "visible", "Sum"), metric("m2", "tasks"),
                                                 expression("e1", "m1 / m2")};
  ASSERT_EQ(refusal_of_alarm(queries), "accepted");
  for (int i = 0; i < 5; ++i) {
    put("visible", 100, world_.now);
    put("tasks", 4, world_.now);
    world_.advance(minutes(1));
  }
  const cw::MetricAlarm seen = shown();
  EXPECT_EQ(seen.state_value, "ALARM");
  EXPECT_EQ(seen.metrics, queries);
  EXPECT_FALSE(seen.metric_name);
  EXPECT_FALSE(seen.period);
  EXPECT_FALSE(seen.statistic);
  const std::string& data = *seen.state_reason_data;
  EXPECT_NE(data.find("\"period\":60,\"recentDatapoints\":[25.0,25.0,25.0]"), std::string::npos) << data;
  EXPECT_EQ(data.find("statistic"), std::string::npos)
      << "math alarms have neither statistic nor sampleCount: " << data;
  EXPECT_EQ(data.find("sampleCount"), std::string::npos) << data;
  const auto history = *world_.run<cw::DescribeAlarmHistory>({})->alarm_history_items;
  EXPECT_NE(history.back().history_data->find(
                R"("metrics":[{"id":"m1","metricStat":{"metric":{"dimensions":{},"name":"visible","namespace":"Test"},)"
                R"("period":60,"stat":"Sum"},"returnData":false})"),
            std::string::npos)
      << *history.back().history_data;
}

TEST_F(QueriesTest, R7_3_BacklogPerTaskOfNoTasksIsInsufficientData) {
  ASSERT_EQ(refusal_of_alarm({metric("m1", "visible"), metric("m2", "tasks"), expression("e1", "m1 / m2")}),
            "accepted");
  for (int i = 0; i < 8; ++i) {
    put("visible", 100, world_.now);
    put("tasks", 0, world_.now);
    world_.advance(minutes(1));
  }
  EXPECT_EQ(shown().state_value, "INSUFFICIENT_DATA");
}

TEST_F(QueriesTest, FillHidesTheNewestMinuteThatComesLate) {
  // R3.58: the newest minute is always the fill value, so the alarm is stuck in OK however high the metric is.
  ASSERT_EQ(refusal_of_alarm({metric("m1", "visible"), expression("e1", "FILL(m1, 0)")}), "accepted");
  for (int i = 0; i < 10; ++i) {
    world_.advance(minutes(1));
    put("visible", 100, world_.now - minutes(3));
  }
  EXPECT_EQ(shown().state_value, "OK");
}

TEST_F(QueriesTest, R3_10_AlarmsThatAreRefused) {
  EXPECT_EQ(refusal_of_alarm({metric("m1", "a"), metric("m2", "b")}),
            "ValidationError: Exactly one element of the metrics list should return data.");
  EXPECT_EQ(refusal_of_alarm({metric("m1", "a"), expression("e1", "SUM(SEARCH('x', 'Sum', 60)) + m1")}),
            "ValidationError: Error in expression 'e1': SEARCH is not allowed in alarms.");
  EXPECT_EQ(refusal_of_alarm({metric("m1", "a"), metric("m2", "b", "Sum", 300), expression("e1", "m1 + m2")}),
            "ValidationError: All metrics of an alarm must have the same period.");
  EXPECT_EQ(refusal_of_alarm({metric("m1", "a"), expression("e1", "METRICS()")}),
            "ValidationError: Error in expression 'e1': its result must be a single time series.");
  std::vector<cw::MetricDataQuery> many;
  for (int i = 0; i < 11; ++i) many.push_back(metric("m" + std::to_string(i), "a"));
  many.push_back(expression("e1", "SUM(METRICS())"));
  EXPECT_EQ(refusal_of_alarm(many),
            "ValidationError: The metrics list of an alarm can have at most 10 metrics and 10 expressions.");
  auto both = alarm({metric("m1", "a"), expression("e1", "m1 * 2")});
  both.metric_name = "a";
  EXPECT_EQ(refusal<cw::PutMetricAlarm>(both),
            "ValidationError: Metrics list and MetricName can't be specified together.");
}

TEST_F(QueriesTest, R3_52_PercentilesAndTrimmedStatistics) {
  for (int i = 1; i <= 100; ++i) put("latency", i, kStart);
  const auto value = [&](const std::string& stat) {
    auto query = metric("m1", "latency", stat);
    query.return_data = true;
    const auto found = results({query});
    return found.at(0).values->empty() ? -1 : found.at(0).values->at(0);
  };
  EXPECT_EQ(value("p50"), 50);
  EXPECT_EQ(value("p99"), 99);
  EXPECT_EQ(value("p99.9"), 100);
  EXPECT_EQ(value("tm90"), 45.5);
  EXPECT_EQ(value("TM(2%:98%)"), 50.5);
  EXPECT_EQ(value("IQM"), 50.5);
  EXPECT_EQ(value("tc90"), 90);
  EXPECT_EQ(value("TC(10:20)"), 10) << "the lower bound is exclusive, the upper one inclusive";
  EXPECT_EQ(value("TS(98:)"), 199);
  EXPECT_EQ(value("PR(:30)"), 30);
  EXPECT_EQ(value("wm98"), (98 * 99 / 2.0 + 98 * 2) / 100);
  put("signed", -1, kStart);
  auto query = metric("m1", "signed", "p50");
  query.return_data = true;
  EXPECT_TRUE(results({query}).at(0).values->empty()) << "R3.53: not of negative values";
}

TEST_F(QueriesTest, R3_53_NoPercentilesOfStatisticSets) {
  cw::PutMetricDataInput input;
  input.namespace_ = "Test";
  cw::MetricDatum datum;
  datum.metric_name = "set";
  datum.statistic_values = cw::StatisticSet{.maximum = 9, .minimum = 1, .sample_count = 3, .sum = 12};
  input.metric_data = std::vector{datum};
  ASSERT_TRUE(world_.run<cw::PutMetricData>(input));
  auto query = metric("m1", "set", "p50");
  query.return_data = true;
  EXPECT_TRUE(results({query}).at(0).values->empty());
  input.metric_data->at(0).metric_name = "same";
  input.metric_data->at(0).statistic_values =
      cw::StatisticSet{.maximum = 4, .minimum = 4, .sample_count = 3, .sum = 12};
  ASSERT_TRUE(world_.run<cw::PutMetricData>(input));
  query.metric_stat->metric.metric_name = "same";
  EXPECT_EQ(*results({query}).at(0).values, std::vector<double>{4}) << "Min and Max are equal";
}

TEST_F(QueriesTest, R3_8_PercentileAlarmsCanIgnoreFewSamples) {
  cw::PutMetricAlarmInput input;
  input.alarm_name = "slow";
  input.namespace_ = "Test";
  input.metric_name = "latency";
  input.extended_statistic = "p90";
  input.period = 60;
  input.evaluation_periods = 1;
  input.threshold = 10;
  input.comparison_operator = "GreaterThanThreshold";
  input.evaluate_low_sample_count_percentile = "ignore";
  ASSERT_EQ(refusal<cw::PutMetricAlarm>(input), "accepted");
  const auto minute = [&](int samples) {
    for (int i = 0; i < samples; ++i) put("latency", 50, world_.now);
    world_.advance(minutes(1));
  };
  for (int i = 0; i < 4; ++i) minute(99);
  EXPECT_EQ(shown().state_value, "INSUFFICIENT_DATA") << "10 / (1 - 0.9) = 100 samples are needed";
  for (int i = 0; i < 3; ++i) minute(100);
  EXPECT_EQ(shown().state_value, "ALARM");
  EXPECT_EQ(shown().extended_statistic, "p90");
  EXPECT_FALSE(shown().statistic);
}

}  // namespace
