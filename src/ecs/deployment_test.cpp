// Rolling deployments: alarms, roll-back, both percentages, force-new-deployment, zones.

#include <gtest/gtest.h>

#include <algorithm>

#include "ecs/world_for_test.h"

namespace {

using namespace std::chrono_literals;
using ecs::WorldForTest;
namespace api_ecs = api::ecs;

class Deployments : public ::testing::Test {
 protected:
  void up(std::int64_t desired, const api_ecs::DeploymentConfiguration& configuration = {}) {
    world.bench.ok<api_ecs::CreateCluster>({});
    world.bench.ok<api_ecs::RegisterTaskDefinition>(WorldForTest::definition());
    auto service = WorldForTest::service(desired);
    service.deployment_configuration = configuration;
    world.bench.ok<api_ecs::CreateService>(service);
    world.run(5min);
    first = *world.web().deployments->at(0).id;
  }
  static api_ecs::DeploymentConfiguration with_alarms(bool rollback) {
    api_ecs::DeploymentConfiguration configuration;
    auto& alarms = configuration.alarms.emplace();
    alarms.alarm_names = {"errors", "latency"};
    alarms.enable = true;
    alarms.rollback = rollback;
    return configuration;
  }
  // Another revision of the definition.
  void deploy() {
    world.bench.ok<api_ecs::RegisterTaskDefinition>(WorldForTest::definition());
    api_ecs::UpdateServiceRequest update;
    update.service = "web";
    update.task_definition = "app";
    world.bench.ok<api_ecs::UpdateService>(update);
    second = *world.web().deployments->at(0).id;
    ASSERT_NE(second, first);
  }
  api_ecs::Deployment deployment(std::size_t index) { return world.web().deployments->at(index); }
  // The last events, ids replaced.
  std::vector<std::string> last_events(std::size_t count) {
    auto all = world.events();
    all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(count));
    return all;
  }
  std::map<std::string, int> tasks_by_deployment() {
    std::map<std::string, int> out;
    for (const auto& task : world.tasks()) ++out[*task.started_by];
    return out;
  }

  WorldForTest world;
  std::string first, second;
};

TEST_F(Deployments, WithAlarmsAreWatchedOnBeforeTheyComplete) {
  world.alarms = {{"errors", "OK"}, {"latency", "INSUFFICIENT_DATA"}};
  up(1, with_alarms(true));
  deploy();
  world.run(1min);
  EXPECT_EQ(world.tasks().size(), 1u);  // the old one is gone
  EXPECT_EQ(deployment(0).rollout_state, "IN_PROGRESS");
  EXPECT_EQ(world.web().deployments->size(), 2u);
  world.run(2min);
  EXPECT_EQ(deployment(0).rollout_state, "IN_PROGRESS");
  world.run(2min);
  EXPECT_EQ(deployment(0).rollout_state, "COMPLETED");
  EXPECT_EQ(world.web().deployments->size(), 1u);
}

TEST_F(Deployments, AnAlarmRollsBack) {
  world.alarms = {{"errors", "OK"}};
  up(2, with_alarms(true));
  deploy();
  world.run(2min);
  EXPECT_EQ(tasks_by_deployment(), (std::map<std::string, int>{{second, 2}}));
  world.alarms["errors"] = "ALARM";  // while it bakes
  world.run(10s);
  EXPECT_EQ(deployment(0).id, first);
  EXPECT_EQ(deployment(0).rollout_state, "IN_PROGRESS");
  EXPECT_EQ(deployment(0).rollout_state_reason, "ECS deployment alarm: rolling back to deploymentId " + first + ".");
  EXPECT_EQ(deployment(1).id, second);
  EXPECT_EQ(deployment(1).rollout_state, "FAILED");
  EXPECT_EQ(deployment(1).rollout_state_reason, "ECS deployment failed: alarm detected.");
  const auto said = last_events(3);
  EXPECT_EQ(said[0], "(service web) (deployment " + second + ") deployment failed: alarm detected.");
  EXPECT_EQ(said[1], "(service web) rolling back to deployment " + first + ".");
  EXPECT_TRUE(said[2].starts_with("(service web) has started 2 tasks: ")) << said[2];
  world.run(3min);  // the alarm still stands: it says nothing of the deployment that is gone back to
  EXPECT_EQ(tasks_by_deployment(), (std::map<std::string, int>{{first, 2}}));
  EXPECT_EQ(deployment(0).rollout_state, "COMPLETED");
  EXPECT_TRUE(world.web().task_definition->ends_with("app:1"));
}

