#include "ecs/service.h"

#include <gtest/gtest.h>

#include "ecs/world_for_test.h"

namespace {

using namespace std::chrono_literals;
using ecs::WorldForTest;
namespace api_ecs = api::ecs;

using World = WorldForTest;

TEST(EcsService, GoesUpAndSaysSo) {
  World world;
  world.models[World::kImage].lines = {{1s, "hello"}};
  world.up(1);
  world.run(5s);
  const auto tasks = world.tasks();
  ASSERT_EQ(tasks.size(), 1u);
  const std::string id = World::id_of(tasks[0]);
  const auto web = world.web();
  const std::string deployment = *web.deployments->at(0).id;
  EXPECT_EQ(tasks[0].last_status, "RUNNING");
  EXPECT_EQ(tasks[0].started_by, deployment);
  EXPECT_EQ(tasks[0].group, "service:web");
  EXPECT_EQ(tasks[0].containers->at(0).image_digest.value().substr(0, 7), "sha256:");
  EXPECT_EQ(web.running_count, 1);
  EXPECT_EQ(web.deployments->at(0).rollout_state, "COMPLETED");
  EXPECT_EQ(world.events(), (std::vector<std::string>{
                                "(service web) has started 1 tasks: (task " + id + ").",
                                "(service web) (deployment " + deployment + ") deployment completed.",
                                "(service web) has reached a steady state.",
                            }));
  EXPECT_EQ(world.lines["p/app/" + id], std::vector<std::string>{"hello"});
  const runtime::ContainerSpec* spec = world.runtime.find_spec(id, "app");
  ASSERT_NE(spec, nullptr);
  EXPECT_EQ(spec->environment.at("AWS_REGION"), "us-east-1");
  EXPECT_FALSE(spec->environment.contains("AWS_CONTAINER_CREDENTIALS_FULL_URI"));
  // At rest there is only the minute's sample and the six hours' message to wait for.
  EXPECT_GT(world.bench.service->deadline(), world.bench.now + 30s);
}

TEST(EcsService, ScalesOutAndInAgain) {
  World world;
  world.up(1);
  world.run(60s);
  const std::string first = World::id_of(world.tasks()[0]);
  world.scale(3);
  world.run(60s);
  EXPECT_EQ(world.web().running_count, 3);
  EXPECT_EQ(world.web().deployments->size(), 1u);
  world.scale(1);
  world.run(60s);
  ASSERT_EQ(world.tasks().size(), 1u);
  EXPECT_EQ(World::id_of(world.tasks()[0]), first);
  EXPECT_EQ(world.runtime.sandboxes(), 1u);
  const auto events = world.events();
  EXPECT_EQ(events.back(), "(service web) has reached a steady state.");
  EXPECT_TRUE(events[events.size() - 2].starts_with("(service web) has stopped 2 running tasks: (task "));
  const auto stopped = world.tasks("STOPPED");
  ASSERT_EQ(stopped.size(), 2u);
  EXPECT_EQ(stopped[0].stop_code, "ServiceSchedulerInitiated");
  EXPECT_EQ(stopped[0].stopped_reason,
            "Scaling activity initiated by (deployment " + *world.web().deployments->at(0).id + ")");
  EXPECT_EQ(stopped[0].containers->at(0).exit_code, 143);
  world.run(1h);
  EXPECT_TRUE(world.tasks("STOPPED").empty());
}

TEST(EcsService, ReplacesATaskThatEnded) {
  World world;
  world.up(1);
  world.run(2min);
  const std::string first = World::id_of(world.tasks()[0]);
  world.runtime.end(first, "app", 1);
  world.run(5s);
  ASSERT_EQ(world.tasks().size(), 1u);
  EXPECT_NE(World::id_of(world.tasks()[0]), first);
  const auto stopped = world.tasks("STOPPED").at(0);
  EXPECT_EQ(stopped.stop_code, "EssentialContainerExited");
  EXPECT_EQ(stopped.stopped_reason, "Essential container in task exited");
  EXPECT_EQ(stopped.containers->at(0).exit_code, 1);
}

TEST(EcsService, CrashLoopsArePaced) {
  World world;
  world.models[World::kImage].runs_for = 1s;
  world.up(1);
  world.run(10min);
  const std::size_t ended = world.tasks("STOPPED").size();
  EXPECT_GT(ended, 40u);
  EXPECT_LT(ended, 61u);
}

TEST(EcsService, RollsOutANewTaskDefinition) {
  World world;
  world.up(2);
  world.run(60s);
  const std::string old_id = *world.web().deployments->at(0).id;
  world.bench.ok<api_ecs::RegisterTaskDefinition>(World::definition());
  api_ecs::UpdateServiceRequest update;
  update.service = "web";
  update.task_definition = "app";
  world.bench.ok<api_ecs::UpdateService>(update);
  world.run(20s);
  auto web = world.web();
  ASSERT_EQ(web.deployments->size(), 2u);
  EXPECT_EQ(web.deployments->at(0).status, "PRIMARY");
  EXPECT_EQ(web.deployments->at(1).status, "ACTIVE");
  EXPECT_EQ(web.deployments->at(1).id, old_id);
  EXPECT_EQ(web.running_count, 4);
  world.run(60s);
  web = world.web();
  ASSERT_EQ(web.deployments->size(), 1u);
  EXPECT_EQ(web.deployments->at(0).rollout_state, "COMPLETED");
  EXPECT_TRUE(web.task_definition->ends_with("app:2"));
  for (const auto& task : world.tasks()) EXPECT_TRUE(task.task_definition_arn->ends_with("app:2"));
  EXPECT_EQ(world.runtime.sandboxes(), 2u);
}

TEST(EcsService, ThrottlesWhatNeverStarts) {
  World world;
  world.images.clear();
  world.up(1);
  world.run(1h - 1s);
  // 10 s, 20 s, … 640 s, then every 15 minutes.
  EXPECT_EQ(world.tasks("STOPPED").size(), 10u);
  const auto stopped = world.tasks("STOPPED").at(0);
  EXPECT_EQ(stopped.stop_code, "TaskFailedToStart");
  const std::string image = World::kImage;
  const std::string reason =
      "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to "
      "resolve ref " +
      image + ": " + image + ": not found";
  EXPECT_EQ(stopped.stopped_reason, reason);
  const auto events = world.events();
  EXPECT_EQ(events.at(1), "(service web) was unable to place a task. Reason: " + reason + ".");
  EXPECT_EQ(std::ranges::count(events, "(service web) is unable to consistently start tasks successfully."), 1);
  world.images.insert("app");
  world.run(15min);
  EXPECT_EQ(world.web().running_count, 1);
}

TEST(EcsService, ARoleThatIsNotThereKeepsTasksFromLaunching) {
  World world;
  world.roles.clear();
  world.up(1);
  world.run(5s);
  EXPECT_TRUE(world.tasks().empty());
  EXPECT_EQ(world.events().at(0),
            "(service web) failed to launch a task with (error ECS was unable to assume the role "
            "'arn:aws:iam::000000000000:role/exec' that was provided for this task. Please verify that the role being "
            "passed has the proper trust relationship and permissions and that your IAM user has permissions to pass "
            "this role.).");
  world.roles.insert("exec");
  world.run(10s);
  EXPECT_EQ(world.web().running_count, 1);
}

TEST(EcsService, AMissingLogGroupStopsTheTask) {
  World world;
  world.log_groups.clear();
  world.up(1);
  world.run(5s);
  EXPECT_EQ(
      world.tasks("STOPPED").at(0).stopped_reason,
      "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
      "failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. "
      ": exit status 1");
}

TEST(EcsService, ReplacesATaskThatFailsItsHealthChecks) {
  World world;
  auto definition = World::definition();
  definition.container_definitions[0].health_check.emplace();
  definition.container_definitions[0].health_check->command = {"CMD-SHELL", "true"};
  definition.container_definitions[0].health_check->interval = 10;
  world.models[World::kImage].healthy = [](int check) { return check < 2; };
  world.up(1, definition);
  world.run(30s);
  ASSERT_EQ(world.web().running_count, 1);
  const std::string first = World::id_of(world.tasks()[0]);
  EXPECT_EQ(world.tasks()[0].health_status, "HEALTHY");
  world.run(45s);
  const auto stopped = world.tasks("STOPPED");
  ASSERT_EQ(stopped.size(), 1u);
  EXPECT_EQ(World::id_of(stopped[0]), first);
  EXPECT_EQ(stopped[0].stopped_reason, "Task failed container health checks");
  const auto events = world.events();
  const auto says = [&](const std::string& text) {
    return std::ranges::any_of(events, [&](const std::string& event) { return event.find(text) != std::string::npos; });
  };
  EXPECT_TRUE(says("(service web) (task " + first + ") failed container health checks."));
  EXPECT_TRUE(says("Amazon ECS replaced 1 tasks due to an unhealthy status."));
}

TEST(EcsService, StopTimeoutEndsInSigkill) {
  World world;
  auto definition = World::definition();
  definition.container_definitions[0].stop_timeout = 20;
  world.models[World::kImage].stops_after = std::nullopt;
  world.up(1, definition);
  world.run(60s);
  world.scale(0);
  world.run(19s);
  EXPECT_EQ(world.runtime.running(), 1u);
  world.run(5s);
  EXPECT_EQ(world.runtime.sandboxes(), 0u);
  EXPECT_EQ(world.tasks("STOPPED").at(0).containers->at(0).exit_code, 137);
  EXPECT_EQ(world.events().back(), "(service web) has reached a steady state.");
}

TEST(EcsService, GoesOnAfterARestart) {
  World world;
  world.models[World::kImage].lines = {{1s, "one"}, {90s, "two"}};
  world.models[World::kImage].pull_delay = 10s;
  world.up(2);
  world.run(5s);  // still pulling
  world.bench.restart();
  world.run(20s);
  EXPECT_EQ(world.web().running_count, 2);
  const auto before = world.tasks();
  world.bench.restart();
  world.run(2min);
  const auto after = world.tasks();
  ASSERT_EQ(after.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(after[i].task_arn, before[i].task_arn);
    EXPECT_EQ(world.lines["p/app/" + World::id_of(after[i])], (std::vector<std::string>{"one", "two"}));
  }
  EXPECT_TRUE(world.tasks("STOPPED").empty());
}

TEST(EcsService, DeletedServicesDrain) {
  World world;
  world.up(2);
  world.run(60s);
  api_ecs::DeleteServiceRequest request;
  request.service = "web";
  EXPECT_EQ(world.bench.fault<api_ecs::DeleteService>(request),
            "InvalidParameterException: The service cannot be stopped while it is scaled above 0.");
  request.force = true;
  EXPECT_TRUE(world.deregistered.empty());
  EXPECT_EQ(world.bench.ok<api_ecs::DeleteService>(request).service->status, "DRAINING");
  EXPECT_EQ(world.deregistered, std::vector<std::string>{"service/default/web"});
  world.run(60s);
  EXPECT_EQ(world.web().status, "INACTIVE");
  EXPECT_EQ(world.runtime.sandboxes(), 0u);
  world.bench.ok<api_ecs::CreateService>(World::service(1));
  world.run(60s);
  EXPECT_EQ(world.web().running_count, 1);
}

TEST(EcsService, CircuitBreakerRollsBack) {
  World world;
  world.bench.ok<api_ecs::CreateCluster>({});
  world.bench.ok<api_ecs::RegisterTaskDefinition>(World::definition());
  auto service = World::service(1);
  service.deployment_configuration.emplace().deployment_circuit_breaker.emplace();
  service.deployment_configuration->deployment_circuit_breaker->enable = true;
  service.deployment_configuration->deployment_circuit_breaker->rollback = true;
  world.bench.ok<api_ecs::CreateService>(service);
  world.run(60s);
  const std::string good = *world.web().deployments->at(0).id;
  auto bad = World::definition();
  bad.container_definitions[0].image = "000000000000.dkr.ecr.us-east-1.amazonaws.com/nowhere:1";
  world.bench.ok<api_ecs::RegisterTaskDefinition>(bad);
  api_ecs::UpdateServiceRequest update;
  update.service = "web";
  update.task_definition = "app:2";
  world.bench.ok<api_ecs::UpdateService>(update);
  world.run(5min);
  const auto web = world.web();
  ASSERT_EQ(web.deployments->size(), 1u);
  EXPECT_EQ(web.deployments->at(0).id, good);
  EXPECT_EQ(web.running_count, 1);
  EXPECT_TRUE(web.task_definition->ends_with("app:1"));
  const auto events = world.events();
  EXPECT_EQ(std::ranges::count(events, "(service web) rolling back to deployment " + good + "."), 1);
}

TEST(EcsService, TasksWithARoleGetCredentials) {
  World world;
  auto definition = World::definition();
  definition.task_role_arn = "worker";
  world.up(1, definition);
  world.run(60s);
  const std::string id = World::id_of(world.tasks()[0]);
  const std::string url = world.runtime.find_spec(id, "app")->environment.at("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  const std::string start = "http://127.0.0.1:4566/v2/credentials/";
  ASSERT_TRUE(url.starts_with(start));
  const auto credentials = world.ecs().find_credentials(url.substr(start.size()));
  ASSERT_TRUE(credentials.has_value());
  EXPECT_EQ(credentials->role_arn, "arn:aws:iam::000000000000:role/worker");
  ASSERT_TRUE(world.sessions.open_ones.contains(credentials->access_key_id));
  const service::Session& session = world.sessions.open_ones[credentials->access_key_id];
  EXPECT_EQ(session.principal_arn, "arn:aws:sts::000000000000:assumed-role/worker/" + id);
  EXPECT_EQ(session.secret_access_key, credentials->secret_access_key);
  EXPECT_EQ(session.token, credentials->token);
  world.scale(0);
  world.run(60s);
  EXPECT_TRUE(world.sessions.open_ones.empty());
}

TEST(EcsService, CredentialsAreRenewedBeforeTheyEnd) {
  World world;
  auto definition = World::definition();
  definition.task_role_arn = "worker";
  world.up(1, definition);
  world.run(60s);
  const std::string url = world.runtime.find_spec(World::id_of(world.tasks()[0]), "app")
                              ->environment.at("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  const std::string id = url.substr(url.rfind('/') + 1);
  const auto first = world.ecs().find_credentials(id);
  EXPECT_EQ(first->expiration - world.bench.now > 5h + 50min, true);
  world.run(4h);
  EXPECT_EQ(world.ecs().find_credentials(id)->access_key_id, first->access_key_id);
  world.run(1h);
  const auto second = world.ecs().find_credentials(id);
  EXPECT_NE(second->access_key_id, first->access_key_id);
  EXPECT_GT(second->expiration - world.bench.now, 5h + 50min);
  EXPECT_EQ(world.sessions.open_ones.at(first->access_key_id).expires_at, first->expiration);
  EXPECT_TRUE(world.sessions.open_ones.at(second->access_key_id).of_task);
  world.run(36h);
  EXPECT_FALSE(world.sessions.open_ones.contains(first->access_key_id)) << "known for a day after its end";
  EXPECT_LE(world.sessions.open_ones.size(), 8u);
}

TEST(EcsService, MeasuresEveryMinute) {
  World world;
  world.models[World::kImage].cpu_used = 0.125;
  world.models[World::kImage].memory_bytes = 128 << 20;
  world.up(2);
  world.run(5min);
  ASSERT_GE(world.usage.size(), 6u);
  EXPECT_EQ(world.usage.back().service, "web");
  EXPECT_NEAR(world.usage.back().cpu_percent, 50, 1);
  EXPECT_NEAR(world.usage.back().memory_percent, 25, 0.1);
}

}  // namespace
