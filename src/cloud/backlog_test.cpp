// Backlog per task: target tracking on metric math, by the recipe of the user guide (R7.1), and its traps. The services
// are the real ones; only ECS and the metrics are played.

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

// Every change of the desired count is there at once.
struct Ecs : service::Service {
  void register_operations(service::Registry& registry) override {
    registry.on<api::ecs::DescribeServices>(
        [this](const api::ecs::DescribeServicesRequest&,
               service::Context&) -> base::Outcome<api::ecs::DescribeServicesResponse> {
          api::ecs::Service found;
          found.status = "ACTIVE";
          found.desired_count = found.running_count = tasks;
          found.deployments.emplace().emplace_back().rollout_state = "COMPLETED";
          api::ecs::DescribeServicesResponse output;
          output.services = std::vector{found};
          return output;
        });
    registry.on<api::ecs::UpdateService>([this](const api::ecs::UpdateServiceRequest& input,
                                                service::Context&) -> base::Outcome<api::ecs::UpdateServiceResponse> {
      tasks = *input.desired_count;
      log.push_back(tasks);
      return api::ecs::UpdateServiceResponse{};
    });
  }
  std::vector<service::TableBase*> tables() override { return {}; }
  std::int64_t tasks = 0;
  std::vector<std::int64_t> log;
};

class BacklogPerTask : public ::testing::Test {
 protected:
  BacklogPerTask()
      : autoscaling_(autoscaling::make_service(nullptr)),
        actions_(*autoscaling_),
        cloudwatch_(cloudwatch::make_service(actions_)) {
    world_.add(ecs_);
    world_.add(*cloudwatch_);
    world_.add(*autoscaling_);
    as::RegisterScalableTargetRequest input;
    input.service_namespace = "ecs";
    input.resource_id = "service/c/s";
    input.scalable_dimension = "ecs:service:DesiredCount";
    input.min_capacity = 0;
    input.max_capacity = 20;
    EXPECT_TRUE(world_.run<as::RegisterScalableTarget>(input));
  }

