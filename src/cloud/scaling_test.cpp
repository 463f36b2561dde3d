// Queue depth -> alarm -> scaling policy -> desired count and back, under a virtual clock. The services are the real
// ones; only ECS is played by the test.

#include <gtest/gtest.h>

#include "api/autoscaling/operations.h"
#include "api/cloudwatch/operations.h"
#include "api/ecs/operations.h"
#include "autoscaling/service.h"
#include "cloud/adapters/alarm_actions.h"
#include "cloudwatch/service.h"
#include "service/world_for_test.h"

namespace {

namespace as = api::autoscaling;
namespace cw = api::cloudwatch;
using std::chrono::minutes;
using std::chrono::seconds;

const base::TimePoint kStart = base::from_unix_seconds(1'800'000'000);
constexpr const char* kResource = "service/prod/worker";
constexpr const char* kDimension = "ecs:service:DesiredCount";

// Tasks are there `start_time` after they are asked for.
class FakeEcs : public service::Service {
 public:
  void register_operations(service::Registry& registry) override {
    registry.on<api::ecs::DescribeServices>(
        [this](const api::ecs::DescribeServicesRequest& input,
               service::Context& ctx) -> base::Outcome<api::ecs::DescribeServicesResponse> {
          api::ecs::DescribeServicesResponse output;
          output.services.emplace();
          if (input.cluster == "prod" && input.services.at(0) == "worker" && exists) {
            if (ctx.now >= changed_at + start_time) running = desired;
            api::ecs::Service found;
            found.status = "ACTIVE";
            found.desired_count = desired;
            found.running_count = running;
            api::ecs::Deployment deployment;
            deployment.rollout_state = deploying ? "IN_PROGRESS" : "COMPLETED";
            found.deployments = std::vector{deployment};
            output.services->push_back(found);
          }
          return output;
        });
    registry.on<api::ecs::UpdateService>(
        [this](const api::ecs::UpdateServiceRequest& input,
               service::Context& ctx) -> base::Outcome<api::ecs::UpdateServiceResponse> {
          if (!refusal.empty()) return base::fault(api::ecs::faults::ServiceNotActiveException, refusal);
          ctx.change.on_undo([this, was = desired, at = changed_at] {
            desired = was;
            changed_at = at;
            log.pop_back();
          });
          desired = *input.desired_count;
          changed_at = ctx.now;
          log.push_back(desired);
          return api::ecs::UpdateServiceResponse{};
        });
  }
  std::vector<service::TableBase*> tables() override { return {}; }

  std::int64_t desired = 1;
  std::int64_t running = 1;
  bool exists = true;
  bool deploying = false;
  base::TimePoint changed_at = base::TimePoint(base::Duration(0));
  base::Duration start_time = seconds(20);
  std::string refusal;
  std::vector<std::int64_t> log;
};

struct Events : autoscaling::ServiceEvents {
  void add(service::Context&, const std::string& cluster, const std::string& service,
           const std::string& message) override {
    seen.push_back(cluster + "/" + service + ": " + message);
  }
  std::vector<std::string> seen;
};

class ScalingTest : public ::testing::Test {
 protected:
  ScalingTest()
      : autoscaling_(autoscaling::make_service(&events_)),
        actions_(std::make_unique<cloud::AlarmActions>(*autoscaling_)),
        cloudwatch_(cloudwatch::make_service(*actions_)) {
    world_.add(ecs_);
    world_.add(*cloudwatch_);
    world_.add(*autoscaling_);
  }

  // Each minute: the queue's depth is measured at its end, as SQS does.
  void run(int count, double depth) {
    for (int i = 0; i < count; ++i) {
      world_.advance(minutes(1));
      world_.turn([&](service::Context& ctx) {
        EXPECT_TRUE(cloudwatch_->sink().put(ctx,
                                            {"AWS/SQS", "ApproximateNumberOfMessagesVisible", {{"QueueName", "q"}}},
                                            "Count", ctx.now - seconds(1), cloudwatch::StatisticSet::of(depth)));
      });
    }
  }
  base::Outcome<as::RegisterScalableTargetResponse> bound(std::optional<std::int64_t> min,
                                                          std::optional<std::int64_t> max) {
    as::RegisterScalableTargetRequest input;
    input.service_namespace = "ecs";
    input.resource_id = kResource;
    input.scalable_dimension = kDimension;
    input.min_capacity = min;
    input.max_capacity = max;
    return world_.run<as::RegisterScalableTarget>(input);
  }
  static as::PutScalingPolicyRequest policy(double target, const std::string& name = "depth") {
    as::PutScalingPolicyRequest input;
    input.policy_name = name;
    input.policy_type = "TargetTrackingScaling";
    input.service_namespace = "ecs";
    input.resource_id = kResource;
    input.scalable_dimension = kDimension;
    auto& tracking = input.target_tracking_scaling_policy_configuration.emplace();
    tracking.target_value = target;
    tracking.scale_out_cooldown = 60;
    tracking.scale_in_cooldown = 60;
    auto& metric = tracking.customized_metric_specification.emplace();
    metric.namespace_ = "AWS/SQS";
    metric.metric_name = "ApproximateNumberOfMessagesVisible";
    metric.dimensions = std::vector<as::MetricDimension>{{"QueueName", "q"}};
    metric.statistic = "Average";
    return input;
  }
  std::vector<as::ScalingActivity> activities(bool not_scaled = false) {
    as::DescribeScalingActivitiesRequest input;
    input.service_namespace = "ecs";
    input.include_not_scaled_activities = not_scaled;
    return *world_.run<as::DescribeScalingActivities>(input)->scaling_activities;
  }
  cw::MetricAlarm alarm(std::size_t index) { return world_.run<cw::DescribeAlarms>({})->metric_alarms->at(index); }
  // Calls the policy's high or low alarm by hand, with data as CloudWatch would write it.
  void force(std::size_t index, const std::string& reason_data) {
    cw::SetAlarmStateInput input;
    input.alarm_name = *alarm(index).alarm_name;
    input.state_value = "ALARM";
    input.state_reason = "test";
    input.state_reason_data = reason_data;
    ASSERT_TRUE(world_.run<cw::SetAlarmState>(input));
  }
  // Other processes on the same disk: the services begin again with what the store holds.
  void restart() {
    world_.forget_services();
    autoscaling_ = autoscaling::make_service(&events_);
    actions_ = std::make_unique<cloud::AlarmActions>(*autoscaling_);
    cloudwatch_ = cloudwatch::make_service(*actions_);
    world_.add(ecs_);
    world_.add(*cloudwatch_);
    world_.add(*autoscaling_);
    world_.recover();
  }
  template <class Op>
  std::string refusal(typename Op::Input input) {
    const auto outcome = world_.run<Op>(std::move(input));
    return outcome ? "accepted" : std::string(outcome.error().shape->name) + ": " + outcome.error().message;
  }

  service::WorldForTest world_{kStart};
  FakeEcs ecs_;
  Events events_;
  std::unique_ptr<autoscaling::Service> autoscaling_;
  std::unique_ptr<cloud::AlarmActions> actions_;
  std::unique_ptr<cloudwatch::Service> cloudwatch_;
};

TEST_F(ScalingTest, OneToThreeAndBackToOne) {
  ASSERT_TRUE(bound(1, 3));
  const auto put = world_.run<as::PutScalingPolicy>(policy(5));
  ASSERT_TRUE(put) << put.error().message;
  const std::string high = put->alarms->at(0).alarm_name;
  const std::string low = put->alarms->at(1).alarm_name;

  run(10, 0);
  EXPECT_EQ(ecs_.desired, 1);
  const base::TimePoint burst = world_.now;
  run(8, 20);
  EXPECT_EQ(ecs_.log, std::vector<std::int64_t>{3});
  // Three periods of a minute, their settling, and the alarm's second within the minute.
  EXPECT_GT(ecs_.changed_at - burst, minutes(3));
  EXPECT_LT(ecs_.changed_at - burst, minutes(4) + seconds(11));

  const base::TimePoint drained = world_.now;
  run(20, 0);
  EXPECT_EQ(ecs_.log, (std::vector<std::int64_t>{3, 1}));
  EXPECT_GT(ecs_.changed_at - drained, minutes(14));
  EXPECT_LT(ecs_.changed_at - drained, minutes(17));

  const auto seen = activities();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[1].description, "Setting desired count to 3.");
  EXPECT_EQ(seen[1].cause, "monitor alarm " + high + " in state ALARM triggered policy depth");
  EXPECT_EQ(seen[1].status_code, "Successful");
  EXPECT_EQ(seen[1].status_message, "Successfully set desired count to 3. Change successfully fulfilled by ecs.");
  EXPECT_EQ(*seen[1].end_time - seen[1].start_time, seconds(32));
  EXPECT_EQ(seen[0].description, "Setting desired count to 1.");
  EXPECT_EQ(seen[0].cause, "monitor alarm " + low + " in state ALARM triggered policy depth");
  ASSERT_EQ(events_.seen.size(), 2U);
  EXPECT_EQ(events_.seen[0],
            "prod/worker: Message: Successfully set desired count to 3. Change successfully fulfilled by ecs. Cause: "
            "monitor alarm " +
                high + " in state ALARM triggered policy depth");
}

TEST_F(ScalingTest, GoesOnAfterARestartInEveryMinute) {
  ASSERT_TRUE(bound(1, 3));
  ASSERT_TRUE(world_.run<as::PutScalingPolicy>(policy(5)));
  for (const auto& [count, depth] : {std::pair(3, 0.0), std::pair(8, 20.0), std::pair(20, 0.0)}) {
    for (int i = 0; i < count; ++i) {
      run(1, depth);
      restart();
    }
  }
  EXPECT_EQ(ecs_.log, (std::vector<std::int64_t>{3, 1}));
  EXPECT_EQ(activities().size(), 2U);
  EXPECT_EQ(activities().at(1).status_code, "Successful");
}

TEST_F(ScalingTest, ComesThroughARefusedWriteAnywhere) {
  for (std::uint64_t refused = 0; refused < 40; ++refused) {
    ecs_.desired = ecs_.running = 1;
    ecs_.log.clear();
    restart();
    ASSERT_TRUE(bound(1, 3));
    ASSERT_TRUE(world_.run<as::PutScalingPolicy>(policy(5)));
    run(3, 0);
    world_.store.fail_write_after(refused);
    run(10, 20);
    run(20, 0);
    EXPECT_EQ(ecs_.log, (std::vector<std::int64_t>{3, 1})) << "write " << refused << " refused";
    ASSERT_TRUE(world_.run<as::DeregisterScalableTarget>({kResource, kDimension, "ecs"}));
  }
}

TEST_F(ScalingTest, AlarmsAreAwsTargetTrackingAlarms) {
  ASSERT_TRUE(bound(1, 3));
  const auto put = world_.run<as::PutScalingPolicy>(policy(70));
  ASSERT_TRUE(put);
  const cw::MetricAlarm high = alarm(0);
  const cw::MetricAlarm low = alarm(1);
  EXPECT_TRUE(high.alarm_name->starts_with("TargetTracking-service/prod/worker-AlarmHigh-"));
  EXPECT_TRUE(low.alarm_name->starts_with("TargetTracking-service/prod/worker-AlarmLow-"));
  EXPECT_EQ(high.comparison_operator, "GreaterThanThreshold");
  EXPECT_EQ(low.comparison_operator, "LessThanThreshold");
  EXPECT_EQ(high.threshold, 70);
  EXPECT_EQ(low.threshold, 63);
  EXPECT_EQ(high.evaluation_periods, 3);
  EXPECT_EQ(low.evaluation_periods, 15);
  EXPECT_FALSE(high.datapoints_to_alarm);
  const std::string action = high.alarm_actions->at(0);
  EXPECT_TRUE(action.starts_with(put->policy_arn + ":createdBy/")) << action;
  EXPECT_TRUE(put->policy_arn.ends_with(":resource/ecs/service/prod/worker:policyName/depth"));
  EXPECT_EQ(high.alarm_description, "DO NOT EDIT OR DELETE. For TargetTrackingScaling policy " + action + ".");
  EXPECT_EQ(put->alarms->at(0).alarm_arn,
            "arn:aws:cloudwatch:us-east-1:000000000000:alarm:" + put->alarms->at(0).alarm_name);
}

TEST_F(ScalingTest, AnUpdateReplacesTheAlarms) {
  ASSERT_TRUE(bound(1, 3));
  const auto first = world_.run<as::PutScalingPolicy>(policy(70));
  const auto second = world_.run<as::PutScalingPolicy>(policy(50));
  EXPECT_EQ(first->policy_arn, second->policy_arn);
  EXPECT_NE(first->alarms->at(0).alarm_name, second->alarms->at(0).alarm_name);
  EXPECT_EQ(world_.run<cw::DescribeAlarms>({})->metric_alarms->size(), 2U);
  auto one_way = policy(50);
  one_way.target_tracking_scaling_policy_configuration->disable_scale_in = true;
  EXPECT_EQ(world_.run<as::PutScalingPolicy>(one_way)->alarms->size(), 1U);
  ASSERT_TRUE(world_.run<as::DeregisterScalableTarget>({kResource, kDimension, "ecs"}));
  EXPECT_TRUE(world_.run<cw::DescribeAlarms>({})->metric_alarms->empty());
  EXPECT_TRUE(world_.run<as::DescribeScalingPolicies>({.service_namespace = "ecs"})->scaling_policies->empty());
}

TEST_F(ScalingTest, NotScaledIsNotedOnceAndOnlyOnDemand) {
  ASSERT_TRUE(bound(1, 1));
  ASSERT_TRUE(world_.run<as::PutScalingPolicy>(policy(5)));
  run(12, 50);
  EXPECT_TRUE(ecs_.log.empty());
  EXPECT_TRUE(activities().empty());
  const auto seen = activities(true);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].description, "Attempting to scale due to alarm triggered");
  EXPECT_EQ(seen[0].status_code, "Failed");
  EXPECT_FALSE(seen[0].status_message);
  EXPECT_EQ(seen[0].not_scaled_reasons->at(0).code, "AlreadyAtMaxCapacity");
  EXPECT_EQ(seen[0].not_scaled_reasons->at(0).max_capacity, 1);
}

