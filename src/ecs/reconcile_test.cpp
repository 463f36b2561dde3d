#include "ecs/reconcile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/random.h"

namespace {

using namespace std::chrono_literals;
using base::TimePoint;
using ecs::reconcile;
using ecs::ServiceGoal;
using ecs::ServicePlan;
using ecs::TaskView;

constexpr TimePoint kNow{1000s};

TaskView running(std::string id, std::string deployment, std::chrono::seconds created = 0s) {
  return {std::move(id), std::move(deployment), "a", TimePoint(created), true, TimePoint(created), false};
}

TEST(Reconcile, StartsWhatIsMissing) {
  const ServicePlan plan = reconcile({.desired = 3, .deployment = "d"}, {running("t", "d")}, {}, kNow);
  EXPECT_EQ(plan.start, 2);
  EXPECT_TRUE(plan.stop.empty());
}

TEST(Reconcile, WaitsOutTheBackOff) {
  const ServicePlan plan = reconcile({.desired = 1, .deployment = "d"}, {}, kNow + 5s, kNow);
  EXPECT_EQ(plan.start, 0);
  EXPECT_EQ(plan.wake, kNow + 5s);
}

TEST(Reconcile, ScaleInStopsTheNewestAndThoseNotRunningFirst) {
  TaskView starting = running("starting", "d", 1s);
  starting.running = false;
  const std::vector<TaskView> tasks{running("old", "d", 10s), running("new", "d", 20s), starting};
  EXPECT_EQ(reconcile({.desired = 2, .deployment = "d"}, tasks, {}, kNow).stop, std::vector<std::string>{"starting"});
  EXPECT_EQ(reconcile({.desired = 1, .deployment = "d"}, tasks, {}, kNow).stop,
            (std::vector<std::string>{"starting", "new"}));
}

TEST(Reconcile, ScaleInBalancesZones) {
  std::vector<TaskView> tasks{running("b1", "d", 30s), running("a1", "d", 10s), running("a2", "d", 20s)};
  tasks[0].zone = "b";
  EXPECT_EQ(reconcile({.desired = 2, .deployment = "d"}, tasks, {}, kNow).stop, std::vector<std::string>{"a2"});
}

TaskView protect(TaskView task) {
  task.protected_until = kNow + 60s;
  return task;
}

TEST(Reconcile, ScaleInPassesOverProtectedTasks) {
  // Zone a is the fuller one only with its protected task.
  std::vector<TaskView> tasks{protect(running("a1", "d", 10s)), running("a2", "d", 20s), running("b1", "d", 30s)};
  tasks[2].zone = "b";
  EXPECT_EQ(reconcile({.desired = 2, .deployment = "d"}, tasks, {}, kNow).stop, std::vector<std::string>{"a2"});
  const ServicePlan one = reconcile({.desired = 1, .deployment = "d"}, tasks, {}, kNow);
  EXPECT_EQ(one.stop, (std::vector<std::string>{"a2", "b1"}));
  EXPECT_EQ(one.held, "");
}

TEST(Reconcile, MoreProtectedThanDesiredStopsNothing) {
  const std::vector<TaskView> tasks{protect(running("1", "d")), protect(running("2", "d")), running("3", "d")};
  const ServicePlan held = reconcile({.desired = 1, .deployment = "d"}, tasks, {}, kNow);
  EXPECT_TRUE(held.idle());
  EXPECT_EQ(held.held, "d");
  EXPECT_EQ(held.wake, kNow + 60s);
  const ServicePlan later = reconcile({.desired = 1, .deployment = "d"}, tasks, {}, kNow + 60s);
  EXPECT_EQ(later.stop.size(), 2u);
  EXPECT_EQ(later.held, "");
}

TEST(Reconcile, ADeploymentLeavesProtectedTasksAlone) {
  const std::vector<TaskView> tasks{protect(running("kept", "d1")), running("old", "d1"), running("new", "d2"),
                                    running("newer", "d2")};
  const ServicePlan plan = reconcile({.desired = 2, .deployment = "d2"}, tasks, {}, kNow);
  EXPECT_EQ(plan.stop, std::vector<std::string>{"old"});
  EXPECT_EQ(plan.held, "");
  const ServicePlan rest = reconcile({.desired = 2, .deployment = "d2"}, {tasks[0], tasks[2], tasks[3]}, {}, kNow);
  EXPECT_TRUE(rest.idle());
  EXPECT_EQ(rest.held, "d1");
  EXPECT_EQ(rest.wake, kNow + 60s);
}

TEST(Reconcile, ProtectionDoesNotHelpTheSick) {
  TaskView sick = protect(running("sick", "d"));
  sick.sick = true;
  EXPECT_EQ(reconcile({.desired = 1, .deployment = "d"}, {sick, running("good", "d")}, {}, kNow).stop,
            std::vector<std::string>{"sick"});
}

TEST(Reconcile, KeepsTheOldTaskUntilTheNewOneIsHealthy) {
  TaskView fresh = running("new", "d2", 990s);
  fresh.healthy_at = kNow + 30s;
  const std::vector<TaskView> tasks{running("old", "d1"), fresh};
  const ServicePlan wait = reconcile({.desired = 1, .deployment = "d2"}, tasks, {}, kNow);
  EXPECT_TRUE(wait.idle());
  EXPECT_EQ(wait.wake, kNow + 30s);
  EXPECT_EQ(reconcile({.desired = 1, .deployment = "d2"}, tasks, {}, kNow + 30s).stop, std::vector<std::string>{"old"});
}

TEST(Reconcile, SaysWhenThePercentagesForbidToMove) {
  const ServiceGoal goal{.desired = 1, .deployment = "d2", .min_healthy_percent = 100, .max_percent = 100};
  EXPECT_TRUE(reconcile(goal, {running("old", "d1")}, {}, kNow).blocked);
}

TEST(Reconcile, ReplacesASickTaskBeforeItStopsIt) {
  TaskView sick = running("sick", "d");
  sick.sick = true;
  const ServiceGoal goal{.desired = 1, .deployment = "d"};
  const ServicePlan first = reconcile(goal, {sick}, {}, kNow);
  EXPECT_EQ(first.start, 1);
  EXPECT_TRUE(first.stop.empty());
  EXPECT_EQ(reconcile(goal, {sick, running("good", "d")}, {}, kNow).stop, std::vector<std::string>{"sick"});
  // No room for two: the sick one goes first.
  const ServiceGoal tight{.desired = 1, .deployment = "d", .min_healthy_percent = 0, .max_percent = 100};
  EXPECT_EQ(reconcile(tight, {sick}, {}, kNow).stop, std::vector<std::string>{"sick"});
}

TEST(Reconcile, BackOffDoublesFromTenSecondsToFifteenMinutes) {
  EXPECT_EQ(ecs::launch_back_off(0), 0s);
  EXPECT_EQ(ecs::launch_back_off(1), 10s);
  EXPECT_EQ(ecs::launch_back_off(3), 40s);
  EXPECT_EQ(ecs::launch_back_off(7), 640s);
  EXPECT_EQ(ecs::launch_back_off(8), 15min);
  EXPECT_EQ(ecs::launch_back_off(1000), 15min);
}

// Tasks that boot, crash and are stopped at once, as far as the plan can tell.
struct World {
  base::SeededRandom random;
  TimePoint now{0s};
  std::chrono::seconds boot{};
  std::map<std::string, TaskView> tasks;
  std::map<std::string, TimePoint> up_at;
  int minted = 0;