  static as::TargetTrackingMetricDataQuery metric(const std::string& id, const std::string& name_space,
                                                  const std::string& name, const std::string& stat) {
    as::TargetTrackingMetricDataQuery query;
    query.id = id;
    query.return_data = false;
    query.metric_stat.emplace();
    query.metric_stat->metric.namespace_ = name_space;
    query.metric_stat->metric.metric_name = name;
    query.metric_stat->stat = stat;
    return query;
  }
  static as::PutScalingPolicyRequest policy(double target, const std::string& expression) {
    as::PutScalingPolicyRequest input;
    input.policy_name = "backlog";
    input.policy_type = "TargetTrackingScaling";
    input.service_namespace = "ecs";
    input.resource_id = "service/c/s";
    input.scalable_dimension = "ecs:service:DesiredCount";
    auto& tracking = input.target_tracking_scaling_policy_configuration.emplace();
    tracking.target_value = target;
    tracking.scale_in_cooldown = tracking.scale_out_cooldown = 60;
    as::TargetTrackingMetricDataQuery math;
    math.id = "e1";
    math.expression = expression;
    tracking.customized_metric_specification.emplace().metrics =
        std::vector{metric("m1", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Sum"),
                    metric("m2", "ECS/ContainerInsights", "RunningTaskCount", "Average"), math};
    return input;
  }
  // Each minute the queue's length and the number of tasks are measured at its end.
  void run(int count, double visible, bool measures_tasks = true) {
    for (int i = 0; i < count; ++i) {
      world_.advance(minutes(1));
      world_.turn([&](service::Context& ctx) {
        auto& sink = cloudwatch_->sink();
        EXPECT_TRUE(sink.put(ctx, {"AWS/SQS", "ApproximateNumberOfMessagesVisible", {}}, "Count", ctx.now - seconds(1),
                             cloudwatch::StatisticSet::of(visible)));
        if (!measures_tasks) return;
        EXPECT_TRUE(sink.put(ctx, {"ECS/ContainerInsights", "RunningTaskCount", {}}, "Count", ctx.now - seconds(1),
                             cloudwatch::StatisticSet::of(static_cast<double>(ecs_.tasks))));
      });
    }
  }
  cw::MetricAlarm alarm(std::size_t index) { return world_.run<cw::DescribeAlarms>({})->metric_alarms->at(index); }

  service::WorldForTest world_{kStart};
  Ecs ecs_;
  std::unique_ptr<autoscaling::Service> autoscaling_;
  cloud::AlarmActions actions_;
  std::unique_ptr<cloudwatch::Service> cloudwatch_;
};

TEST_F(BacklogPerTask, R1_3_TheAlarmsWatchTheExpressionByTheMinute) {
  ASSERT_TRUE(world_.run<as::PutScalingPolicy>(policy(10, "m1 / m2")));
  const cw::MetricAlarm high = alarm(0);
  ASSERT_EQ(high.metrics->size(), 3U);
  EXPECT_EQ(high.metrics->at(0).metric_stat->period, 60);
  EXPECT_EQ(high.metrics->at(0).metric_stat->stat, "Sum");
  EXPECT_EQ(high.metrics->at(2).expression, "m1 / m2");
  EXPECT_FALSE(high.metric_name);
  EXPECT_EQ(high.threshold, 10);
  EXPECT_EQ(alarm(1).threshold, 9);
  EXPECT_EQ(alarm(1).evaluation_periods, 15);
}

TEST_F(BacklogPerTask, R7_2_IsVisibleByTarget) {
  ecs_.tasks = 2;
  ASSERT_TRUE(world_.run<as::PutScalingPolicy>(policy(10, "m1 / m2")));
  run(5, 95);
  EXPECT_EQ(ecs_.log, std::vector<std::int64_t>{10}) << "ceil(95 / 10)";
  run(20, 45);
  EXPECT_EQ(ecs_.log, (std::vector<std::int64_t>{10, 5}));
}

TEST_F(BacklogPerTask, R7_3_StaysAtZero) {
  ASSERT_TRUE(world_.run<as::PutScalingPolicy>(policy(10, "m1 / m2")));
  run(15, 500);
  EXPECT_TRUE(ecs_.log.empty()) << "no tasks, no backlog per task";
  EXPECT_EQ(alarm(0).state_value, "INSUFFICIENT_DATA");
}

TEST_F(BacklogPerTask, R1_25_FromZeroAndBack) {
  ASSERT_TRUE(world_.run<as::PutScalingPolicy>(policy(10, "IF(m2 > 0, m1 / m2, m1)")));
  run(5, 95);
  ASSERT_FALSE(ecs_.log.empty());
  EXPECT_EQ(ecs_.log.front(), 1) << "from nothing by the smallest possible amount";
  run(6, 95);
  EXPECT_EQ(ecs_.tasks, 10) << "then by the metric";
  run(20, 0);
  EXPECT_EQ(ecs_.tasks, 0) << "real zeros scale in to 0";
}

TEST_F(BacklogPerTask, R1_25_WithoutTheTaskMetricFillHelps) {
  ASSERT_TRUE(world_.run<as::PutScalingPolicy>(policy(10, "IF(m2 > 0, m1 / m2, m1)")));
  run(8, 95, false);
  EXPECT_TRUE(ecs_.log.empty()) << "a condition that is missing gives no point";
  ASSERT_TRUE(world_.run<as::PutScalingPolicy>(policy(10, "IF(FILL(m2, 0) > 0, m1 / m2, m1)")));
  run(5, 95, false);
  ASSERT_FALSE(ecs_.log.empty());
  EXPECT_EQ(ecs_.log.front(), 1);
}

TEST_F(BacklogPerTask, R1_24_RawQueueLengthOverScales) {
  ecs_.tasks = 4;
  ASSERT_TRUE(world_.run<as::PutScalingPolicy>(policy(20, "m1")));
  run(4, 100);
  EXPECT_EQ(ecs_.log, std::vector<std::int64_t>{20}) << "ceil(4 * 100 / 20)";
}

TEST_F(BacklogPerTask, RefusesWhatIsNoMetricMath) {
  const auto refusal = [&](as::PutScalingPolicyRequest input) {
    const auto put = world_.run<as::PutScalingPolicy>(std::move(input));
    return put ? "accepted" : std::string(put.error().shape->name) + ": " + put.error().message;
  };
  EXPECT_EQ(refusal(policy(10, "m1 / m3")),
            "ValidationException: Error in expression 'e1': there is no query with the id m3.");
  auto two = policy(10, "m1 / m2");
  two.target_tracking_scaling_policy_configuration->customized_metric_specification->metrics->at(0).return_data = true;
  EXPECT_EQ(refusal(two), "ValidationException: Exactly one of the metrics must have ReturnData set to true");
  auto mixed = policy(10, "m1 / m2");
  mixed.target_tracking_scaling_policy_configuration->customized_metric_specification->metric_name = "m";
  EXPECT_EQ(refusal(mixed),
            "ValidationException: Metrics must not be specified together with MetricName, Namespace, Dimensions, "
            "Statistic or Unit");
  ASSERT_EQ(refusal(policy(10, "m1 / m2")), "accepted");
  auto again = policy(12, "m1 / m2");
  again.policy_name = "again";
  EXPECT_EQ(refusal(again),
            "ValidationException: Only one TargetTrackingScaling policy for a given metric specification is allowed.")
      << "R1.8";
}

}  // namespace