TEST_F(ScalingTest, SuspensionHoldsUntilItIsLifted) {
  ASSERT_TRUE(bound(1, 3));
  as::RegisterScalableTargetRequest suspend;
  suspend.service_namespace = "ecs";
  suspend.resource_id = kResource;
  suspend.scalable_dimension = kDimension;
  suspend.suspended_state.emplace().dynamic_scaling_out_suspended = true;
  ASSERT_TRUE(world_.run<as::RegisterScalableTarget>(suspend));
  ASSERT_TRUE(world_.run<as::PutScalingPolicy>(policy(5)));
  run(8, 50);
  EXPECT_TRUE(ecs_.log.empty());
  suspend.suspended_state->dynamic_scaling_out_suspended = false;
  ASSERT_TRUE(world_.run<as::RegisterScalableTarget>(suspend));
  run(1, 50);
  EXPECT_EQ(ecs_.log, std::vector<std::int64_t>{3});
}

TEST_F(ScalingTest, BoundsMoveTheCapacity) {
  ASSERT_TRUE(bound(2, 5));
  EXPECT_EQ(ecs_.desired, 2);
  EXPECT_EQ(activities().at(0).cause, "minimum capacity was set to 2");
  EXPECT_EQ(activities().at(0).status_message,
            "Successfully set desired count to 2. Waiting for change to be fulfilled by ecs.");
  ASSERT_TRUE(bound(0, 1));
  EXPECT_EQ(ecs_.desired, 1);
  EXPECT_EQ(activities().at(0).cause, "maximum capacity was set to 1");
  EXPECT_EQ(activities().at(1).status_code, "Overridden");
  EXPECT_EQ(activities().at(1).status_message, "Successfully set desired count to 2. Found it was later changed to 1.");
}

