#include "cloudwatch/alarm_evaluation.h"

#include <gtest/gtest.h>

#include <vector>

#include "cloudwatch/text.h"

namespace {

using cloudwatch::AlarmRule;
using cloudwatch::AlarmState;
using cloudwatch::MissingData;
using cloudwatch::Slot;

constexpr std::int64_t kMinute = 60;
// 2026-09-17T01:44:00Z
const base::TimePoint kStart = base::from_unix_seconds(1789609440);

// "0 - X": good, missing, breaching; oldest first, as the documentation writes them.
std::vector<Slot> slots(std::string_view picture) {
  std::vector<Slot> made;
  for (const char c : picture) {
    if (c == ' ') continue;
    Slot slot{kStart + std::chrono::seconds(kMinute * static_cast<std::int64_t>(made.size())), {}};
    if (c == 'X') slot.point = Slot::Point{100, 1};
    if (c == '0') slot.point = Slot::Point{1, 1};
    made.push_back(slot);
  }
  return made;
}

AlarmRule rule(std::int64_t periods, std::optional<std::int64_t> needed, MissingData missing) {
  return {.threshold = 50,
          .evaluation_periods = periods,
          .datapoints_to_alarm = needed,
          .missing = missing,
          .statistic = "Average"};
}

// The state after evaluating `picture`: a letter, or 'k' for "keeps its state".
char outcome(std::string_view picture, std::int64_t needed, MissingData missing) {
  const auto data = slots(picture);
  std::string seen;
  for (const AlarmState current : {AlarmState::Ok, AlarmState::Alarm, AlarmState::InsufficientData}) {
    const auto verdict = evaluate(rule(3, needed, missing), data, current, kStart);
    const char letter = verdict.state == AlarmState::Ok ? 'O' : verdict.state == AlarmState::Alarm ? 'A' : 'I';
    seen += letter;
  }
  if (seen == "OAI") return 'k';
  return seen == std::string(3, seen[0]) ? seen[0] : '?';
}

struct Row {
  std::string_view picture;
  // for missing, ignore, breaching, notBreaching
  std::string_view expected;
};

void check_table(std::int64_t needed, std::initializer_list<Row> rows) {
  constexpr MissingData kColumns[] = {MissingData::Missing, MissingData::Ignore, MissingData::Breaching,
                                      MissingData::NotBreaching};
  for (const Row& row : rows) {
    std::string seen;
    for (const MissingData column : kColumns) seen += outcome(row.picture, needed, column);
    EXPECT_EQ(seen, row.expected) << row.picture << " with " << needed << " of 3";
  }
}

TEST(AlarmEvaluation, DocumentedTableThreeOfThree) {
  check_table(3, {{"0 - X - X", "OOOO"},
                  {"0 - - - -", "OOOO"},
                  {"- - - - -", "IkAO"},
                  {"0 X X - X", "AAAA"},
                  {"- - X - -", "AkAO"}});
}

TEST(AlarmEvaluation, DocumentedTableTwoOfThree) {
  check_table(2, {{"0 - X - X", "AAAA"},
                  {"0 0 X 0 X", "AAAA"},
                  {"0 - X - -", "OOAO"},
                  {"- - - - 0", "OOAO"},
                  {"- - - X -", "AkAO"}});
}

TEST(AlarmEvaluation, PrematureTransitionsAreAvoided) {
  EXPECT_EQ(outcome("- - - - X", 3, MissingData::Missing), 'k');
  EXPECT_EQ(outcome("- - - X -", 3, MissingData::Missing), 'k');
  EXPECT_EQ(outcome("- - X - -", 3, MissingData::Missing), 'A');
}

TEST(AlarmEvaluation, OneGoodPointLeavesInsufficientData) {
  std::string picture(32, '-');
  picture.back() = '0';
  EXPECT_EQ(evaluate(rule(30, {}, MissingData::Missing), slots(picture), AlarmState::InsufficientData, kStart).state,
            AlarmState::Ok);
}

TEST(AlarmEvaluation, OperatorsAtTheThreshold) {
  AlarmRule at_threshold = rule(1, {}, MissingData::Missing);
  at_threshold.threshold = 100;
  const auto data = slots("X");
  const auto state_for = [&](cloudwatch::Comparison comparison) {
    at_threshold.comparison = comparison;
    return evaluate(at_threshold, data, AlarmState::Ok, kStart).state;
  };
  EXPECT_EQ(state_for(cloudwatch::Comparison::GreaterOrEqual), AlarmState::Alarm);
  EXPECT_EQ(state_for(cloudwatch::Comparison::Greater), AlarmState::Ok);
  EXPECT_EQ(state_for(cloudwatch::Comparison::Less), AlarmState::Ok);
  EXPECT_EQ(state_for(cloudwatch::Comparison::LessOrEqual), AlarmState::Alarm);
}

TEST(AlarmReason, AllPointsBreach) {
  AlarmRule cpu = rule(3, {}, MissingData::Missing);
  cpu.unit = "Percent";
  const auto now = kStart + std::chrono::milliseconds(3 * 60'000 + 59'076);
  const auto verdict = evaluate(cpu, slots("XXX"), AlarmState::Ok, now);
  EXPECT_EQ(verdict.reason,
            "Threshold Crossed: 3 datapoints [100.0 (17/09/26 01:46:00), 100.0 (17/09/26 01:45:00), 100.0 (17/09/26 "
            "01:44:00)] were greater than the threshold (50.0).");
  EXPECT_EQ(verdict.reason_data,
            R"({"version":"1.0","queryDate":"2026-09-17T01:47:59.076+0000","startDate":"2026-09-17T01:44:00.000+0000",)"
            R"("unit":"Percent","statistic":"Average","period":60,"recentDatapoints":[100.0,100.0,100.0],)"
            R"("threshold":50.0,"evaluatedDatapoints":[)"
            R"({"timestamp":"2026-09-17T01:46:00.000+0000","sampleCount":1.0,"value":100.0},)"
            R"({"timestamp":"2026-09-17T01:45:00.000+0000","sampleCount":1.0,"value":100.0},)"
            R"({"timestamp":"2026-09-17T01:44:00.000+0000","sampleCount":1.0,"value":100.0}]})");
}

std::string reason(std::string_view picture, std::int64_t periods, std::optional<std::int64_t> needed,
                   MissingData missing, AlarmState current = AlarmState::Ok) {
  return evaluate(rule(periods, needed, missing), slots(picture), current, kStart).reason;
}

TEST(AlarmReason, OkNamesOnlyThePointsThatDecided) {
  EXPECT_EQ(reason("XX0", 3, {}, MissingData::Missing),
            "Threshold Crossed: 1 datapoint [1.0 (17/09/26 01:46:00)] was not greater than the threshold (50.0).");
}

TEST(AlarmReason, ManyPointsNameTheFiveNewest) {
  const std::string text = reason(std::string(30, 'X'), 30, {}, MissingData::Missing);
  EXPECT_TRUE(
      text.starts_with("Threshold Crossed: 30 datapoints were greater than the threshold (50.0). The most "
                       "recent datapoints which crossed the threshold: [100.0 (17/09/26 02:13:00), "))
      << text;
  EXPECT_TRUE(text.ends_with("100.0 (17/09/26 02:09:00)].")) << text;
}

TEST(AlarmReason, DatapointsToAlarmSaysTheMinimum) {
  EXPECT_EQ(reason("X0X", 3, 2, MissingData::Missing),
            "Threshold Crossed: 2 out of the last 3 datapoints [100.0 (17/09/26 01:46:00), 100.0 (17/09/26 01:44:00)] "
            "were greater than the threshold (50.0) (minimum 2 datapoints for OK -> ALARM transition).");
  EXPECT_EQ(reason("0", 1, 1, MissingData::Missing),
            "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (17/09/26 01:44:00)] was not greater than the "
            "threshold (50.0) (minimum 1 datapoint for ALARM -> OK transition).");
}

TEST(AlarmReason, MissingPointsAreNamedWhereTheyCount) {
  EXPECT_EQ(reason("-----", 3, {}, MissingData::Breaching),
            "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as "
            "[Breaching].");
  EXPECT_EQ(reason("---XX", 3, 3, MissingData::Breaching),
            "Threshold Crossed: 2 out of the last 3 datapoints [100.0 (17/09/26 01:48:00), 100.0 (17/09/26 01:47:00)] "
            "were greater than the threshold (50.0) and 1 missing datapoint was treated as [Breaching] (minimum 3 "
            "datapoints for OK -> ALARM transition).");
  EXPECT_EQ(reason("-----", 3, {}, MissingData::Missing), "Insufficient Data: 3 datapoints were unknown.");
  EXPECT_EQ(reason("---", 1, {}, MissingData::Missing), "Insufficient Data: 1 datapoint was unknown.");
}

TEST(AlarmReason, GapsAreNullAndNothingIsNoPoint) {
  const auto gap = evaluate(rule(3, {}, MissingData::Missing), slots("X-X0"), AlarmState::Ok, kStart).reason_data;
  EXPECT_NE(gap.find("\"recentDatapoints\":[100.0,null,100.0,1.0]"), std::string::npos) << gap;
  const auto none = evaluate(rule(3, {}, MissingData::Breaching), slots("-----"), AlarmState::Ok, kStart).reason_data;
  EXPECT_NE(none.find("\"recentDatapoints\":[],"), std::string::npos) << none;
}

TEST(AlarmReason, DataStaysWithinItsLimit) {
  const std::string picture(100, 'X');
  const auto data = evaluate(rule(100, {}, MissingData::Missing), slots(picture), AlarmState::Ok, kStart).reason_data;
  EXPECT_LE(data.size(), 4000U);
  EXPECT_TRUE(data.ends_with("}]}"));
}

TEST(EvaluationWindow, TakesOnlySettledPeriods) {
  const AlarmRule high = rule(3, {}, MissingData::Missing);
  const auto window = evaluation_window(high, kStart + std::chrono::milliseconds(3 * 60'000 + 59'076));
  EXPECT_EQ(window.count, 5);
  EXPECT_EQ(window.first + window.count * window.period, kStart + std::chrono::minutes(3));
  const auto early = evaluation_window(high, kStart + std::chrono::seconds(3 * 60 + 9));
  EXPECT_EQ(early.first + early.count * early.period, kStart + std::chrono::minutes(2));
}

TEST(EvaluationWindow, LongPeriodsSlideByTheMinute) {
  AlarmRule slow = rule(1, {}, MissingData::Missing);
  slow.period_seconds = 300;
  const auto window = evaluation_window(slow, kStart + std::chrono::seconds(75));
  EXPECT_EQ(window.first + window.count * window.period, kStart + std::chrono::minutes(1));
}

TEST(Cadence, EachAlarmKeepsItsSecond) {
  const std::string arn = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:a";
  const auto first = cloudwatch::next_evaluation(arn, 60, kStart);
  EXPECT_GT(first, kStart);
  EXPECT_LE(first, kStart + std::chrono::minutes(1));
  EXPECT_EQ(cloudwatch::next_evaluation(arn, 60, first), first + std::chrono::minutes(1));
  EXPECT_EQ(cloudwatch::next_evaluation(arn, 60, first - std::chrono::microseconds(1)), first);
  EXPECT_EQ(cloudwatch::next_evaluation(arn, 10, first) -
                cloudwatch::next_evaluation(arn, 10, first - std::chrono::seconds(10)),
            std::chrono::seconds(10));
}

TEST(JavaDouble, IsWhatJavaPrints) {
  EXPECT_EQ(cloudwatch::java_double(100), "100.0");
  EXPECT_EQ(cloudwatch::java_double(0.0666851903306472), "0.0666851903306472");
  EXPECT_EQ(cloudwatch::java_double(0), "0.0");
  EXPECT_EQ(cloudwatch::java_double(-2.5), "-2.5");
  EXPECT_EQ(cloudwatch::java_double(12345678), "1.2345678E7");
  EXPECT_EQ(cloudwatch::java_double(1e7), "1.0E7");
  EXPECT_EQ(cloudwatch::java_double(0.0001), "1.0E-4");
}

}  // namespace
