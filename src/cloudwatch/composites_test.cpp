// Composite alarms ("Create a composite alarm", PutCompositeAlarm).

#include <gtest/gtest.h>

#include "api/cloudwatch/operations.h"
#include "cloudwatch/composite_rule.h"
#include "cloudwatch/service.h"
#include "service/world_for_test.h"

namespace {

namespace cw = api::cloudwatch;
using cloudwatch::AlarmState;
using cloudwatch::CompositeRule;
using std::chrono::seconds;

const base::TimePoint kStart = base::from_unix_seconds(1'800'000'000);  // Friday, 2027-01-15T08:00:00Z

// a is in ALARM, o is OK, i has insufficient data; others do not exist.
char outcome(std::string_view text) {
  const auto rule = CompositeRule::parse(text);
  if (!rule) return '?';
  return rule->holds([](const std::string& name) -> std::optional<AlarmState> {
    if (name == "a") return AlarmState::Alarm;
    if (name == "o") return AlarmState::Ok;
    if (name == "i") return AlarmState::InsufficientData;
    return std::nullopt;
  })
             ? 'T'
             : 'F';
}

TEST(CompositeRules, Functions) {
  EXPECT_EQ(outcome("ALARM(a)"), 'T');
  EXPECT_EQ(outcome("ALARM(\"o\")"), 'F');
  EXPECT_EQ(outcome("OK('o')"), 'T');
  EXPECT_EQ(outcome("INSUFFICIENT_DATA( i )"), 'T');
  EXPECT_EQ(outcome("ALARM(arn:aws:cloudwatch:us-east-1:000000000000:alarm:a)"), 'T');
  EXPECT_EQ(outcome("TRUE"), 'T');
  EXPECT_EQ(outcome("FALSE"), 'F');
  EXPECT_EQ(outcome("OK(gone)"), 'F');
}

TEST(CompositeRules, Operators) {
  EXPECT_EQ(outcome("ALARM(a) AND ALARM(o)"), 'F');
  EXPECT_EQ(outcome("ALARM(a) AND NOT ALARM(o)"), 'T');
  EXPECT_EQ(outcome("(ALARM(o) OR ALARM(a)) AND OK(o)"), 'T');
  EXPECT_EQ(outcome("TRUE OR TRUE AND FALSE"), 'T') << "AND binds tighter";
  EXPECT_EQ(outcome("NOT(ALARM(a)) OR\n\tFALSE"), 'F');
  EXPECT_EQ(outcome("NOT NOT TRUE"), 'T');
}

TEST(CompositeRules, Mistakes) {
  for (const char* text : {"", "ALARM", "ALARM()", "ALARM(a", "alarm(a)", "ALARM(a) ALARM(o)", "(TRUE", "TRUE)", "NOT",
                           "TRUE AND", "TRUEX", "ALARM(\"a)"}) {
    EXPECT_EQ(outcome(text), '?') << text;
  }
  std::string many = "ALARM(x0)";
  for (int i = 1; i <= 100; ++i) many += " OR ALARM(x" + std::to_string(i) + ")";
  EXPECT_EQ(outcome(many), '?') << "101 children";
  EXPECT_EQ(outcome(std::string(600, '(') + "TRUE" + std::string(600, ')')), '?');
  std::string nots;
  for (int i = 0; i < 600; ++i) nots += "NOT ";
  EXPECT_EQ(outcome(nots + "TRUE"), '?');
}

struct NoActions : cloudwatch::AlarmActions {
  bool runs(std::string_view) const override { return true; }
  std::expected<void, std::string> run(const std::string&, const cloudwatch::AlarmSignal&, service::Context&) override {
    return {};
  }
};

class CompositeAlarms : public ::testing::Test {
 protected:
  CompositeAlarms() : service_(cloudwatch::make_service(actions_)) {
    world_.add(*service_);
    for (const char* name : {"cpu", "disk", "deploy"}) {
      cw::PutMetricAlarmInput input;
      input.alarm_name = name;
      input.namespace_ = "Test";
      input.metric_name = name;
      input.statistic = "Average";
      input.period = 60;
      input.evaluation_periods = 1;
      input.threshold = 1;
      input.comparison_operator = "GreaterThanThreshold";
      EXPECT_TRUE(world_.run<cw::PutMetricAlarm>(input));
    }
  }
  std::string put(const std::string& name, const std::string& rule) {
    cw::PutCompositeAlarmInput input;
    input.alarm_name = name;
    input.alarm_rule = rule;
    return refusal<cw::PutCompositeAlarm>(input);
  }
  template <class Op>
  std::string refusal(typename Op::Input input) {
    const auto outcome = world_.run<Op>(std::move(input));
    return outcome ? "" : std::string(outcome.error().shape->query_code) + ": " + outcome.error().message;
  }
  void set(const std::string& name, const std::string& state) {
    ASSERT_TRUE(world_.run<cw::SetAlarmState>({.alarm_name = name, .state_reason = "test", .state_value = state}));
  }
  cw::CompositeAlarm shown(const std::string& name) {
    cw::DescribeAlarmsInput input;
    input.alarm_names = std::vector{name};
    input.alarm_types = std::vector<std::string>{"CompositeAlarm"};
    return world_.run<cw::DescribeAlarms>(input)->composite_alarms->at(0);
  }
  std::string state(const std::string& name) { return *shown(name).state_value; }

  NoActions actions_;
  service::WorldForTest world_{kStart};
  std::unique_ptr<cloudwatch::Service> service_;
};

TEST_F(CompositeAlarms, FollowTheirChildrenAtOnce) {
  ASSERT_EQ(put("both", "ALARM(cpu) AND ALARM(disk)"), "");
  EXPECT_EQ(state("both"), "OK");
  set("cpu", "ALARM");
  EXPECT_EQ(state("both"), "OK");
  set("disk", "ALARM");
  const cw::CompositeAlarm both = shown("both");
  EXPECT_EQ(both.state_value, "ALARM");
  EXPECT_EQ(both.state_reason,
            "arn:aws:cloudwatch:us-east-1:000000000000:alarm:disk transitioned to ALARM at Friday 15 January, 2027 "
            "08:00:00 UTC");
  EXPECT_EQ(both.state_reason_data,
            R"({"triggeringAlarms":[{"arn":"arn:aws:cloudwatch:us-east-1:000000000000:alarm:disk","state":{"value":)"
            R"("ALARM","timestamp":"2027-01-15T08:00:00.000+0000"}}]})");
  set("cpu", "OK");
  EXPECT_EQ(state("both"), "OK");
  cw::DescribeAlarmHistoryInput history;
  history.alarm_name = "both";
  const auto items = *world_.run<cw::DescribeAlarmHistory>(history)->alarm_history_items;
  ASSERT_EQ(items.size(), 4U);
  EXPECT_EQ(items[0].history_summary, "Alarm updated from ALARM to OK");
  EXPECT_EQ(items[0].alarm_type, "CompositeAlarm");
  EXPECT_EQ(items[3].history_summary, "Alarm \"both\" created");
}

TEST_F(CompositeAlarms, WatchEachOther) {
  ASSERT_EQ(put("inner", "ALARM(cpu) OR ALARM(disk)"), "");
  ASSERT_EQ(put("outer", "ALARM(inner) AND NOT ALARM(deploy)"), "");
  set("disk", "ALARM");
  EXPECT_EQ(state("outer"), "ALARM");
  set("deploy", "ALARM");
  EXPECT_EQ(state("outer"), "OK");
  EXPECT_EQ(put("inner", "FALSE"), "");
  EXPECT_EQ(state("inner"), "OK");
}

TEST_F(CompositeAlarms, CirclesEnd) {
  ASSERT_EQ(put("a", "ALARM(cpu)"), "");
  ASSERT_EQ(put("b", "OK(a)"), "");
  ASSERT_EQ(put("a", "ALARM(cpu) OR ALARM(b)"), "");
  set("cpu", "ALARM");
  set("cpu", "OK");
  EXPECT_TRUE(refusal<cw::DeleteAlarms>({.alarm_names = {"a"}}).starts_with("ResourceConflict"));
  ASSERT_EQ(put("b", "FALSE"), "");
  EXPECT_EQ(refusal<cw::DeleteAlarms>({.alarm_names = {"a"}}), "");
}

TEST_F(CompositeAlarms, AreDescribedOnDemandAndByKinship) {
  ASSERT_EQ(put("both", "ALARM(cpu) AND ALARM(disk)"), "");
  EXPECT_TRUE(world_.run<cw::DescribeAlarms>({})->composite_alarms->empty()) << "only metric alarms unless asked";
  EXPECT_EQ(world_.run<cw::DescribeAlarms>({.children_of_alarm_name = "both"})->metric_alarms->size(), 2U);
  EXPECT_EQ(world_.run<cw::DescribeAlarms>({.parents_of_alarm_name = "cpu"})->composite_alarms->size(), 1U);
  EXPECT_TRUE(world_.run<cw::DescribeAlarms>({.parents_of_alarm_name = "deploy"})->composite_alarms->empty());
  cw::DescribeAlarmsInput all;
  all.alarm_types = std::vector<std::string>{"MetricAlarm", "CompositeAlarm"};
  all.max_records = 2;
  const auto first = world_.run<cw::DescribeAlarms>(all);
  EXPECT_EQ(first->composite_alarms->size(), 1U);
  EXPECT_EQ(first->metric_alarms->size(), 1U);
  all.next_token = first->next_token;
  EXPECT_EQ(world_.run<cw::DescribeAlarms>(all)->metric_alarms->size(), 2U);
}

TEST_F(CompositeAlarms, SuppressorsHoldBackActions) {
  cw::PutCompositeAlarmInput input;
  input.alarm_name = "c";
  input.alarm_rule = "ALARM(cpu)";
  input.actions_suppressor = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:deploy";
  EXPECT_TRUE(refusal<cw::PutCompositeAlarm>(input).starts_with("ValidationError: ActionsSuppressorWaitPeriod and"));
  input.actions_suppressor_wait_period = 60;
  input.actions_suppressor_extension_period = 120;
  ASSERT_EQ(refusal<cw::PutCompositeAlarm>(input), "");
  EXPECT_FALSE(shown("c").actions_suppressed_by);
  world_.now += seconds(10);
  set("cpu", "ALARM");
  EXPECT_EQ(shown("c").actions_suppressed_by, "WaitPeriod");
  set("deploy", "ALARM");
  EXPECT_EQ(shown("c").actions_suppressed_by, "Alarm");
  EXPECT_EQ(shown("c").actions_suppressed_reason, "Actions suppressed by Alarm");
  world_.now += seconds(100);
  set("deploy", "OK");
  EXPECT_EQ(shown("c").actions_suppressed_by, "ExtensionPeriod");
  world_.now += seconds(120);
  EXPECT_FALSE(shown("c").actions_suppressed_by);
}

TEST_F(CompositeAlarms, WhatIsRefused) {
  EXPECT_EQ(put("c", "ALARM(nowhere) OR ALARM(cpu)"),
            "ValidationError: Could not save the composite alarm as alarms [nowhere] in the alarm rule do not exist.");
  EXPECT_TRUE(put("c", "ALARM cpu").starts_with("ValidationError: AlarmRule must not contain"));
  EXPECT_EQ(put("cpu", "ALARM(disk)"), "ValidationError: There is a metric alarm with the name cpu.");
  cw::PutCompositeAlarmInput input;
  input.alarm_name = "c";
  input.alarm_rule = "ALARM(cpu)";
  input.alarm_actions = std::vector<std::string>{"arn:aws:sns:us-east-1:000000000000:topic"};
  EXPECT_TRUE(refusal<cw::PutCompositeAlarm>(input).starts_with("UnsupportedOperation: Actions of composite alarms"));
  input.alarm_actions.reset();
  ASSERT_EQ(refusal<cw::PutCompositeAlarm>(input), "");
  EXPECT_TRUE(refusal<cw::DeleteAlarms>({.alarm_names = {"cpu"}}).starts_with("ResourceConflict"));
  EXPECT_TRUE(refusal<cw::DeleteAlarms>({.alarm_names = {"c", "disk"}}).starts_with("ValidationError"));
  ASSERT_TRUE(world_.run<cw::TagResource>({"arn:aws:cloudwatch:us-east-1:000000000000:alarm:c", {{"a", "b"}}}));
  EXPECT_EQ(refusal<cw::DeleteAlarms>({.alarm_names = {"c"}}), "");
  EXPECT_EQ(refusal<cw::DeleteAlarms>({.alarm_names = {"cpu"}}), "");
}

}  // namespace
