// Whole systems, from template to advice.

#include "sim/simulate.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/page.h"
#include "sim/picture.h"
#include "sim/prices.h"
#include "sim/report.h"
#include "sim/what_if.h"
#include "wire/json.h"

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// A queue, and a service of one to `MaxCapacity` tasks that follows its length.
constexpr const char* kTemplate = R"(
Parameters:
  MaxCapacity: {Type: Number, Default: 3}
  Target: {Type: Number, Default: 5}
  Visibility: {Type: Number, Default: 120}
  Metric: {Type: String, Default: ApproximateNumberOfMessagesVisible}
Resources:
  VPC: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Gateway: {Type: AWS::EC2::InternetGateway}
  Attached:
    Type: AWS::EC2::VPCGatewayAttachment
    Properties: {VpcId: !Ref VPC, InternetGatewayId: !Ref Gateway}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref VPC, CidrBlock: 10.0.1.0/24}}
  Routes: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref VPC}}
  Out:
    Type: AWS::EC2::Route
    DependsOn: Attached
    Properties: {RouteTableId: !Ref Routes, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway}
  Association:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: {SubnetId: !Ref Subnet, RouteTableId: !Ref Routes}
  DeadLetters: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: jobs
      VisibilityTimeout: !Ref Visibility
      RedrivePolicy: {deadLetterTargetArn: !GetAtt DeadLetters.Arn, maxReceiveCount: 3}
  Cluster: {Type: AWS::ECS::Cluster, Properties: {ClusterName: prod}}
  Definition:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: worker
      RequiresCompatibilities: [FARGATE]
      NetworkMode: awsvpc
      Cpu: 256
      Memory: 512
      ContainerDefinitions: [{Name: app, Image: "public.ecr.aws/example/app:1", Essential: true}]
  Worker:
    Type: AWS::ECS::Service
    DependsOn: [Out, Association]
    Properties:
      ServiceName: worker
      Cluster: !Ref Cluster
      LaunchType: FARGATE
      DesiredCount: 1
      TaskDefinition: !Ref Definition
      NetworkConfiguration:
        AwsvpcConfiguration: {AssignPublicIp: ENABLED, Subnets: [!Ref Subnet]}
  Target1:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      ServiceNamespace: ecs
      ScalableDimension: ecs:service:DesiredCount
      ResourceId: !Sub "service/${Cluster}/${Worker.Name}"
      MinCapacity: 1
      MaxCapacity: !Ref MaxCapacity
  Policy:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: depth
      PolicyType: TargetTrackingScaling
      ScalingTargetId: !Ref Target1
      TargetTrackingScalingPolicyConfiguration:
        TargetValue: !Ref Target
        ScaleInCooldown: 60
        ScaleOutCooldown: 60
        CustomizedMetricSpecification:
          Namespace: AWS/SQS
          MetricName: !Ref Metric
          Dimensions: [{Name: QueueName, Value: !GetAtt Jobs.QueueName}]
          Statistic: Average
)";

sim::Scenario scenario(const std::string& workload) {
  sim::Scenario made;
  made.stacks = {{"system", "system.yaml", kTemplate}};
  made.workload_file = "w.yaml";
  auto document = sim::Document::parse(workload);
  if (document) made.workload_document = std::move(*document);
  EXPECT_TRUE(document.has_value());
  made.read = [](const std::string& path) -> std::expected<std::string, std::string> {
    return std::unexpected("there is no file " + path);
  };
  made.span = hours(3);
  return made;
}

sim::Result run(const sim::Scenario& what) {
  auto result = sim::simulate(what);
  if (result) return std::move(*result);
  ADD_FAILURE() << result.error().text;
  return {};
}

std::string failure(const sim::Scenario& what) {
  const auto result = sim::simulate(what);
  return result ? "" : result.error().text;
}

const sim::ServiceResult& worker(const sim::Result& result) {
  const auto found = std::ranges::find(result.services, "worker", &sim::ServiceResult::name);
  static const sim::ServiceResult none;
  return found == result.services.end() ? none : *found;
}

