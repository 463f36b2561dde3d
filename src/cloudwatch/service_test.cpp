#include "cloudwatch/service.h"

#include <gtest/gtest.h>

#include "api/cloudwatch/operations.h"
#include "service/world_for_test.h"

namespace {

namespace cw = api::cloudwatch;
using std::chrono::minutes;
using std::chrono::seconds;

const base::TimePoint kStart = base::from_unix_seconds(1'800'000'000);  // 2027-01-15T08:00:00Z
constexpr const char* kPolicy =
    "arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:p:resource/ecs/service/c/s:policyName/n:createdBy/x";

struct Actions : cloudwatch::AlarmActions {
  bool runs(std::string_view arn) const override { return arn.starts_with("arn:aws:autoscaling:"); }
  std::expected<void, std::string> run(const std::string& arn, const cloudwatch::AlarmSignal& signal,
                                       service::Context&) override {
    runs_seen.push_back(signal.alarm_name + " " + arn.substr(arn.rfind('/') + 1));
    last = signal;
    if (!failure.empty()) return std::unexpected(failure);
    return {};
  }
  std::vector<std::string> runs_seen;
  cloudwatch::AlarmSignal last{};
  std::string failure;
};

class CloudWatchTest : public ::testing::Test {
 protected:
  CloudWatchTest() : service_(cloudwatch::make_service(actions_)) { world_.add(*service_); }

  static cw::PutMetricAlarmInput alarm(const std::string& name) {
    cw::PutMetricAlarmInput input;
    input.alarm_name = name;
    input.namespace_ = "Test";
    input.metric_name = "depth";
    input.statistic = "Average";
    input.period = 60;
    input.evaluation_periods = 3;
    input.threshold = 10;
    input.comparison_operator = "GreaterThanThreshold";
    input.alarm_actions = std::vector<std::string>{kPolicy};
    return input;
  }
  void put(double value, base::TimePoint at) {
    cw::PutMetricDataInput input;
    input.namespace_ = "Test";
    cw::MetricDatum datum;
    datum.metric_name = "depth";
    datum.value = value;
    datum.timestamp = at;
    input.metric_data = std::vector{datum};
    const auto done = world_.run<cw::PutMetricData>(input);
    ASSERT_TRUE(done) << done.error().message;
  }
  std::string state(const std::string& name) {
    cw::DescribeAlarmsInput input;
    input.alarm_names = std::vector{name};
    return *world_.run<cw::DescribeAlarms>(input)->metric_alarms->at(0).state_value;
  }
  std::vector<std::string> history() {
    std::vector<std::string> lines;
    const auto answer = world_.run<cw::DescribeAlarmHistory>({});
    for (const auto& item : *answer->alarm_history_items) {
      lines.push_back(*item.history_item_type + ": " + *item.history_summary);
    }
    return lines;
  }
  // The code and text of the refusal.
  template <class Op>
  std::string refusal(typename Op::Input input) {
    const auto outcome = world_.run<Op>(std::move(input));
    if (outcome) return "accepted";
    return std::string(outcome.error().shape->query_code) + ": " + outcome.error().message;
  }

  Actions actions_;
  service::WorldForTest world_{kStart};
  std::unique_ptr<cloudwatch::Service> service_;
};

TEST_F(CloudWatchTest, AlarmFollowsItsMetric) {
  ASSERT_TRUE(world_.run<cw::PutMetricAlarm>(alarm("deep")));
  EXPECT_EQ(state("deep"), "INSUFFICIENT_DATA");
  for (int minute = 0; minute < 5; ++minute) {
    put(20, world_.now);
    world_.advance(minutes(1));
  }
  EXPECT_EQ(state("deep"), "ALARM");
  for (int minute = 0; minute < 3; ++minute) {
    put(1, world_.now);
    world_.advance(minutes(1));
  }
  EXPECT_EQ(state("deep"), "OK");
  EXPECT_EQ(history(), (std::vector<std::string>{"StateUpdate: Alarm updated from ALARM to OK",
                                                 std::string("Action: Successfully executed action ") + kPolicy,
                                                 "StateUpdate: Alarm updated from INSUFFICIENT_DATA to ALARM",
                                                 "ConfigurationUpdate: Alarm \"deep\" created"}));
}

TEST_F(CloudWatchTest, AutoScalingActionsRepeatEveryMinute) {
  ASSERT_TRUE(world_.run<cw::PutMetricAlarm>(alarm("deep")));
  for (int minute = 0; minute < 14; ++minute) {
    put(20, world_.now);
    world_.advance(minutes(1));
  }
  // The third point settles after 3 min 10 s, and the alarm's own second comes within a minute of that.
  EXPECT_GE(actions_.runs_seen.size(), 9U);
  EXPECT_LE(actions_.runs_seen.size(), 11U);
  EXPECT_NE(actions_.last.reason_data.find("\"recentDatapoints\":[20.0,20.0,20.0]"), std::string::npos);
  std::size_t written = 0;
  for (const std::string& line : history()) written += line.starts_with("Action") ? 1 : 0;
  EXPECT_EQ(written, 1U);
}

TEST_F(CloudWatchTest, FailedActionsAreInTheHistory) {
  actions_.failure = "Metric data points must be provided";
  ASSERT_TRUE(world_.run<cw::PutMetricAlarm>(alarm("deep")));
  ASSERT_TRUE(world_.run<cw::SetAlarmState>({.alarm_name = "deep", .state_reason = "test", .state_value = "ALARM"}));
  EXPECT_EQ(history()[0], "Action: Failed to execute AutoScaling action: Metric data points must be provided");
}

TEST_F(CloudWatchTest, DisabledActionsStayQuiet) {
  ASSERT_TRUE(world_.run<cw::PutMetricAlarm>(alarm("deep")));
  ASSERT_TRUE(world_.run<cw::DisableAlarmActions>({.alarm_names = {"deep", "unknown"}}));
  ASSERT_TRUE(world_.run<cw::SetAlarmState>({.alarm_name = "deep", .state_reason = "test", .state_value = "ALARM"}));
  EXPECT_TRUE(actions_.runs_seen.empty());
}

TEST_F(CloudWatchTest, ASetStateLastsUntilTheNextComparison) {
  ASSERT_TRUE(world_.run<cw::PutMetricAlarm>(alarm("deep")));
  put(1, world_.now);
  world_.advance(minutes(3));
  EXPECT_EQ(state("deep"), "OK");
  ASSERT_TRUE(world_.run<cw::SetAlarmState>({.alarm_name = "deep", .state_reason = "test", .state_value = "ALARM"}));
  EXPECT_EQ(state("deep"), "ALARM");
  world_.advance(minutes(1));
  EXPECT_EQ(state("deep"), "OK");
}

TEST_F(CloudWatchTest, PutOnAnExistingAlarmKeepsItsState) {
  ASSERT_TRUE(world_.run<cw::PutMetricAlarm>(alarm("deep")));
  ASSERT_TRUE(world_.run<cw::SetAlarmState>({.alarm_name = "deep", .state_reason = "test", .state_value = "OK"}));
  ASSERT_TRUE(world_.run<cw::PutMetricAlarm>(alarm("deep")));
  EXPECT_EQ(history().size(), 2U);
  auto changed = alarm("deep");
  changed.threshold = 5;
  ASSERT_TRUE(world_.run<cw::PutMetricAlarm>(changed));
  EXPECT_EQ(state("deep"), "OK");
  EXPECT_EQ(history()[0], "ConfigurationUpdate: Alarm \"deep\" updated");
}

TEST_F(CloudWatchTest, NothingIsDueWithoutAlarmsAndMetrics) {
  EXPECT_EQ(world_.deadline(), base::kNever);
  ASSERT_TRUE(world_.run<cw::PutMetricAlarm>(alarm("deep")));
  ASSERT_TRUE(world_.run<cw::DeleteAlarms>({.alarm_names = {"deep"}}));
  world_.advance(std::chrono::hours(15 * 24));
  EXPECT_EQ(world_.deadline(), base::kNever);
}

TEST_F(CloudWatchTest, AlarmsSurviveARestart) {
  ASSERT_TRUE(world_.run<cw::PutMetricAlarm>(alarm("deep")));
  for (int minute = 0; minute < 5; ++minute) {
    put(20, world_.now);
    world_.advance(minutes(1));
  }
  const auto again = cloudwatch::make_service(actions_);
  service::WorldForTest other(world_.now);
  (void)world_.store.scan("", "", [&](std::string_view key, std::string_view bytes) {
    (void)other.store.write({{store::Write::Kind::Put, std::string(key), std::string(bytes)}}, [](auto) {});
    return true;
  });
  other.add(*again);
  other.recover();
  actions_.runs_seen.clear();
  other.advance(seconds(60));
  EXPECT_EQ(actions_.runs_seen.size(), 1U);
  EXPECT_EQ(*other.run<cw::DescribeAlarms>({})->metric_alarms->at(0).state_value, "ALARM");
}

TEST_F(CloudWatchTest, StatisticsOfAMetric) {
  for (int i = 0; i < 10; ++i) put(i, kStart + seconds(30 * i));
  cw::GetMetricStatisticsInput input;
  input.namespace_ = "Test";
  input.metric_name = "depth";
  input.start_time = kStart + seconds(20);
  input.end_time = kStart + minutes(5);
  input.period = 300;
  input.statistics = std::vector<std::string>{"Average", "Sum", "SampleCount", "Minimum", "Maximum"};
  const auto answer = world_.run<cw::GetMetricStatistics>(input);
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->datapoints->size(), 1U);
  const auto& point = answer->datapoints->front();
  EXPECT_EQ(point.timestamp, kStart);
  EXPECT_EQ(point.average, 4.5);
  EXPECT_EQ(point.sample_count, 10);
  EXPECT_EQ(point.unit, "None");
  input.period = 60;
  input.end_time = kStart + minutes(1442);
  EXPECT_EQ(refusal<cw::GetMetricStatistics>(input),
            "InvalidParameterCombination: You have requested up to 1441 datapoints, which exceeds the limit of 1440. "
            "You may reduce the datapoints requested by increasing Period, or decreasing the time range.");
}

TEST_F(CloudWatchTest, MetricDataComesInPages) {
  for (int i = 0; i < 5; ++i) put(i, kStart + minutes(i));
  cw::GetMetricDataInput input;
  input.start_time = kStart;
  input.end_time = kStart + minutes(5);
  input.max_datapoints = 3;
  cw::MetricDataQuery query;
  query.id = "m1";
  query.metric_stat.emplace();
  query.metric_stat->metric.namespace_ = "Test";
  query.metric_stat->metric.metric_name = "depth";
  query.metric_stat->period = 60;
  query.metric_stat->stat = "Sum";
  input.metric_data_queries = {query};
  const auto first = world_.run<cw::GetMetricData>(input);
  ASSERT_TRUE(first);
  EXPECT_EQ(*first->metric_data_results->at(0).values, (std::vector<double>{4, 3, 2}));
  EXPECT_EQ(first->metric_data_results->at(0).status_code, "PartialData");
  input.next_token = first->next_token;
  const auto second = world_.run<cw::GetMetricData>(input);
  EXPECT_EQ(*second->metric_data_results->at(0).values, (std::vector<double>{1, 0}));
  EXPECT_FALSE(second->next_token);
  input.next_token = "nonsense";
  EXPECT_TRUE(refusal<cw::GetMetricData>(input).starts_with("InvalidNextToken"));
  input.next_token.reset();
  input.metric_data_queries[0].expression = "m1 / 2";
  EXPECT_EQ(refusal<cw::GetMetricData>(input),
            "ValidationError: Exactly one of MetricStat and Expression must be specified for the query m1.");
}

TEST_F(CloudWatchTest, ListsMetricsWithData) {
  put(1, kStart);
  const auto listed = world_.run<cw::ListMetrics>({.namespace_ = "Test"});
  ASSERT_EQ(listed->metrics->size(), 1U);
  EXPECT_EQ(listed->metrics->at(0).metric_name, "depth");
  EXPECT_TRUE(world_.run<cw::ListMetrics>({.namespace_ = "Tes"})->metrics->empty());
  world_.advance(std::chrono::hours(15 * 24));
  EXPECT_TRUE(world_.run<cw::ListMetrics>({})->metrics->empty());
}

TEST_F(CloudWatchTest, OtherServicesPutTheirOwnMetrics) {
  world_.turn([&](service::Context& ctx) {
    EXPECT_TRUE(service_->sink().put(ctx, {"AWS/SQS", "Visible", {{"QueueName", "q"}}}, "Count", ctx.now,
                                     cloudwatch::StatisticSet::of(3)));
  });
  EXPECT_EQ(world_.run<cw::ListMetrics>({})->metrics->size(), 1U);
}

TEST_F(CloudWatchTest, RefusesBadData) {
  cw::PutMetricDataInput input;
  input.namespace_ = "AWS/SQS";
  EXPECT_EQ(refusal<cw::PutMetricData>(input),
            "InvalidParameterValue: The value AWS/SQS for parameter Namespace is invalid.");
  input.namespace_ = "Test";
  cw::MetricDatum datum;
  datum.metric_name = "m";
  input.metric_data = std::vector{datum};
  EXPECT_EQ(refusal<cw::PutMetricData>(input),
            "MissingParameter: The parameter MetricData.member.1.Value is required.");
  input.metric_data->at(0).value = 1;
  input.metric_data->at(0).timestamp = kStart - std::chrono::hours(15 * 24);
  EXPECT_EQ(refusal<cw::PutMetricData>(input),
            "InvalidParameterValue: The parameter MetricData.member.1.Timestamp must specify a time within the past "
            "two weeks.");
  input.metric_data->at(0).timestamp.reset();
  input.metric_data->at(0).value = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(refusal<cw::PutMetricData>(input),
            "InvalidParameterValue: The value NaN for parameter MetricData.member.1.Value is invalid.");
}

TEST_F(CloudWatchTest, RefusesAlarmsItCouldNotKeep) {
  auto input = alarm("a");
  input.period = 45;
  EXPECT_TRUE(refusal<cw::PutMetricAlarm>(input).starts_with("ValidationError: Period must be"));
  input = alarm("a");
  input.evaluation_periods = 1441;
  EXPECT_EQ(refusal<cw::PutMetricAlarm>(input),
            "ValidationError: Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= "
            "86400).");
  input = alarm("a");
  input.alarm_actions = std::vector<std::string>{"arn:aws:sns:us-east-1:000000000000:topic"};
  EXPECT_TRUE(refusal<cw::PutMetricAlarm>(input).starts_with("UnsupportedOperation: Alarm actions other than"));
  input = alarm("a");
  input.extended_statistic = "p99";
  EXPECT_TRUE(refusal<cw::PutMetricAlarm>(input).starts_with("InvalidParameterCombination"));
  input.statistic.reset();
  input.extended_statistic = "p101";
  EXPECT_TRUE(refusal<cw::PutMetricAlarm>(input).starts_with("ValidationError: The value p101"));
  input = alarm("a");
  input.threshold_metric_id = "ad1";
  EXPECT_TRUE(refusal<cw::PutMetricAlarm>(input).starts_with("UnsupportedOperation: Alarms on anomaly detection"));
  EXPECT_TRUE(world_.run<cw::DescribeAlarms>({})->metric_alarms->empty());
}

TEST_F(CloudWatchTest, DescribesInPagesAndByPrefix) {
  for (const char* name : {"c", "a", "b/1", "b/2"}) ASSERT_TRUE(world_.run<cw::PutMetricAlarm>(alarm(name)));
  const auto first = world_.run<cw::DescribeAlarms>({.max_records = 2});
  EXPECT_EQ(first->metric_alarms->at(0).alarm_name, "a");
  const auto second = world_.run<cw::DescribeAlarms>({.max_records = 2, .next_token = first->next_token});
  EXPECT_EQ(second->metric_alarms->at(1).alarm_name, "c");
  EXPECT_FALSE(second->next_token);
  EXPECT_EQ(world_.run<cw::DescribeAlarms>({.alarm_name_prefix = "b/"})->metric_alarms->size(), 2U);
  EXPECT_EQ(
      world_.run<cw::DescribeAlarmsForMetric>({.metric_name = "depth", .namespace_ = "Test"})->metric_alarms->size(),
      4U);
}

TEST_F(CloudWatchTest, Tags) {
  auto input = alarm("a");
  input.tags = std::vector<cw::Tag>{{"team", "x"}};
  ASSERT_TRUE(world_.run<cw::PutMetricAlarm>(input));
  const std::string arn = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:a";
  ASSERT_TRUE(world_.run<cw::TagResource>({arn, {{"env", "test"}}}));
  ASSERT_TRUE(world_.run<cw::UntagResource>({arn, {"team"}}));
  EXPECT_EQ(*world_.run<cw::ListTagsForResource>({arn})->tags, (std::vector<cw::Tag>{{"env", "test"}}));
  EXPECT_TRUE(refusal<cw::ListTagsForResource>({arn + "x"}).starts_with("ResourceNotFound"));
}

TEST_F(CloudWatchTest, TagsOfTheCloudItselfAreNotTheCallersToChange) {
  auto input = alarm("a");
  input.tags = std::vector<cw::Tag>{{"aws:cloudformation:stack-name", "app"}};
  ASSERT_TRUE(world_.run<cw::PutMetricAlarm>(input));
  const std::string arn = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:a";
  world_.call.principal_arn = "arn:aws:iam::000000000000:root";
  EXPECT_FALSE(world_.run<cw::TagResource>({arn, {{"aws:cloudformation:stack-name", "other"}}}));
  EXPECT_FALSE(world_.run<cw::UntagResource>({arn, {"aws:cloudformation:stack-name"}}));
  EXPECT_EQ(*world_.run<cw::ListTagsForResource>({arn})->tags,
            (std::vector<cw::Tag>{{"aws:cloudformation:stack-name", "app"}}));
}

}  // namespace
