// Container Insights (R6.2): what is said of services once a minute where the cluster has them on.

#include <gtest/gtest.h>

#include "ecs/world_for_test.h"

namespace {

using ecs::WorldForTest;
using std::chrono::minutes;

void switch_insights(WorldForTest& world, const std::string& value) {
  api::ecs::UpdateClusterSettingsRequest request;
  request.cluster = "default";
  request.settings = {{"containerInsights", value}};
  world.bench.ok<api::ecs::UpdateClusterSettings>(request);
}

TEST(ContainerInsights, R6_2_CountsTheTasksOfEachServiceByTheMinute) {
  WorldForTest world;
  world.up(2);
  switch_insights(world, "enabled");
  world.run(minutes(4));
  ASSERT_GE(world.service_counts.size(), 3U);
  const ecs::ServiceCounts& last = world.service_counts.back();
  EXPECT_EQ(last.cluster, "default");
  EXPECT_EQ(last.service, "web");
  EXPECT_EQ(last.desired, 2);
  EXPECT_EQ(last.running, 2);
  EXPECT_EQ(last.pending, 0);
  EXPECT_EQ(last.deployments, 1);
  EXPECT_EQ(last.minute, std::chrono::floor<minutes>(last.minute)) << "the minute that has passed";
  EXPECT_EQ(last.minute - world.service_counts[world.service_counts.size() - 2].minute, minutes(1));
  EXPECT_EQ(world.cluster_counts.back().tasks, 2);
  EXPECT_EQ(world.cluster_counts.back().services, 1);
  ASSERT_FALSE(world.usage.empty());
  EXPECT_TRUE(world.usage.back().insights);
  EXPECT_EQ(world.usage.back().family, "app");
  EXPECT_EQ(world.usage.back().cpu_reserved, 256);
  EXPECT_EQ(world.usage.back().memory_reserved, 512);
}

TEST(ContainerInsights, SayZeroOfAServiceWithoutTasks) {
  WorldForTest world;
  world.up(0);
  switch_insights(world, "enhanced");
  world.run(minutes(3));
  ASSERT_FALSE(world.service_counts.empty());
  EXPECT_EQ(world.service_counts.back().running, 0);
}

TEST(ContainerInsights, AreOffUntilTheyAreSwitchedOn) {
  WorldForTest world;
  world.up(1);
  world.run(minutes(3));
  EXPECT_TRUE(world.service_counts.empty());
  switch_insights(world, "enabled");
  world.run(minutes(2));
  const auto said = world.service_counts.size();
  EXPECT_GT(said, 0U);
  switch_insights(world, "disabled");
  world.run(minutes(3));
  EXPECT_EQ(world.service_counts.size(), said);
  EXPECT_FALSE(world.usage.back().insights);
}

}  // namespace