const sim::QueueTotals& jobs(const sim::Result& result) {
  return result.find_queue("jobs")->totals;
}

bool advises(const sim::Result& result, const std::string& part) {
  return std::ranges::any_of(result.advice, [&](const sim::Advice& one) {
    return one.headline.find(part) != std::string::npos && !one.evidence.empty() && !one.remedy.empty();
  });
}

// 200 messages at once, a minute after half an hour.
constexpr const char* kBurst = R"(
services:
  worker: {consume: {queue: jobs, time: 20s}}
arrivals: {queue: jobs, bursts: [{at: 30m, messages: 100}]}
)";

TEST(Simulate, OneSeedOneRun) {
  const std::string workload =
      "services: {worker: {consume: {queue: Jobs, time: {exponential: 20s}, failure: 0.1}}}\n"
      "arrivals: {queue: jobs, poisson: 5/min}\n";
  const auto text = [&](std::uint64_t seed) {
    sim::Scenario one = scenario(workload);
    one.seed = seed;
    const sim::Result result = run(one);
    return wire::write_json(sim::to_value(result, sim::built_in_prices(), true)) + sim::series_csv(result) +
           sim::events_csv(result) + sim::draw(result, "run");
  };
  const std::string first = text(1);
  EXPECT_EQ(first, text(1));
  EXPECT_NE(first, text(2));
}

// R8.1: three breaching minutes, the phase of the alarm, then the desired count; 59 s after the third minute at most.
TEST(Simulate, ScalesOutAsCaptured) {
  const sim::Result result = run(scenario(kBurst));
  const auto& changes = worker(result).changes;
  ASSERT_GE(changes.size(), 2U);
  const base::Duration out = changes[0].at - (result.start + minutes(30));
  EXPECT_GT(out, minutes(3));
  EXPECT_LT(out, minutes(5));
  EXPECT_EQ(changes[0].from, 1);
  EXPECT_EQ(changes[0].to, 3);
  EXPECT_NE(changes[0].cause.find("-AlarmHigh-"), std::string::npos);
}

// R8.2: 15 full minutes below the low threshold and the phase, after the queue is drained.
TEST(Simulate, ScalesInAsCaptured) {
  const sim::Result result = run(scenario(kBurst));
  const auto& changes = worker(result).changes;
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[1].to, 1);
  const sim::QueueResult& queue = *result.find_queue("jobs");
  std::size_t drained = 0;
  for (std::size_t i = 0; i < queue.visible.size(); ++i) {
    if (queue.visible[i] >= 5) drained = i;
  }
  const base::Duration in = changes[1].at - result.time_of(drained);
  EXPECT_GT(in, minutes(14));
  EXPECT_LT(in, minutes(18));
  EXPECT_EQ(queue.totals.sent, 100U);
  EXPECT_EQ(queue.totals.handled, 100U);
  EXPECT_EQ(queue.left, 0);
}

TEST(Simulate, LaunchesTakeWhatFargateTakes) {
  sim::Scenario what = scenario("services: {worker: {consume: {queue: jobs, time: 1s}}}\n");
  what.span = minutes(30);
  const sim::Result result = run(what);
  EXPECT_GT(result.deployed - result.start, seconds(20));
  EXPECT_LT(result.deployed - result.start, minutes(2));
  EXPECT_EQ(worker(result).running.back(), 1);
  EXPECT_NEAR(worker(result).billed_seconds, 1800 - 11.4, 30);
}

TEST(Simulate, AVisibilityTimeoutShorterThanTheWorkShows) {
  sim::Scenario what = scenario(kBurst);
  what.parameters["Visibility"] = "10";
  const sim::Result result = run(what);
  EXPECT_GT(jobs(result).again_while_in_work, 0U);
  EXPECT_GT(jobs(result).handled_twice, 0U);
  EXPECT_TRUE(advises(result, "visibility time-out of jobs is shorter than the work"));
}

