#include "ecs/task_life.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/random.h"

namespace {

using namespace std::chrono_literals;
using namespace ecs::life;
using base::TimePoint;
using Commands = std::vector<Command>;

ContainerSpec container(std::string name, std::vector<Dependency> depends_on = {}) {
  ContainerSpec spec;
  spec.name = std::move(name);
  spec.depends_on = std::move(depends_on);
  spec.start_timeout = 180s;
  spec.stop_timeout = 30s;
  return spec;
}

struct Life {
  Spec spec;
  State state = first_state(spec);
  TimePoint now{100s};

  explicit Life(Spec parts) : spec(std::move(parts)) {}
  Commands on(const Event& event) { return advance(spec, state, event, now); }
  Commands after(base::Duration span) {
    now += span;
    return on(Elapsed{});
  }
  void pull_all() {
    on(SandboxReady{});
    for (std::size_t i = 0; i < spec.size(); ++i) on(ImagePulled{i, "sha256:" + std::to_string(i)});
  }
  void run_all() {
    pull_all();
    for (std::size_t i = 0; i < spec.size(); ++i) on(Started{i, "r"});
  }
};

TEST(TaskLife, OneContainerUpAndDown) {
  Life life({container("app")});
  EXPECT_EQ(owed_commands(life.state), (Commands{{Verb::CreateSandbox}}));
  EXPECT_EQ(life.on(SandboxReady{}), (Commands{{Verb::PullImage, 0}}));
  EXPECT_EQ(life.state.phase, Phase::Pending);
  life.now += 3s;
  EXPECT_EQ(life.on(ImagePulled{0, "sha256:x"}), (Commands{{Verb::StartContainer, 0}}));
  EXPECT_EQ(life.state.pull_stopped_at, life.now);
  EXPECT_TRUE(life.on(Started{0, "r"}).empty());
  EXPECT_EQ(life.state.phase, Phase::Running);
  EXPECT_EQ(deadline(life.spec, life.state), base::kNever);

  EXPECT_EQ(life.on(StopAsked{"UserInitiated", "enough"}), (Commands{{Verb::AskToStop, 0}}));
  EXPECT_EQ(life.state.phase, Phase::Stopping);
  EXPECT_EQ(life.on(Exited{0, 143}), (Commands{{Verb::RemoveSandbox}}));
  EXPECT_EQ(life.state.execution_stopped_at, life.now);
  EXPECT_EQ(life.state.stopped_at, base::kNever);
  life.on(SandboxRemoved{});
  EXPECT_EQ(life.state.phase, Phase::Stopped);
  EXPECT_EQ(life.state.containers[0].exit_code, 143);
  EXPECT_EQ(life.state.stopped_reason, "enough");
}

TEST(TaskLife, StopTimeoutEndsInSigkill) {
  Life life({container("app")});
  life.run_all();
  life.on(StopAsked{"UserInitiated", ""});
  EXPECT_EQ(deadline(life.spec, life.state), life.now + 30s);
  EXPECT_TRUE(life.after(29s).empty());
  EXPECT_EQ(life.after(1s), (Commands{{Verb::Kill, 0}}));
  EXPECT_EQ(owed_commands(life.state), (Commands{{Verb::Kill, 0}}));
  EXPECT_EQ(life.on(Exited{0, 137}), (Commands{{Verb::RemoveSandbox}}));
}

TEST(TaskLife, GivesUpOnAContainerThatSurvivesSigkill) {
  Life life({container("db"), container("app", {{"db", Condition::Start}})});
  life.pull_all();
  life.on(Started{0, ""});
  life.on(Started{1, ""});
  life.on(StopAsked{"UserInitiated", ""});
  life.after(30s);
  EXPECT_EQ(life.after(30s), (Commands{{Verb::AskToStop, 0}}));
  EXPECT_EQ(life.state.containers[1].exit_code, 137);
}

TEST(TaskLife, EssentialExitStopsTheOthersInReverseOrder) {
  Life life({container("db"), container("app", {{"db", Condition::Start}}), container("side")});
  life.pull_all();
  EXPECT_EQ(life.state.containers[1].status, Status::Pulled);
  EXPECT_EQ(life.on(Started{0, ""}), (Commands{{Verb::StartContainer, 1}}));
  life.on(Started{1, ""});
  life.on(Started{2, ""});
  EXPECT_EQ(life.on(Exited{2, 3}), (Commands{{Verb::AskToStop, 1}}));
  EXPECT_EQ(life.state.stop_code, "EssentialContainerExited");
  EXPECT_EQ(life.state.stopped_reason, "Essential container in task exited");
  EXPECT_EQ(life.on(Exited{1, 0}), (Commands{{Verb::AskToStop, 0}}));
  EXPECT_EQ(life.on(Exited{0, 0}), (Commands{{Verb::RemoveSandbox}}));
}

TEST(TaskLife, DependsOnSuccess) {
  ContainerSpec init = container("init");
  init.essential = false;
  Life life({init, container("app", {{"init", Condition::Success}})});
  life.pull_all();
  life.on(Started{0, ""});
  EXPECT_EQ(life.on(Exited{0, 0}), (Commands{{Verb::StartContainer, 1}}));
  life.on(Started{1, ""});
  EXPECT_EQ(life.state.phase, Phase::Running);

  Life bad({init, container("app", {{"init", Condition::Success}})});
  bad.pull_all();
  bad.on(Started{0, ""});
  EXPECT_EQ(bad.on(Exited{0, 4}), (Commands{{Verb::RemoveSandbox}}));
  EXPECT_EQ(bad.state.stop_code, "TaskFailedToStart");
  EXPECT_EQ(bad.state.stopped_reason, "Dependency on container init could not be resolved: it exited with code 4");
}

TEST(TaskLife, DependsOnHealthyGivesUpAfterStartTimeout) {
  ContainerSpec db = container("db");
  db.health = HealthSpec{10s, 5s, 0s, 3};
  db.start_timeout = 25s;
  const Spec spec{db, container("app", {{"db", Condition::Healthy}})};
  Life good(spec);
  good.pull_all();
  good.on(Started{0, ""});
  EXPECT_EQ(good.after(10s), (Commands{{Verb::CheckHealth, 0}}));
  EXPECT_EQ(good.on(Checked{0, true}), (Commands{{Verb::StartContainer, 1}}));

  Life late(spec);
  late.pull_all();
  late.on(Started{0, ""});
  late.after(10s);
  late.on(Checked{0, false});
  EXPECT_EQ(deadline(late.spec, late.state), late.now + 10s);
  late.after(10s);
  late.on(Checked{0, false});
  EXPECT_EQ(late.after(5s), (Commands{{Verb::AskToStop, 0}}));
  EXPECT_EQ(late.state.stop_code, "TaskFailedToStart");
}

TEST(TaskLife, HealthChecksCountAfterTheStartPeriod) {
  ContainerSpec app = container("app");
  app.health = HealthSpec{10s, 5s, 15s, 2};
  Life life({app});
  life.run_all();
  const auto fail = [&] {
    EXPECT_EQ(life.after(10s), (Commands{{Verb::CheckHealth, 0}}));
    life.on(Checked{0, false});
  };
  fail();
  EXPECT_EQ(life.state.containers[0].failed_checks, 0);
  fail();
  EXPECT_EQ(task_health(life.spec, life.state), Health::Unknown);
  // One that is never answered counts too.
  EXPECT_EQ(life.after(10s), (Commands{{Verb::CheckHealth, 0}}));
  EXPECT_TRUE(life.after(15s).empty());
  EXPECT_EQ(task_health(life.spec, life.state), Health::Unhealthy);
  life.after(10s);
  life.on(Checked{0, true});
  EXPECT_EQ(task_health(life.spec, life.state), Health::Healthy);
}

TEST(TaskLife, FailuresToStart) {
  Life pull({container("a"), container("b")});
  pull.on(SandboxReady{});
  EXPECT_EQ(pull.on(ImagePullFailed{1, "nope"}), (Commands{{Verb::RemoveSandbox}}));
  EXPECT_EQ(pull.state.stopped_reason, "CannotPullContainerError: nope");
  EXPECT_EQ(pull.state.stop_code, "TaskFailedToStart");
  EXPECT_FALSE(pull.state.containers[1].exit_code.has_value());

  Life start({container("a")});
  start.pull_all();
  start.on(StartFailed{0, "CannotStartContainerError: no"});
  EXPECT_EQ(start.state.containers[0].reason, "CannotStartContainerError: no");
  EXPECT_EQ(start.state.phase, Phase::Deprovisioning);
}

TEST(TaskLife, OutOfMemory) {
  Life life({container("a")});
  life.run_all();
  life.on(Exited{0, 137, true});
  EXPECT_EQ(life.state.containers[0].reason, "OutOfMemoryError: Container killed due to memory usage");
}

TEST(TaskLife, AStopWhileStartingWaitsForTheStart) {
  Life life({container("a")});
  life.pull_all();
  EXPECT_TRUE(life.on(StopAsked{"UserInitiated", ""}).empty());
  EXPECT_EQ(life.on(Started{0, ""}), (Commands{{Verb::AskToStop, 0}}));
}

// Whatever happens in whatever order, a task that is told to stop ends, and states only move forward.
TEST(TaskLife, AlwaysEnds) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    base::SeededRandom random(seed);
    const auto pick = [&](std::uint64_t bound) { return static_cast<std::size_t>(base::below(random, bound)); };
    Spec spec;
    for (std::size_t i = 0; i < 1 + pick(4); ++i) {
      ContainerSpec one = container("c" + std::to_string(i));
      one.essential = i == 0 || pick(2) == 0;
      if (pick(2) == 0) one.health = HealthSpec{10s, 5s, 0s, 2};
      if (i > 0 && pick(2) == 0) one.depends_on = {{"c" + std::to_string(pick(i)), static_cast<Condition>(pick(4))}};
      for (const Dependency& dependency : one.depends_on) {
        for (ContainerSpec& target : spec) {
          if (target.name == dependency.container && !target.health) target.health = HealthSpec{10s, 5s, 0s, 2};
        }
      }
      spec.push_back(one);
    }
    Life life(spec);
    std::vector<Command> pending = owed_commands(life.state);
    for (int step = 0; step < 400 && life.state.phase != Phase::Stopped; ++step) {
      const Phase before = life.state.phase;
      Event event = Elapsed{};
      if (step == 60) {
        event = StopAsked{"UserInitiated", ""};
      } else if (!pending.empty() && pick(3) > 0) {
        const Command command = pending.front();
        pending.erase(pending.begin());
        const bool good = pick(8) > 0;
        switch (command.verb) {
          case Verb::CreateSandbox:
            event = SandboxReady{};
            break;
          case Verb::PullImage:
            event = good ? Event(ImagePulled{command.container, "d"}) : Event(ImagePullFailed{command.container, "x"});
            break;
          case Verb::StartContainer:
            event = good ? Event(Started{command.container, "r"}) : Event(StartFailed{command.container, "x"});
            break;
          case Verb::CheckHealth:
            event = Checked{command.container, good};
            break;
          case Verb::AskToStop:
            if (good) event = Exited{command.container, 143};
            break;
          case Verb::Kill:
            event = Exited{command.container, 137};
            break;
          case Verb::RemoveSandbox:
            event = SandboxRemoved{};
            break;
        }
      } else {
        const TimePoint next = deadline(life.spec, life.state);
        if (next != base::kNever) life.now = std::max(life.now, next);
      }
      for (const Command& command : life.on(event)) pending.push_back(command);
      ASSERT_GE(life.state.phase, before);
    }
    ASSERT_EQ(life.state.phase, Phase::Stopped);
    ASSERT_NE(life.state.execution_stopped_at, base::kNever);
  }
}

}  // namespace
