#include "autoscaling/decision.h"

#include <gtest/gtest.h>

#include <limits>

namespace {

using namespace autoscaling;

const base::TimePoint kNow = base::from_unix_seconds(1'800'000'000);
constexpr std::chrono::seconds kCooldown{300};

Movement ended(std::int64_t from, std::int64_t to, std::chrono::seconds ago) {
  return {"a", from, to, kNow - ago};
}

TEST(TargetTracking, CapacityFollowsTheMetricInProportion) {
  EXPECT_EQ(tracked_capacity(1, 100, 50), 2);    // captured scale-out
  EXPECT_EQ(tracked_capacity(2, 0.012, 50), 1);  // captured scale-in
  EXPECT_EQ(tracked_capacity(10, 150, 100), 15);
  EXPECT_EQ(tracked_capacity(4, 100, 20), 20);  // raw queue length over-scales
}

TEST(TargetTracking, RoundsUpInBothDirections) {
  EXPECT_EQ(tracked_capacity(3, 51, 50), 4);
  EXPECT_EQ(tracked_capacity(3, 34, 50), 3);
  EXPECT_EQ(tracked_capacity(3, 0.1, 0.1), 3);
  EXPECT_EQ(tracked_capacity(3, 0, 50), 0);
}

TEST(TargetTracking, FromZeroStartsWithTheSmallestCapacity) {
  EXPECT_EQ(tracked_capacity_out(0, 1000, 1, {0, 10}), 1);
  EXPECT_EQ(tracked_capacity_out(0, 1000, 1, {2, 10}), 2);
  EXPECT_EQ(tracked_capacity_out(2, 20, 10, {0, 10}), 4);
}

TEST(TargetTracking, WildMetricsStayInRange) {
  EXPECT_GT(tracked_capacity(2, 1e300, 1e-300), 2'000'000'000);
  EXPECT_EQ(tracked_capacity(2, -5, 1), 0);
}

StepRule documented(bool out) {
  StepRule rule{Adjustment::PercentChangeInCapacity, {}, 0};
  if (out) {
    rule.steps = {{0, 10, 0}, {10, 20, 10}, {20, {}, 30}};
  } else {
    rule.steps = {{-10, 0, 0}, {-20, -10, -10}, {{}, -20, -30}};
  }
  return rule;
}

TEST(StepScaling, DocumentedExample) {
  EXPECT_EQ(stepped_capacity(documented(true), 10, 10), 11);
  EXPECT_EQ(stepped_capacity(documented(true), 11, 20), 14);
  EXPECT_EQ(stepped_capacity(documented(false), 14, -10), 13);
  EXPECT_EQ(stepped_capacity(documented(false), 13, -20), 10);
}

TEST(StepScaling, BoundsOfTheIntervals) {
  const StepRule up{Adjustment::ChangeInCapacity, {{0, 10, 1}, {10, {}, 2}}, 0};
  EXPECT_EQ(stepped_capacity(up, 5, 0), 6);
  EXPECT_EQ(stepped_capacity(up, 5, 9.9), 6);
  EXPECT_EQ(stepped_capacity(up, 5, 10), 7);
  EXPECT_EQ(stepped_capacity(up, 5, -1), std::nullopt);
  const StepRule down{Adjustment::ChangeInCapacity, {{-10, 0, -1}, {{}, -10, -2}}, 0};
  EXPECT_EQ(stepped_capacity(down, 5, -1), 4);
  EXPECT_EQ(stepped_capacity(down, 5, -9.9), 4);
  EXPECT_EQ(stepped_capacity(down, 5, -10), 3);
  EXPECT_EQ(stepped_capacity(down, 1, -10), 0);
}

TEST(StepScaling, PercentRounding) {
  const auto change = [](std::int64_t capacity, std::int64_t percent, std::int64_t magnitude = 0) {
    const StepRule rule{Adjustment::PercentChangeInCapacity, {{0, {}, percent}}, magnitude};
    return *stepped_capacity(rule, capacity, 1) - capacity;
  };
  EXPECT_EQ(change(100, 13), 13);
  EXPECT_EQ(change(127, 10), 12);
  EXPECT_EQ(change(6, 10), 1);
  EXPECT_EQ(change(6, -10), -1);
  EXPECT_EQ(change(20, -33), -6);
  EXPECT_EQ(change(4, 25, 2), 2);
}

TEST(StepScaling, ExactCapacity) {
  const StepRule rule{Adjustment::ExactCapacity, {{0, {}, 7}}, 0};
  EXPECT_EQ(stepped_capacity(rule, 2, 1), 7);
}

TEST(Bounds, ScaleOut) {
  EXPECT_EQ(decide({Direction::Out, 5, kCooldown}, {1, 3}, {1, 1, false}, {}, kNow).capacity, 3);
  EXPECT_EQ(decide({Direction::Out, 5, kCooldown}, {1, 3}, {3, 3, false}, {}, kNow).reason, kAlreadyAtMax);
  EXPECT_EQ(decide({Direction::Out, 5, kCooldown}, {1, 3}, {4, 4, false}, {}, kNow).reason, kAlreadyAtMax);
  EXPECT_EQ(decide({Direction::Out, 2, kCooldown}, {4, 9}, {1, 1, false}, {}, kNow).capacity, 4);
  EXPECT_EQ(decide({Direction::Out, 2, kCooldown}, {1, 3}, {2, 1, false}, {}, kNow).reason, kAlreadyAtDesired);
}

TEST(Bounds, ScaleIn) {
  EXPECT_EQ(decide({Direction::In, 0, kCooldown}, {1, 3}, {3, 3, false}, {}, kNow).capacity, 1);
  EXPECT_EQ(decide({Direction::In, 0, kCooldown}, {1, 3}, {1, 1, false}, {}, kNow).reason, kAlreadyAtMin);
  EXPECT_EQ(decide({Direction::In, 0, kCooldown}, {2, 3}, {1, 1, false}, {}, kNow).reason, kAlreadyAtMin);
  EXPECT_EQ(decide({Direction::In, 5, kCooldown}, {1, 3}, {6, 6, false}, {}, kNow).capacity, 3);
  EXPECT_EQ(decide({Direction::In, 3, kCooldown}, {1, 5}, {3, 3, false}, {}, kNow).reason, kAlreadyAtDesired);
}

TEST(Bounds, ScaleInIsOffDuringDeployments) {
  EXPECT_EQ(decide({Direction::In, 1, kCooldown}, {1, 3}, {3, 3, true}, {}, kNow).reason, kUnscalable);
  EXPECT_EQ(decide({Direction::Out, 2, kCooldown}, {1, 3}, {1, 1, true}, {}, kNow).capacity, 2);
}

TEST(Cooldown, ScaleInWaitsForTheLastScaleIn) {
  const Proposal in{Direction::In, 1, kCooldown};
  const Observed three{3, 3, false};
  EXPECT_EQ(decide(in, {1, 5}, three, ended(4, 3, std::chrono::seconds(299)), kNow).kind, Decision::Kind::Wait);
  EXPECT_EQ(decide(in, {1, 5}, three, ended(4, 3, std::chrono::seconds(300)), kNow).kind, Decision::Kind::Scale);
  EXPECT_EQ(decide(in, {1, 5}, three, Movement{"a", 4, 3, {}}, kNow).kind, Decision::Kind::Wait);
  EXPECT_EQ(decide({Direction::In, 1, {}}, {1, 5}, three, ended(4, 3, std::chrono::seconds(1)), kNow).kind,
            Decision::Kind::Scale);
}

TEST(Cooldown, ScaleOutCountsWhatTheLastOneAdded) {
  // +2 from 4 is cooling down; a step of +3 on 4 is 7: one more than the 6 that run.
  const Observed six{6, 6, false};
  const auto base = base_for_scale_out(six, ended(4, 6, std::chrono::seconds(10)), kCooldown, kNow);
  EXPECT_EQ(base, 4);
  EXPECT_EQ(decide({Direction::Out, base + 3, kCooldown}, {1, 9}, six, {}, kNow).capacity, 7);
  EXPECT_EQ(decide({Direction::Out, base + 2, kCooldown}, {1, 9}, six, {}, kNow).reason, kAlreadyAtDesired);
  EXPECT_EQ(base_for_scale_out(six, ended(4, 6, std::chrono::seconds(300)), kCooldown, kNow), 6);
}

TEST(Cooldown, TasksThatAreStartingAreNotCountedTwice) {
  const Observed starting{3, 2, false};
  EXPECT_EQ(base_for_scale_out(starting, Movement{"a", 1, 3, {}}, {}, kNow), 1);
}

TEST(Aggregation, OfTheAlarmsPoints) {
  const std::vector<double> points{1, 2, 6};
  EXPECT_EQ(aggregate(points, Aggregation::Average), 3);
  EXPECT_EQ(aggregate(points, Aggregation::Minimum), 1);
  EXPECT_EQ(aggregate(points, Aggregation::Maximum), 6);
}

}  // namespace
