// ExecuteCommand: who gets a session, and who is told what.

#include <gtest/gtest.h>

#include "ecs/world_for_test.h"

namespace {

using namespace std::chrono_literals;
using ecs::WorldForTest;
namespace api_ecs = api::ecs;

class Exec : public ::testing::Test {
 protected:
  void SetUp() override { world.bench.call.base_url = "http://127.0.0.1:4566"; }
  void up(bool enabled, bool with_role = true, int containers = 1) {
    world.bench.ok<api_ecs::CreateCluster>({});
    auto definition = WorldForTest::definition();
    if (with_role) definition.task_role_arn = "worker";
    for (int i = 1; i < containers; ++i) definition.container_definitions.push_back(WorldForTest::container("side"));
    world.bench.ok<api_ecs::RegisterTaskDefinition>(definition);
    auto service = WorldForTest::service(1);
    service.enable_execute_command = enabled;
    world.bench.ok<api_ecs::CreateService>(service);
    world.run(10s);
    task = WorldForTest::id_of(world.tasks().at(0));
  }
  api_ecs::ExecuteCommandRequest request(const std::string& command = "/bin/sh -c 'echo \"a b\"'") {
    api_ecs::ExecuteCommandRequest request;
    request.task = task;
    request.command = command;
    request.interactive = true;
    return request;
  }
  std::string fault(const api_ecs::ExecuteCommandRequest& asked) {
    return world.bench.fault<api_ecs::ExecuteCommand>(asked);
  }

  static constexpr const char* kNotEnabled =
      "InvalidParameterException: The execute command failed because execute command was not enabled when the task was "
      "run or the execute command agent isn’t running. Wait and try again or run a new task with execute command "
      "enabled and try again.";

  WorldForTest world;
  std::string task;
};

TEST_F(Exec, GivesASessionThatOpensOnce) {
  up(true);
  const auto given = world.bench.ok<api_ecs::ExecuteCommand>(request());
  EXPECT_EQ(given.container_name, "app");
  EXPECT_TRUE(given.task_arn->ends_with(task));
  const std::string name = *given.session->session_id;
  EXPECT_TRUE(name.starts_with("ecs-execute-command-"));
  EXPECT_EQ(given.session->stream_url, "ws://127.0.0.1:4566/v1/data-channel/" + name + "?role=publish_subscribe");
  EXPECT_FALSE(world.ecs().take_exec(name, "wrong", world.bench.now));
  const auto target = world.ecs().take_exec(name, *given.session->token_value, world.bench.now);
  ASSERT_TRUE(target);
  EXPECT_EQ(target->task, task);
  EXPECT_EQ(target->argv, (std::vector<std::string>{"/bin/sh", "-c", "echo \"a b\""}));
  EXPECT_FALSE(world.ecs().take_exec(name, *given.session->token_value, world.bench.now));
  const auto late = world.bench.ok<api_ecs::ExecuteCommand>(request());
  EXPECT_FALSE(world.ecs().take_exec(*late.session->session_id, *late.session->token_value, world.bench.now + 6min));
}

TEST_F(Exec, ShowsItsAgent) {
  up(true);
  const auto agents = world.tasks().at(0).containers->at(0).managed_agents;
  ASSERT_TRUE(agents);
  EXPECT_EQ(agents->at(0).name, "ExecuteCommandAgent");
  EXPECT_EQ(agents->at(0).last_status, "RUNNING");
  EXPECT_TRUE(agents->at(0).last_started_at);
}

TEST_F(Exec, NeedsToBeEnabledUnlessOurOwnClientAsks) {
  up(false);
  EXPECT_EQ(fault(request()), kNotEnabled);
  EXPECT_FALSE(world.tasks().at(0).containers->at(0).managed_agents);
  world.bench.call.headers["x-renkei-exec"] = "always";
  EXPECT_EQ(fault(request()), "");
}

TEST_F(Exec, NeedsATaskRoleAndTheWayToTheMessages) {
  up(true);
  world.closed["ssmmessages.us-east-1.amazonaws.com"] = {ecs::Access::Answer::Unreachable, "i/o timeout"};
  EXPECT_EQ(fault(request()),
            "TargetNotConnectedException: The execute command failed due to an internal error. Try again later.");
  world.closed.clear();
  world.closed["OpenDataChannel"] = {ecs::Access::Answer::Denied, "no"};
  EXPECT_EQ(fault(request()),
            "TargetNotConnectedException: The execute command failed due to an internal error. Try again later.");
  world.closed.clear();
  EXPECT_EQ(fault(request()), "");
}

TEST_F(Exec, WithoutARoleThereIsNoAgent) {
  up(true, false);
  EXPECT_EQ(fault(request()), kNotEnabled);
}

TEST_F(Exec, SaysWhatIsWrong) {
  up(true, true, 2);
  EXPECT_EQ(fault(request()),
            "InvalidParameterException: The task has several containers: the container name is required.");
  auto asked = request();
  asked.container = "nobody";
  EXPECT_EQ(fault(asked), "InvalidParameterException: The container nobody was not found in the task.");
  asked.container = "side";
  asked.interactive = false;
  EXPECT_EQ(fault(asked), "InvalidParameterException: Interactive is the only mode supported currently.");
  asked.interactive = true;
  asked.command = "'open";
  EXPECT_EQ(fault(asked), "InvalidParameterException: The command can't be taken apart into words.");
  asked.task = std::string(32, 'f');
  EXPECT_EQ(fault(asked), "InvalidParameterException: The referenced task was not found.");
  asked.task = "short";
  EXPECT_EQ(fault(asked), "InvalidParameterException: taskId length should be one of [32,36]");
  world.scale(0);
  world.run(1s);
  asked = request();
  asked.container = "app";
  EXPECT_EQ(fault(asked), kNotEnabled);
}

}  // namespace
