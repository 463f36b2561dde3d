#include "runtime/fake/scripted_runtime.h"

#include <gtest/gtest.h>

#include <csignal>

namespace runtime {
namespace {

using namespace std::chrono_literals;

struct ManualClock : base::Clock {
  base::TimePoint time{};
  base::TimePoint now() const override { return time; }
};

const TaskId kTask = "0123456789abcdef0123456789abcdef";

template <class E>
const E* only(const std::vector<Event>& events) {
  return events.size() == 1 ? std::get_if<E>(&events[0]) : nullptr;
}

class ScriptedRuntimeTest : public testing::Test {
 protected:
  ScriptedRuntimeTest()
      : runtime(clock, [this](const TaskId&, const std::string&, const std::string&) { return model; }) {}

  std::vector<Event> at(base::Duration time) {
    clock.time = base::TimePoint(time);
    return runtime.run_due();
  }
  void start() {
    runtime.create_sandbox(kTask, {});
    runtime.start_container(kTask, {.name = "app"});
  }

  ManualClock clock;
  Model model;
  ScriptedRuntime runtime;
};

TEST_F(ScriptedRuntimeTest, ThingsHappenAtTheirTimes) {
  model.pull_delay = 5s;
  model.start_delay = 1s;
  model.runs_for = 10s;
  model.exit_code = 3;
  model.lines = {{2s, "hello"}};

  EXPECT_EQ(runtime.deadline(), base::kNever);
  runtime.create_sandbox(kTask, {});
  EXPECT_TRUE(only<event::SandboxReady>(at(0s)));
  runtime.pull_image(kTask, "app", {.reference = "image"});
  EXPECT_EQ(runtime.deadline(), base::TimePoint(5s));
  EXPECT_TRUE(at(4s).empty());
  EXPECT_TRUE(only<event::ImagePulled>(at(5s)));
  runtime.start_container(kTask, {.name = "app"});
  EXPECT_TRUE(only<event::ContainerStarted>(at(6s)));
  const auto lines = at(8s);
  ASSERT_TRUE(only<event::Logs>(lines));
  EXPECT_EQ(only<event::Logs>(lines)->lines[0].text, "hello");
  EXPECT_EQ(only<event::Logs>(lines)->position, 1u);
  const auto end = at(16s);
  ASSERT_TRUE(only<event::ContainerExited>(end));
  EXPECT_EQ(only<event::ContainerExited>(end)->exit_code, 3);
  EXPECT_EQ(runtime.running(), 0u);
}

TEST_F(ScriptedRuntimeTest, AProgramThatIgnoresSigtermNeedsSigkill) {
  model.stops_after.reset();
  start();
  at(0s);
  runtime.signal_container(kTask, "app", SIGTERM);
  EXPECT_TRUE(at(30s).empty());
  runtime.signal_container(kTask, "app", SIGKILL);
  const auto end = at(30s);
  ASSERT_TRUE(only<event::ContainerExited>(end));
  EXPECT_EQ(only<event::ContainerExited>(end)->exit_code, 137);
}

TEST_F(ScriptedRuntimeTest, AdoptReportsWhatEndedAndRemovesTheUnknown) {
  model.runs_for = 1s;
  model.lines = {{0s, "one"}, {0s, "two"}};
  start();
  runtime.create_sandbox("ffffffffffffffffffffffffffffffff", {});
  at(0s);
  at(2s);
  runtime.adopt({{.task = kTask, .containers = {{"app", 1}}}});
  const auto events = runtime.run_due();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(std::get<event::Logs>(events[0]).lines.at(0).text, "two");
  EXPECT_EQ(std::get<event::ContainerExited>(events[1]).exit_code, 0);
  EXPECT_EQ(runtime.sandboxes(), 1u);
}

TEST_F(ScriptedRuntimeTest, RemovingKillsFirst) {
  start();
  at(0s);
  runtime.remove_sandbox(kTask);
  const auto events = at(0s);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(std::get<event::ContainerExited>(events[0]).exit_code, 137);
  EXPECT_TRUE(std::holds_alternative<event::SandboxRemoved>(events[1]));
  EXPECT_EQ(runtime.sandboxes(), 0u);
}

TEST_F(ScriptedRuntimeTest, ASandboxNeedsItsInterfaceInThePlan) {
  const runtime::SandboxSpec spec{.network = NetworkAttachment{"vpc-1", "eni-1"}};
  runtime.create_sandbox(kTask, spec);
  EXPECT_TRUE(only<event::SandboxFailed>(at(0s)));

  Network network{.id = "vpc-1", .cidr = "10.0.0.0/16"};
  network.interfaces["eni-1"] = {.address = "10.0.0.4"};
  runtime.apply_networks({std::make_shared<const Network>(network)});
  EXPECT_EQ(runtime.networks().size(), 1u);
  runtime.create_sandbox(kTask, spec);
  EXPECT_TRUE(only<event::SandboxReady>(at(1s)));
  ASSERT_TRUE(runtime.find_attachment(kTask));
  EXPECT_EQ(runtime.find_attachment(kTask)->interface, "eni-1");
}

}  // namespace
}  // namespace runtime