TEST_F(ScalingTest, SomebodyElsesChangeOverrides) {
  ASSERT_TRUE(bound(2, 5));
  ecs_.desired = 7;
  world_.advance(seconds(40));
  EXPECT_EQ(activities().at(0).status_code, "Overridden");
  EXPECT_EQ(activities().at(0).status_message, "Successfully set desired count to 2. Found it was later changed to 7.");
}

TEST_F(ScalingTest, ARefusedUpdateIsAFailedActivity) {
  ecs_.refusal = "Service was not ACTIVE.";
  ASSERT_TRUE(bound(2, 5));
  EXPECT_EQ(activities().at(0).status_code, "Failed");
  EXPECT_EQ(activities().at(0).status_message, "Failed to set desired count to 2. Reason: Service was not ACTIVE.");
}

TEST_F(ScalingTest, AnAlarmWithoutFreshPointsFails) {
  ASSERT_TRUE(bound(1, 3));
  ASSERT_TRUE(world_.run<as::PutScalingPolicy>(policy(5)));
  force(0, R"({"queryDate":"2027-01-15T08:00:00.000+0000","recentDatapoints":[],"threshold":5.0})");
  const auto history = world_.run<cw::DescribeAlarmHistory>({});
  EXPECT_EQ(history->alarm_history_items->at(0).history_summary,
            "Failed to execute AutoScaling action: Metric data points must be provided");
  EXPECT_TRUE(ecs_.log.empty());
}