  void step(const ServiceGoal& goal) {
    for (auto& [id, task] : tasks) {
      if (!task.running && up_at[id] <= now) {
        task.running = true;
        task.healthy_at = now + ecs::kHealthyAfter;
      }
    }
    std::vector<TaskView> views;
    for (const auto& [id, task] : tasks) views.push_back(task);
    const int live_before = static_cast<int>(views.size());
    const ServicePlan plan = reconcile(goal, views, {}, now);
    for (const std::string& id : plan.stop) tasks.erase(id);
    for (int i = 0; i < plan.start; ++i) {
      const std::string id = "t" + std::to_string(1000 + minted++);
      tasks[id] = {id, goal.deployment, std::string(1, static_cast<char>('a' + minted % 2)), now, false};
      up_at[id] = now + boot;
    }
    ASSERT_LE(static_cast<int>(tasks.size()), std::max(live_before, ecs::total_ceiling(goal)));
    now += 1s;
  }
  int serving(const std::string& deployment) const {
    return static_cast<int>(std::ranges::count_if(tasks, [&](const auto& entry) {
      const TaskView& task = entry.second;
      return task.running && (task.deployment != deployment || task.healthy_at <= now);
    }));
  }
};

// A rolling update never leaves the band, and it ends, whatever the percentages (with room to move) and boot time.
TEST(Reconcile, RollingUpdatesStayInTheBandAndSettle) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    World world{base::SeededRandom(seed)};
    const auto pick = [&](int low, int high) {
      return low + static_cast<int>(base::below(world.random, static_cast<std::uint64_t>(high - low + 1)));
    };
    ServiceGoal goal{.desired = pick(1, 12), .deployment = "d1"};
    goal.min_healthy_percent = pick(0, 100);
    goal.max_percent = 100 + 100 * pick(1, 2);
    world.boot = std::chrono::seconds(pick(0, 30));
    for (int i = 0; i < 120; ++i) world.step(goal);
    ASSERT_EQ(world.serving("d1"), goal.desired);

    goal.deployment = "d2";
    for (int i = 0; i < 300; ++i) {
      world.step(goal);
      ASSERT_GE(world.serving("d2"), ecs::healthy_floor(goal));
    }
    ASSERT_EQ(static_cast<int>(world.tasks.size()), goal.desired);
    for (const auto& [id, task] : world.tasks) ASSERT_EQ(task.deployment, "d2");

    goal.desired = pick(0, 12);
    for (int i = 0; i < 120; ++i) world.step(goal);
    ASSERT_EQ(static_cast<int>(world.tasks.size()), goal.desired);
  }
}

}  // namespace
