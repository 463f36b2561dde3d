// Scheduled actions against a played ECS: their texts and bounds as captured (R1.61, R1.63, R2.20 to R2.25).

#include <gtest/gtest.h>

#include "api/autoscaling/operations.h"
#include "api/ecs/operations.h"
#include "autoscaling/service.h"
#include "service/world_for_test.h"

namespace {

namespace as = api::autoscaling;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const base::TimePoint kStart = base::from_unix_seconds(1'800'000'000);  // Friday, 2027-01-15T08:00:00Z
constexpr const char* kResource = "service/c/s";
constexpr const char* kDimension = "ecs:service:DesiredCount";

struct Ecs : service::Service {
  void register_operations(service::Registry& registry) override {
    registry.on<api::ecs::DescribeServices>(
        [this](const api::ecs::DescribeServicesRequest&,
               service::Context&) -> base::Outcome<api::ecs::DescribeServicesResponse> {
          api::ecs::Service found;
          found.status = "ACTIVE";
          found.desired_count = found.running_count = tasks;
          api::ecs::DescribeServicesResponse output;
          output.services = std::vector{found};
          return output;
        });
    registry.on<api::ecs::UpdateService>(
        [this](const api::ecs::UpdateServiceRequest& input,
               service::Context& ctx) -> base::Outcome<api::ecs::UpdateServiceResponse> {
          tasks = *input.desired_count;
          log.emplace_back(ctx.now - kStart, tasks);
          return api::ecs::UpdateServiceResponse{};
        });
  }
  std::vector<service::TableBase*> tables() override { return {}; }
  std::int64_t tasks = 3;
  std::vector<std::pair<base::Duration, std::int64_t>> log;
};

// Berlin by its rule alone.
struct Zones : autoscaling::TimeZones {
  std::optional<std::string> read(const std::string& name) override {
    if (name != "Europe/Berlin") return std::nullopt;
    const auto header = [](char types, char chars) {
      return std::string("TZif2") + std::string(34, '\0') + types + std::string(3, '\0') + chars;
    };
    return header(0, 0) + header(1, 4) + std::string(6, '\0') + std::string("LMT\0", 4) +
           "\nCET-1CEST,M3.5.0,M10.5.0/3\n";
  }
};

class ScheduledTest : public ::testing::Test {
 protected:
  ScheduledTest() : service_(autoscaling::make_service(nullptr, &zones_)) {
    world_.add(ecs_);
    world_.add(*service_);
    EXPECT_TRUE(bound(1, 5));
  }
  base::Outcome<as::RegisterScalableTargetResponse> bound(std::int64_t min, std::int64_t max) {
    as::RegisterScalableTargetRequest input = target();
    input.min_capacity = min;
    input.max_capacity = max;
    return world_.run<as::RegisterScalableTarget>(input);
  }
  static as::RegisterScalableTargetRequest target() {
    as::RegisterScalableTargetRequest input;
    input.service_namespace = "ecs";
    input.resource_id = kResource;
    input.scalable_dimension = kDimension;
    return input;
  }
  static as::PutScheduledActionRequest action(const std::string& name, const std::string& schedule,
                                              std::optional<std::int64_t> min, std::optional<std::int64_t> max) {
    as::PutScheduledActionRequest input;
    input.service_namespace = "ecs";
    input.resource_id = kResource;
    input.scalable_dimension = kDimension;
    input.scheduled_action_name = name;
    input.schedule = schedule;
    input.scalable_target_action.emplace();
    input.scalable_target_action->min_capacity = min;
    input.scalable_target_action->max_capacity = max;
    return input;
  }
  std::string put(as::PutScheduledActionRequest input) {
    const auto outcome = world_.run<as::PutScheduledAction>(std::move(input));
    return outcome ? "" : std::string(outcome.error().shape->name) + ": " + outcome.error().message;
  }
  std::vector<as::ScalingActivity> activities() {
    as::DescribeScalingActivitiesRequest input;
    input.service_namespace = "ecs";
    return *world_.run<as::DescribeScalingActivities>(input)->scaling_activities;
  }
  std::vector<as::ScheduledAction> actions() {
    as::DescribeScheduledActionsRequest input;
    input.service_namespace = "ecs";
    return *world_.run<as::DescribeScheduledActions>(input)->scheduled_actions;
  }
  std::pair<std::int64_t, std::int64_t> bounds() {
    as::DescribeScalableTargetsRequest input;
    input.service_namespace = "ecs";
    const auto shown = world_.run<as::DescribeScalableTargets>(input)->scalable_targets->at(0);
    return {shown.min_capacity, shown.max_capacity};
  }

  service::WorldForTest world_{kStart};
  Ecs ecs_;
  Zones zones_;
  std::unique_ptr<autoscaling::Service> service_;
};

TEST_F(ScheduledTest, R1_63_TwoActivitiesWhenTheCapacityMoves) {
  ASSERT_EQ(put(action("night", "at(2027-01-15T09:00:00)", 1, 2)), "");
  world_.advance(hours(1) - seconds(1));
  EXPECT_TRUE(activities().empty());
  world_.advance(seconds(1));
  const auto seen = activities();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[1].description, "Setting min capacity to 1 and max capacity to 2");
  EXPECT_EQ(seen[1].cause, "scheduled action name night was triggered");
  EXPECT_EQ(seen[1].status_code, "Successful");
  EXPECT_EQ(seen[1].status_message, "Successfully set min capacity to 1 and max capacity to 2");
  EXPECT_TRUE(seen[1].end_time);
  EXPECT_EQ(seen[0].description, "Setting desired count to 2.");
  EXPECT_EQ(seen[0].cause, "maximum capacity was set to 2");
  EXPECT_EQ(bounds(), std::pair(std::int64_t{1}, std::int64_t{2}));
  EXPECT_EQ(ecs_.tasks, 2);
}

TEST_F(ScheduledTest, R1_63_OneActivityWhenItDoesNot) {
  ASSERT_EQ(put(action("wide", "at(2027-01-15T09:00:00)", 0, 10)), "");
  world_.advance(hours(2));
  EXPECT_EQ(activities().size(), 1U);
  EXPECT_EQ(actions().size(), 1U) << "R2.24: a one-time action stays until it is deleted";
}

TEST_F(ScheduledTest, R2_23_OneBoundIsEnoughAndTheyMustFitWhenItRuns) {
  ASSERT_EQ(put(action("up", "at(2027-01-15T08:01:00)", 4, {})), "");
  world_.advance(minutes(1));
  EXPECT_EQ(ecs_.tasks, 4);
  EXPECT_EQ(bounds(), std::pair(std::int64_t{4}, std::int64_t{5}));
  ASSERT_EQ(put(action("wrong", "at(2027-01-15T08:05:00)", {}, 2)), "");
  world_.advance(minutes(5));
  EXPECT_EQ(activities().front().status_code, "Failed");
  EXPECT_EQ(activities().front().description, "Setting max capacity to 2");
  EXPECT_EQ(bounds(), std::pair(std::int64_t{4}, std::int64_t{5}));
}

TEST_F(ScheduledTest, R2_20_RateAndCronRecur) {
  ASSERT_EQ(put(action("up", "cron(0 9,11 * * ? *)", 4, 5)), "");
  ASSERT_EQ(put(action("down", "cron(0 10 * * ? *)", 1, 2)), "");
  world_.advance(hours(5));
  EXPECT_EQ(ecs_.log,
            (std::vector<std::pair<base::Duration, std::int64_t>>{{hours(1), 4}, {hours(2), 2}, {hours(3), 4}}));
}

TEST_F(ScheduledTest, R2_21_InTheTimeZoneOfTheAction) {
  auto input = action("morning", "cron(0 12 * * ? *)", 4, 5);
  input.timezone = "Europe/Berlin";
  ASSERT_EQ(put(input), "");
  world_.advance(hours(4));
  EXPECT_EQ(ecs_.log.at(0).first, hours(3)) << "12:00 CET is 11:00 UTC";
  input.timezone = "Mars/Olympus";
  EXPECT_EQ(put(input), "ValidationException: The time zone Mars/Olympus is not known.");
}

TEST_F(ScheduledTest, R1_43_CooldownsDoNotMatter) {
  ASSERT_EQ(put(action("a", "at(2027-01-15T08:01:00)", 4, 5)), "");
  ASSERT_EQ(put(action("b", "at(2027-01-15T08:02:00)", 1, 2)), "");
  world_.advance(minutes(2));
  EXPECT_EQ(ecs_.tasks, 2);
}

TEST_F(ScheduledTest, R1_5_SuspendedActionsAreNotReplayed) {
  ASSERT_EQ(put(action("up", "cron(0 9,11 * * ? *)", 4, 5)), "");
  auto suspend = target();
  suspend.suspended_state.emplace().scheduled_scaling_suspended = true;
  ASSERT_TRUE(world_.run<as::RegisterScalableTarget>(suspend));
  world_.advance(hours(2));
  suspend.suspended_state->scheduled_scaling_suspended = false;
  ASSERT_TRUE(world_.run<as::RegisterScalableTarget>(suspend));
  world_.advance(minutes(59));
  EXPECT_TRUE(ecs_.log.empty());
  world_.advance(minutes(1));
  EXPECT_EQ(ecs_.tasks, 4);
}

TEST_F(ScheduledTest, R2_25_AnUpdateDropsStartAndEndOnly) {
  auto input = action("n", "rate(1 hour)", 1, 2);
  input.start_time = kStart + hours(5);
  input.end_time = kStart + hours(9);
  input.timezone = "Europe/Berlin";
  ASSERT_EQ(put(input), "");
  const as::ScheduledAction first = actions().at(0);
  EXPECT_EQ(first.start_time, kStart + hours(5));
  EXPECT_TRUE(first.scheduled_action_arn.starts_with("arn:aws:autoscaling:us-east-1:000000000000:scheduledAction:"));
  EXPECT_TRUE(first.scheduled_action_arn.ends_with(":resource/ecs/service/c/s:scheduledActionName/n"));
  as::PutScheduledActionRequest update;
  update.service_namespace = "ecs";
  update.resource_id = kResource;
  update.scalable_dimension = kDimension;
  update.scheduled_action_name = "n";
  ASSERT_EQ(put(update), "");
  const as::ScheduledAction second = actions().at(0);
  EXPECT_FALSE(second.start_time);
  EXPECT_FALSE(second.end_time);
  EXPECT_EQ(second.schedule, "rate(1 hour)");
  EXPECT_EQ(second.timezone, "Europe/Berlin");
  EXPECT_EQ(second.scalable_target_action->max_capacity, 2);
  EXPECT_EQ(second.scheduled_action_arn, first.scheduled_action_arn);
}

TEST_F(ScheduledTest, R1_7_DeregisteringTakesThemAlong) {
  ASSERT_EQ(put(action("n", "rate(1 hour)", 1, 2)), "");
  ASSERT_TRUE(world_.run<as::DeregisterScalableTarget>({kResource, kDimension, "ecs"}));
  EXPECT_TRUE(actions().empty());
  EXPECT_TRUE(put(action("n", "rate(1 hour)", 1, 2)).starts_with("ObjectNotFoundException: No scalable target"));
}

TEST_F(ScheduledTest, R1_11_AtMost200OfATarget) {
  for (int i = 0; i < 200; ++i) ASSERT_EQ(put(action("n" + std::to_string(i), "rate(1 day)", 1, 2)), "");
  EXPECT_TRUE(put(action("more", "rate(1 day)", 1, 2)).starts_with("LimitExceededException"));
  EXPECT_EQ(actions().size(), 50U) << "a page";
}

TEST_F(ScheduledTest, NamesAreAsTheModelWantsThem) {
  for (const char* name : {" a", "a ", "a:b", "a/b", "a|b", "a\nb", "a\x7f", "a\xc2\x9f"}) {
    const std::string text = put(action(name, "rate(1 day)", 1, 2));
    EXPECT_TRUE(
        text.contains("at 'scheduledActionName' failed to satisfy constraint: Member must satisfy regular "
                      "expression pattern: (?!"))
        << name << ": " << text;
  }
  EXPECT_EQ(put(action("a b-\xc3\xa9", "rate(1 day)", 1, 2)), "");
}

TEST_F(ScheduledTest, Mistakes) {
  EXPECT_EQ(
      put(action("n", "cron(* * * * *)", 1, 2)),
      "ValidationException: The schedule expression cron(* * * * *) is invalid: a cron expression has six fields.");
  EXPECT_EQ(put(action("n", "rate(1 hour)", {}, {})),
            "ValidationException: At least one of MinCapacity and MaxCapacity must be specified");
  EXPECT_EQ(put(action("n", "rate(1 hour)", 3, 2)),
            "ValidationException: Maximum capacity cannot be less than minimum capacity");
  const auto gone = world_.run<as::DeleteScheduledAction>({kResource, kDimension, "none", "ecs"});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().shape->name, "ObjectNotFoundException");
}

}  // namespace