TEST_F(ScalingTest, HandMadeReasonDataScales) {
  ASSERT_TRUE(bound(1, 3));
  ASSERT_TRUE(world_.run<as::PutScalingPolicy>(policy(5)));
  force(0, R"({"queryDate":"2027-01-15T08:00:00.000+0000","recentDatapoints":[8.0,null,12.0],"threshold":5.0})");
  EXPECT_EQ(ecs_.log, std::vector<std::int64_t>{2});
}

TEST_F(ScalingTest, ScaleInTakesAllPolicies) {
  ecs_.desired = ecs_.running = 3;
  ASSERT_TRUE(bound(1, 3));
  ASSERT_TRUE(world_.run<as::PutScalingPolicy>(policy(5)));
  auto cpu = policy(50, "cpu");
  cpu.target_tracking_scaling_policy_configuration->customized_metric_specification.reset();
  cpu.target_tracking_scaling_policy_configuration->predefined_metric_specification =
      as::PredefinedMetricSpecification{"ECSServiceAverageCPUUtilization", {}};
  ASSERT_TRUE(world_.run<as::PutScalingPolicy>(cpu));
  run(20, 0);
  EXPECT_TRUE(ecs_.log.empty()) << "the CPU policy has no data";
  ASSERT_TRUE(world_.run<as::DeleteScalingPolicy>({"cpu", kResource, kDimension, "ecs"}));
  run(2, 0);
  EXPECT_EQ(ecs_.log, std::vector<std::int64_t>{1});
}

