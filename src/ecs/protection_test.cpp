// Task scale-in protection over the operations and the scheduler.

#include <gtest/gtest.h>

#include "ecs/world_for_test.h"

namespace {

using namespace std::chrono_literals;
using ecs::WorldForTest;
namespace api_ecs = api::ecs;

class Protection : public ::testing::Test {
 protected:
  void SetUp() override {
    world.up(3);
    world.run(2min);
    for (const auto& task : world.tasks()) ids.push_back(WorldForTest::id_of(task));
    ASSERT_EQ(ids.size(), 3u);
  }
  api_ecs::UpdateTaskProtectionRequest request(std::vector<std::string> tasks, bool enabled,
                                               std::optional<std::int64_t> minutes = std::nullopt) {
    api_ecs::UpdateTaskProtectionRequest request;
    request.cluster = "default";
    request.tasks = std::move(tasks);
    request.protection_enabled = enabled;
    request.expires_in_minutes = minutes;
    return request;
  }
  auto update(std::vector<std::string> tasks, bool enabled, std::optional<std::int64_t> minutes = std::nullopt) {
    return world.bench.ok<api_ecs::UpdateTaskProtection>(request(std::move(tasks), enabled, minutes));
  }
  auto get(std::vector<std::string> tasks) {
    api_ecs::GetTaskProtectionRequest asked;
    asked.cluster = "default";
    asked.tasks = std::move(tasks);
    return world.bench.ok<api_ecs::GetTaskProtection>(asked);
  }
  std::set<std::string> alive() {
    std::set<std::string> out;
    for (const auto& task : world.tasks()) out.insert(WorldForTest::id_of(task));
    return out;
  }
  std::string held_text() {
    return "(service web) was unable to reach steady state because task set (" + *world.web().deployments->at(0).id +
           ") was unable to scale in. Reason: The number of protected tasks are more than the desired count of tasks.";
  }