TEST(Simulate, AHeartbeatKeepsWhatIsInWork) {
  sim::Scenario what = scenario(
      "services: {worker: {consume: {queue: jobs, time: 20s, extend: 10s}}}\n"
      "arrivals: {queue: jobs, bursts: [{at: 30m, messages: 100}]}\n");
  what.parameters["Visibility"] = "10";
  EXPECT_EQ(jobs(run(what)).again_while_in_work, 0U);
}

TEST(Simulate, PoisonGoesToTheDeadLetterQueue) {
  const sim::Result result =
      run(scenario("services: {worker: {consume: {queue: jobs, time: 1s, on_failure: release}}}\n"
                   "arrivals: {queue: jobs, every: 30s, poison: 0.2}\n"));
  const sim::QueueResult& queue = *result.find_queue("jobs");
  EXPECT_GT(queue.dead_lettered, 10U);
  EXPECT_EQ(queue.totals.failed, queue.dead_lettered * 3) << "maxReceiveCount";
  EXPECT_TRUE(result.find_queue("dead")->dead_letters);
}

TEST(Simulate, ScaleInThatKillsWorkIsTold) {
  sim::Scenario what = scenario(
      "services: {worker: {consume: {queue: jobs, time: 50s, sigterm: ignore}}}\n"
      "arrivals:\n"
      "  - {queue: jobs, bursts: [{at: 30m, messages: 100}]}\n"
      "  - {queue: jobs, every: 55s}\n");
  what.span = hours(4);
  const sim::Result result = run(what);
  EXPECT_GT(worker(result).killed, 0U);
  EXPECT_GT(jobs(result).cut_off, 0U);
  EXPECT_TRUE(advises(result, "kills work in flight"));
  EXPECT_EQ(jobs(result).lost, 0U);
}

TEST(Simulate, ATargetThatCantBeMetIsTold) {
  const sim::Result result =
      run(scenario("services: {worker: {consume: {queue: jobs, time: 60s}}}\narrivals: {queue: jobs, rate: 6/min}\n"));
  EXPECT_TRUE(advises(result, "can't be met at MaxCapacity 3"));
  EXPECT_GT(result.find_queue("jobs")->left, 100);
}

TEST(Simulate, MessagesDeletedBeforeTheWorkAreLost) {
  const sim::Result result =
      run(scenario("services: {worker: {consume: {queue: jobs, time: 1s, failure: 0.5, delete: before}}}\n"
                   "arrivals: {queue: jobs, every: 30s}\n"));
  EXPECT_GT(jobs(result).lost, 50U);
  EXPECT_TRUE(advises(result, "are lost"));
}

TEST(Simulate, ADeploymentReplacesTasks) {
  const sim::Result result =
      run(scenario("services: {worker: {consume: {queue: jobs, time: 1s}}}\nevents: [{at: 1h, deploy: worker}]\n"));
  EXPECT_EQ(worker(result).launched, 2U);
  EXPECT_EQ(worker(result).running.back(), 1);
}

TEST(Simulate, WhatDoesNotFitNamesItsLine) {
  EXPECT_EQ(failure(scenario("services:\n  wroker: {consume: {queue: jobs, time: 1s}}\n")),
            "w.yaml:2: no template makes a service \"wroker\"; there are: worker");
  EXPECT_EQ(failure(scenario("services:\n  worker:\n    consume:\n      queue: jops\n      time: 1s\n")),
            "w.yaml:4: no template makes a queue \"jops\"; there are: dead, jobs");
  sim::Scenario policy = scenario("services: {worker: {consume: {queue: jobs, time: 1s}}}\n");
  policy.parameters["MaxCapacity"] = "0";
  const std::string refused = failure(policy);
  EXPECT_TRUE(refused.starts_with("system.yaml:")) << refused;
  EXPECT_NE(refused.find("Target1 (AWS::ApplicationAutoScaling::ScalableTarget)"), std::string::npos) << refused;
  sim::Scenario metric = scenario("services: {worker: {consume: {queue: jobs, time: 1s}}}\n");
  metric.parameters["Metric"] = "NumberOfMessagesEaten";
  const std::string unknown = failure(metric);
  EXPECT_NE(unknown.find("AWS/SQS has no metric NumberOfMessagesEaten"), std::string::npos) << unknown;
  sim::Scenario parameter = scenario("services: {worker: {consume: {queue: jobs, time: 1s}}}\n");
  parameter.parameters["Nothing"] = "1";
  EXPECT_EQ(failure(parameter), "no template has a parameter Nothing");
}