TEST_F(ScalingTest, ADeploymentStopsScaleIn) {
  ecs_.desired = ecs_.running = 3;
  ecs_.deploying = true;
  ASSERT_TRUE(bound(1, 3));
  ASSERT_TRUE(world_.run<as::PutScalingPolicy>(policy(5)));
  run(20, 0);
  EXPECT_TRUE(ecs_.log.empty());
  EXPECT_EQ(activities(true).at(0).not_scaled_reasons->at(0).code, "TargetServicePutResourceAsUnscalable");
  ecs_.deploying = false;
  run(2, 0);
  EXPECT_EQ(ecs_.log, std::vector<std::int64_t>{1});
}

TEST_F(ScalingTest, StepPoliciesAreCalledByTheUsersAlarm) {
  ASSERT_TRUE(bound(1, 9));
  as::PutScalingPolicyRequest input = policy(1, "steps");
  input.policy_type = "StepScaling";
  input.target_tracking_scaling_policy_configuration.reset();
  auto& steps = input.step_scaling_policy_configuration.emplace();
  steps.adjustment_type = "ChangeInCapacity";
  steps.cooldown = 60;
  steps.step_adjustments = std::vector<as::StepAdjustment>{{0, 10, 1}, {10, {}, 3}};
  const auto put = world_.run<as::PutScalingPolicy>(input);
  ASSERT_TRUE(put) << put.error().message;
  cw::PutMetricAlarmInput mine;
  mine.alarm_name = "deep";
  mine.namespace_ = "AWS/SQS";
  mine.metric_name = "ApproximateNumberOfMessagesVisible";
  mine.dimensions = std::vector<cw::Dimension>{{"QueueName", "q"}};
  mine.statistic = "Maximum";
  mine.period = 60;
  mine.evaluation_periods = 1;
  mine.threshold = 5;
  mine.comparison_operator = "GreaterThanOrEqualToThreshold";
  mine.alarm_actions = std::vector<std::string>{put->policy_arn};
  ASSERT_TRUE(world_.run<cw::PutMetricAlarm>(mine));
  run(3, 100);
  EXPECT_EQ(ecs_.log, std::vector<std::int64_t>{4});
  EXPECT_EQ(activities().back().cause, "monitor alarm deep in state ALARM triggered policy steps");
}