  WorldForTest world;
  std::vector<std::string> ids;
};

TEST_F(Protection, LastsTwoHoursUnlessItIsSaid) {
  const auto usual = update({ids[0]}, true).protected_tasks->at(0);
  EXPECT_EQ(usual.protection_enabled, true);
  EXPECT_EQ(usual.task_arn, "arn:aws:ecs:us-east-1:000000000000:task/default/" + ids[0]);
  EXPECT_EQ(*usual.expiration_date, world.bench.now + 2h);
  EXPECT_EQ(*update({ids[0]}, true, 1).protected_tasks->at(0).expiration_date, world.bench.now + 1min);
  EXPECT_EQ(get({ids[0]}).protected_tasks->at(0).protection_enabled, true);
  world.run(1min);
  const auto over = get({ids[0]}).protected_tasks->at(0);
  EXPECT_EQ(over.protection_enabled, false);
  EXPECT_FALSE(over.expiration_date);
}

TEST_F(Protection, SaysWhatIsWrong) {
  for (const std::int64_t minutes : {0, 2881}) {
    EXPECT_EQ(world.bench.fault<api_ecs::UpdateTaskProtection>(request({ids[0]}, true, minutes)),
              "InvalidParameterException: expiresInMinutes must be between 1 and 2880.");
  }
  EXPECT_EQ(world.bench.fault<api_ecs::UpdateTaskProtection>(request({}, true)),
            "InvalidParameterException: Tasks cannot be empty.");
  EXPECT_EQ(world.bench.fault<api_ecs::UpdateTaskProtection>(request(std::vector<std::string>(11, ids[0]), true)),
            "InvalidParameterException: Tasks cannot have more than 10 elements.");
  auto elsewhere = request({ids[0]}, true);
  elsewhere.cluster = "nowhere";
  EXPECT_EQ(world.bench.fault<api_ecs::UpdateTaskProtection>(elsewhere),
            "ClusterNotFoundException: Cluster not found.");

  api_ecs::RunTaskRequest run;
  run.task_definition = "app";
  run.launch_type = "FARGATE";
  run.network_configuration = WorldForTest::network();
  const std::string alone = WorldForTest::id_of(world.bench.ok<api_ecs::RunTask>(run).tasks->at(0));
  const std::string missing(32, 'f');
  const auto failures = *update({alone, missing, ids[0]}, true).failures;
  ASSERT_EQ(failures.size(), 2u);
  EXPECT_EQ(failures[0].reason, "TASK_NOT_VALID");
  EXPECT_EQ(failures[1].reason, "MISSING");
  EXPECT_EQ(failures[1].arn, "arn:aws:ecs:us-east-1:000000000000:task/default/" + missing);
  EXPECT_EQ(get({alone}).failures->at(0).reason, "TASK_NOT_VALID");
}

TEST_F(Protection, ScaleInTakesTheOthers) {
  update({ids[0]}, true);
  world.scale(1);
  world.run(2min);
  EXPECT_EQ(alive(), std::set<std::string>{ids[0]});
  EXPECT_EQ(world.events().back(), "(service web) has reached a steady state.");
}

TEST_F(Protection, HoldsScaleInUntilItEnds) {
  update({ids[0], ids[1]}, true, 30);
  world.scale(1);
  world.run(10min);
  EXPECT_EQ(alive().size(), 3u);
  const auto events = world.events();
  EXPECT_EQ(std::ranges::count(events, held_text()), 1);
  EXPECT_EQ(world.web().desired_count, 1);
  // Too many are protected already: no more, and none for longer.
  EXPECT_EQ(update({ids[2]}, true).failures->at(0).reason, "DEPLOYMENT_BLOCKED");
  EXPECT_EQ(update({ids[0]}, true).failures->at(0).reason, "DEPLOYMENT_BLOCKED");
  EXPECT_TRUE(update({ids[1]}, false).failures->empty());
  world.run(1min);
  EXPECT_EQ(alive(), std::set<std::string>{ids[0]});
}

TEST_F(Protection, EndsByItself) {
  update({ids[0], ids[1], ids[2]}, true, 5);
  world.scale(0);
  world.run(4min);
  EXPECT_EQ(alive().size(), 3u);
  world.run(2min);
  EXPECT_TRUE(alive().empty());
  EXPECT_EQ(world.events().back(), "(service web) has reached a steady state.");
}

TEST_F(Protection, ADeploymentWaitsForProtectedTasks) {
  const std::string old = *world.web().deployments->at(0).id;
  update({ids[0]}, true, 30);
  world.bench.ok<api_ecs::RegisterTaskDefinition>(WorldForTest::definition());
  api_ecs::UpdateServiceRequest next;
  next.service = "web";
  next.task_definition = "app:2";
  world.bench.ok<api_ecs::UpdateService>(next);
  world.run(10min);
  const auto web = world.web();
  ASSERT_EQ(web.deployments->size(), 2u);
  EXPECT_EQ(web.deployments->at(0).rollout_state, "IN_PROGRESS");
  EXPECT_EQ(web.deployments->at(0).running_count, 3);
  EXPECT_EQ(web.deployments->at(1).running_count, 1);
  EXPECT_TRUE(alive().contains(ids[0]));
  const auto events = world.events();
  EXPECT_EQ(std::ranges::count_if(
                events, [&](const std::string& text) { return text.find(old + ") was unable") != std::string::npos; }),
            1);
  world.run(25min);
  EXPECT_FALSE(alive().contains(ids[0]));
  EXPECT_EQ(world.web().deployments->at(0).rollout_state, "COMPLETED");
}

TEST_F(Protection, StopsNeitherStopTaskNorDeletion) {
  update(ids, true);
  api_ecs::StopTaskRequest stop;
  stop.task = ids[0];
  world.bench.ok<api_ecs::StopTask>(stop);
  world.run(1min);
  EXPECT_FALSE(alive().contains(ids[0]));
  EXPECT_EQ(get({ids[0]}).failures->at(0).reason, "TASK_NOT_VALID");
  api_ecs::DeleteServiceRequest away;
  away.service = "web";
  away.force = true;
  world.bench.ok<api_ecs::DeleteService>(away);
  world.run(2min);
  EXPECT_TRUE(alive().empty());
}

}  // namespace