TEST_F(Deployments, AnAlarmWithoutRollbackOnlyFailsThem) {
  world.alarms = {{"errors", "OK"}};
  up(1, with_alarms(false));
  deploy();
  world.run(5s);
  world.alarms["errors"] = "ALARM";
  world.run(20s);
  EXPECT_EQ(deployment(0).id, second);
  EXPECT_EQ(deployment(0).rollout_state, "FAILED");
  EXPECT_EQ(last_events(1)[0], "(service web) (deployment " + second + ") deployment failed: alarm detected.");
}

TEST_F(Deployments, AlarmsThatStandAlreadyCountForNothing) {
  world.alarms = {{"errors", "OK"}};
  up(1, with_alarms(true));
  world.alarms["errors"] = "ALARM";
  deploy();
  world.run(2min);
  EXPECT_EQ(deployment(0).id, second);
  EXPECT_EQ(deployment(0).rollout_state, "COMPLETED");
}

TEST_F(Deployments, EnabledAlarmsMustNameOne) {
  world.bench.ok<api_ecs::CreateCluster>({});
  world.bench.ok<api_ecs::RegisterTaskDefinition>(WorldForTest::definition());
  auto service = WorldForTest::service(1);
  service.deployment_configuration = with_alarms(true);
  service.deployment_configuration->alarms->alarm_names.clear();
  EXPECT_EQ(world.bench.fault<api_ecs::CreateService>(service),
            "InvalidParameterException: Deployment alarms that are enabled must name an alarm.");
}

TEST_F(Deployments, ForcedOnesStartTheSameDefinitionAnew) {
  up(1);
  api_ecs::UpdateServiceRequest update;
  update.service = "web";
  update.force_new_deployment = true;
  const auto forced = *world.bench.ok<api_ecs::UpdateService>(update).service;
  EXPECT_EQ(forced.deployments->size(), 2u);
  EXPECT_EQ(forced.deployments->at(0).task_definition, forced.deployments->at(1).task_definition);
  world.run(2min);
  EXPECT_EQ(tasks_by_deployment(), (std::map<std::string, int>{{*forced.deployments->at(0).id, 1}}));
}

// The most and the fewest tasks that there are at any second of a deployment of four.
std::pair<int, int> extremes(WorldForTest& world) {
  int most = 0, fewest = 100;
  for (int second = 0; second < 300; ++second) {
    world.run(1s);
    int running = 0;
    const auto tasks = world.tasks();
    for (const auto& task : tasks) running += task.last_status == "RUNNING" ? 1 : 0;
    most = std::max(most, static_cast<int>(tasks.size()));
    fewest = std::min(fewest, running);
  }
  return {most, fewest};
}

TEST_F(Deployments, KeepToBothPercentages) {
  api_ecs::DeploymentConfiguration half;
  half.minimum_healthy_percent = 50;
  half.maximum_percent = 150;
  up(4, half);
  world.models[WorldForTest::kImage].start_delay = 3s;
  deploy();
  const auto [most, fewest] = extremes(world);
  EXPECT_EQ(most, 6);
  EXPECT_GE(fewest, 2);
  EXPECT_EQ(deployment(0).rollout_state, "COMPLETED");
}

TEST_F(Deployments, StopFirstWhereTheCeilingIsHundred) {
  api_ecs::DeploymentConfiguration tight;
  tight.minimum_healthy_percent = 0;
  tight.maximum_percent = 100;
  up(4, tight);
  world.models[WorldForTest::kImage].start_delay = 3s;
  deploy();
  const auto [most, fewest] = extremes(world);
  EXPECT_EQ(most, 4);
  EXPECT_EQ(fewest, 0);
  EXPECT_EQ(deployment(0).rollout_state, "COMPLETED");
}

TEST_F(Deployments, TasksAreSpreadOverTheSubnetsZones) {
  up(4);
  std::map<std::string, int> zones;
  for (const auto& task : world.tasks()) ++zones[*task.availability_zone];
  EXPECT_EQ(zones, (std::map<std::string, int>{{"us-east-1a", 2}, {"us-east-1b", 2}}));
  world.scale(2);
  world.run(2min);
  zones.clear();
  for (const auto& task : world.tasks()) ++zones[*task.availability_zone];
  EXPECT_EQ(zones, (std::map<std::string, int>{{"us-east-1a", 1}, {"us-east-1b", 1}}));
  world.scale(5);
  world.run(2min);
  zones.clear();
  for (const auto& task : world.tasks()) ++zones[*task.availability_zone];
  EXPECT_EQ(zones["us-east-1a"] + zones["us-east-1b"], 5);
  EXPECT_LE(std::abs(zones["us-east-1a"] - zones["us-east-1b"]), 1);
}

}  // namespace