TEST(WhatIf, FindsWhatAKeyMeans) {
  sim::Scenario what = scenario(kBurst);
  EXPECT_TRUE(sim::apply(what, "services.worker.consume.time", "5s"));
  EXPECT_TRUE(sim::apply(what, "MaxCapacity", "8"));
  EXPECT_EQ(what.parameters.at("MaxCapacity"), "8");
  EXPECT_TRUE(sim::apply(what, "Policy.TargetTrackingScalingPolicyConfiguration.TargetValue", "9"));
  EXPECT_NE(what.stacks[0].text.find("\"TargetValue\":9"), std::string::npos);
  EXPECT_TRUE(sim::apply(what, "ScaleInCooldown", "120"));
  EXPECT_TRUE(sim::apply(what, "Jobs.DelaySeconds", "5")) << "a property that is not there yet";
  const auto ambiguous = sim::apply(what, "QueueName", "x");
  ASSERT_FALSE(ambiguous);
  EXPECT_NE(ambiguous.error().text.find("Jobs.QueueName (system.yaml)"), std::string::npos) << ambiguous.error().text;
  EXPECT_FALSE(sim::apply(what, "Nowhere", "1"));
  const sim::Result result = run(what);
  EXPECT_EQ(worker(result).max_capacity, 8);
  EXPECT_EQ(result.policies.at(0).target, 9);
}

TEST(WhatIf, CombinesAndCompares) {
  const std::vector<sim::Variation> variations = {*sim::parse_variation("MaxCapacity=3,6"),
                                                  *sim::parse_variation("Target=2,5,9")};
  const auto grid = *sim::combinations(variations);
  ASSERT_EQ(grid.size(), 6U);
  EXPECT_EQ(grid[1], (std::vector<std::string>{"3", "5"}));
  EXPECT_FALSE(sim::parse_variation("MaxCapacity"));
  EXPECT_FALSE(sim::parse_variation("MaxCapacity=3,,4"));
  std::vector<sim::Outcome> outcomes(3);
  outcomes[0].cost = 10, outcomes[0].p95 = 100;
  outcomes[1] = {.values = {"3", "5"}, .p95 = 100, .cost = 8};
  outcomes[2] = {.values = {"6", "5"}, .p95 = 50, .cost = 10};
  const auto advice = sim::advise_on(variations, outcomes);
  ASSERT_EQ(advice.size(), 2U);
  EXPECT_EQ(advice[0].headline, "A cheaper setting keeps the p95: MaxCapacity=3 Target=5");
  EXPECT_EQ(sim::front_of(sim::compared(variations, outcomes)), (std::vector<std::size_t>{1, 2}));
}

TEST(Prices, BillSecondsAndRequests) {
  sim::Result result;
  result.region = "us-east-1";
  result.services.push_back({.name = "a", .vcpu_seconds = 3600, .gib_seconds = 7200});
  result.queues.push_back({.name = "q"});
  result.queues[0].totals.send_requests = 2'000'000;
  const sim::Cost cost = sim::cost_of(result, sim::built_in_prices());
  EXPECT_NEAR(cost.fargate, 0.04048 + 2 * 0.004445, 1e-9);
  EXPECT_NEAR(cost.requests, 0.8, 1e-9);
  EXPECT_FALSE(sim::parse_prices("{}"));
}

TEST(Page, KeepsNamesFromEndingTheScript) {
  base::Value value;
  value.set("name", "</script><b>");
  const std::string text = sim::page(value, "a<b");
  EXPECT_NE(text.find("\\u003c/script>\\u003cb>"), std::string::npos);
  EXPECT_NE(text.find("<title>a&lt;b</title>"), std::string::npos);
}

}  // namespace