TEST_F(ScalingTest, RefusesWhatAwsRefuses) {
  EXPECT_EQ(refusal<as::PutScalingPolicy>(policy(5)),
            "ObjectNotFoundException: No scalable target registered for service namespace: ecs, resource ID: "
            "service/prod/worker, scalable dimension: ecs:service:DesiredCount");
  ecs_.exists = false;
  EXPECT_EQ(bound(1, 3).error().message, "ECS service doesn't exist: service/prod/worker");
  ecs_.exists = true;
  EXPECT_FALSE(bound(1, {}));
  EXPECT_FALSE(bound(4, 3));
  ASSERT_TRUE(bound(1, 3));
  ASSERT_TRUE(world_.run<as::PutScalingPolicy>(policy(5)));
  EXPECT_EQ(refusal<as::PutScalingPolicy>(policy(6, "again")),
            "ValidationException: Only one TargetTrackingScaling policy for a given metric specification is allowed.");
  EXPECT_TRUE(refusal<as::DeleteScalingPolicy>({"none", kResource, kDimension, "ecs"})
                  .starts_with("ObjectNotFoundException: No scaling policy found for"));
  EXPECT_TRUE(refusal<as::DescribeScalableTargets>({.service_namespace = "dynamodb"})
                  .starts_with("UnsupportedOperation: Scalable targets of the service namespace dynamodb"));
  EXPECT_EQ(world_.run<cw::DescribeAlarms>({})->metric_alarms->size(), 2U);
}

TEST_F(ScalingTest, DescribesTargets) {
  ASSERT_TRUE(bound(1, 3));
  const auto target = world_.run<as::DescribeScalableTargets>({.service_namespace = "ecs"})->scalable_targets->at(0);
  EXPECT_EQ(target.role_arn,
            "arn:aws:iam::000000000000:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"
            "AWSServiceRoleForApplicationAutoScaling_ECSService");
  EXPECT_EQ(target.scalable_target_arn->size(),
            std::string("arn:aws:application-autoscaling:us-east-1:000000000000:scalable-target/").size() + 36);
  EXPECT_EQ(target.suspended_state->dynamic_scaling_in_suspended, false);
  ASSERT_TRUE(world_.run<as::TagResource>({*target.scalable_target_arn, {{"a", "b"}}}));
  EXPECT_EQ(world_.run<as::ListTagsForResource>({*target.scalable_target_arn})->tags->at("a"), "b");
}

}  // namespace
