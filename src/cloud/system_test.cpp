// The whole cloud under a virtual clock, with containers that are models: messages pile up, a service scales from one
// task to three, the queue is emptied, and it scales back.

#include <gtest/gtest.h>

#include <algorithm>

#include "api/autoscaling/operations.h"
#include "api/cloudwatch/operations.h"
#include "api/ec2/operations.h"
#include "api/ecs/operations.h"
#include "api/sqs/operations.h"
#include "cloud/cloud_for_test.h"

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kResource = "service/prod/worker";
constexpr const char* kDimension = "ecs:service:DesiredCount";

class SystemTest : public cloud::CloudForTest {
 protected:
  SystemTest() {
    model_.pull_delay = seconds(5);
    model_.cpu_used = 0.1;
  }

  void make_service();
  void make_policy();
  api::ecs::Service worker() {
    api::ecs::DescribeServicesRequest input;
    input.cluster = "prod";
    input.services = {"worker"};
    return ok<api::ecs::DescribeServices>(input).services->at(0);
  }
  std::vector<api::autoscaling::ScalingActivity> activities() {
    return *ok<api::autoscaling::DescribeScalingActivities>({.service_namespace = "ecs"}).scaling_activities;
  }

  std::string queue_url_;
};

void SystemTest::make_service() {
  queue_url_ = ok<api::sqs::CreateQueue>({.queue_name = "jobs"}).queue_url.value_or("");
  api::ec2::CreateVpcRequest vpc;
  vpc.cidr_block = "10.0.0.0/16";
  api::ec2::CreateSubnetRequest subnet;
  const std::string vpc_id = *ok<api::ec2::CreateVpc>(vpc).vpc->vpc_id;
  subnet.vpc_id = vpc_id;
  subnet.cidr_block = "10.0.1.0/24";
  // The image comes from outside, so the subnet needs a way there.
  const std::string gateway = *ok<api::ec2::CreateInternetGateway>({}).internet_gateway->internet_gateway_id;
  ok<api::ec2::AttachInternetGateway>({.internet_gateway_id = gateway, .vpc_id = vpc_id});
  api::ec2::CreateRouteRequest route;
  route.route_table_id = *ok<api::ec2::DescribeRouteTables>({}).route_tables->at(0).route_table_id;
  route.destination_cidr_block = "0.0.0.0/0";
  route.gateway_id = gateway;
  ok<api::ec2::CreateRoute>(route);
  const std::string subnet_id = *ok<api::ec2::CreateSubnet>(subnet).subnet->subnet_id;
  ok<api::ecs::CreateCluster>({.cluster_name = "prod"});
  api::ecs::RegisterTaskDefinitionRequest definition;
  definition.family = "worker";
  definition.cpu = "256";
  definition.memory = "512";
  definition.network_mode = "awsvpc";
  definition.requires_compatibilities = std::vector<std::string>{"FARGATE"};
  auto& container = definition.container_definitions.emplace_back();
  container.name = "app";
  container.image = "public.ecr.aws/example/app:1";
  ok<api::ecs::RegisterTaskDefinition>(definition);
  api::ecs::CreateServiceRequest service;
  service.cluster = "prod";
  service.service_name = "worker";
  service.task_definition = "worker";
  service.desired_count = 1;
  service.launch_type = "FARGATE";
  auto& network = service.network_configuration.emplace().awsvpc_configuration.emplace();
  network.subnets = {subnet_id};
  network.assign_public_ip = "ENABLED";
  ok<api::ecs::CreateService>(service);
}

void SystemTest::make_policy() {
  namespace as = api::autoscaling;
  as::RegisterScalableTargetRequest target;
  target.service_namespace = "ecs";
  target.resource_id = kResource;
  target.scalable_dimension = kDimension;
  target.min_capacity = 1;
  target.max_capacity = 3;
  ok<as::RegisterScalableTarget>(target);
  as::PutScalingPolicyRequest policy;
  policy.policy_name = "depth";
  policy.policy_type = "TargetTrackingScaling";
  policy.service_namespace = "ecs";
  policy.resource_id = kResource;
  policy.scalable_dimension = kDimension;
  auto& tracking = policy.target_tracking_scaling_policy_configuration.emplace();
  tracking.target_value = 5;
  auto& metric = tracking.customized_metric_specification.emplace();
  metric.namespace_ = "AWS/SQS";
  metric.metric_name = "ApproximateNumberOfMessagesVisible";
  metric.dimensions = std::vector<as::MetricDimension>{{"QueueName", "jobs"}};
  metric.statistic = "Average";
  ok<as::PutScalingPolicy>(policy);
}

TEST_F(SystemTest, AQueueScalesItsWorkers) {
  make_service();
  make_policy();
  run(minutes(5));
  ASSERT_EQ(worker().running_count, 1);

  for (int i = 0; i < 30; ++i) ok<api::sqs::SendMessage>({.message_body = "job", .queue_url = queue_url_});
  const auto out = run_until(minutes(10), [&] { return worker().desired_count == 3; });
  EXPECT_GT(out, minutes(3));
  EXPECT_LT(out, minutes(6));
  run_until(minutes(2), [&] { return worker().running_count == 3; });
  EXPECT_EQ(worker().running_count, 3);
  run(minutes(2));

  ok<api::sqs::PurgeQueue>({queue_url_});
  const auto in = run_until(minutes(30), [&] { return worker().desired_count == 1; });
  EXPECT_GT(in, minutes(14));
  EXPECT_LT(in, minutes(18));
  run(minutes(2));
  EXPECT_EQ(worker().running_count, 1);

  const auto seen = activities();
  ASSERT_EQ(seen.size(), 2U);
  for (const auto& activity : seen) EXPECT_EQ(activity.status_code, "Successful") << activity.description;
  const auto events = *worker().events;
  EXPECT_TRUE(std::ranges::any_of(events, [](const auto& event) {
    return event.message->starts_with(
        "Message: Successfully set desired count to 3. Change successfully fulfilled by ecs. Cause: monitor alarm "
        "TargetTracking-service/prod/worker-AlarmHigh-");
  }));
}

TEST_F(SystemTest, TasksAreMeasured) {
  make_service();
  run(minutes(5));
  api::cloudwatch::GetMetricStatisticsInput input;
  input.namespace_ = "AWS/ECS";
  input.metric_name = "CPUUtilization";
  input.dimensions = std::vector<api::cloudwatch::Dimension>{{"ClusterName", "prod"}, {"ServiceName", "worker"}};
  input.start_time = clock_.time - minutes(3);
  input.end_time = clock_.time;
  input.period = 60;
  input.statistics = std::vector<std::string>{"SampleCount", "Average"};
  const auto points = *ok<api::cloudwatch::GetMetricStatistics>(input).datapoints;
  ASSERT_FALSE(points.empty());
  EXPECT_EQ(points[0].sample_count, 1);
  EXPECT_NEAR(*points[0].average, 40, 1);  // 0.1 of 0.25 vCPU
}

TEST_F(SystemTest, ARefusedWriteSaysWhy) {
  store_.fail_write_after(0);
  std::optional<base::Fault> fault;
  cloud_.submit({&api::sqs::CreateQueue::operation(), api::Object::of(api::sqs::CreateQueueRequest{.queue_name = "q"}),
                 service::Call()},
                {[&](service::Answer answer) { fault = answer.result.error(); }, nullptr});
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->shape->http_status, 500);
  EXPECT_EQ(fault->message,
            "The request processing has failed because of a failure of the store: injected: write refused.");
}

}  // namespace
