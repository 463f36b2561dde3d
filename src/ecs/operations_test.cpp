#include <gtest/gtest.h>

#include "ecs/size.h"
#include "ecs/world_for_test.h"

namespace {

using namespace std::chrono_literals;
namespace api_ecs = api::ecs;
using World = ecs::WorldForTest;
using Definition = api_ecs::RegisterTaskDefinitionRequest;

std::string refusal(const std::function<void(Definition&)>& edit) {
  World world;
  Definition definition = World::definition();
  edit(definition);
  return world.bench.fault<api_ecs::RegisterTaskDefinition>(definition);
}

TEST(FargateSize, FollowsTheTable) {
  EXPECT_FALSE(ecs::fargate_size_complaint("256", "512"));
  EXPECT_FALSE(ecs::fargate_size_complaint(".25 vCPU", "2 GB"));
  EXPECT_FALSE(ecs::fargate_size_complaint("16384", "122880"));
  EXPECT_TRUE(ecs::fargate_size_complaint("256", "1536"));
  EXPECT_TRUE(ecs::fargate_size_complaint("8192", "17408"));
  EXPECT_EQ(*ecs::fargate_size_complaint("256", "4096"),
            "No Fargate configuration exists for given values: 256 CPU, 4096 memory. See the Amazon ECS documentation "
            "for the valid values.");
  EXPECT_TRUE(ecs::fargate_size_complaint("many", "512")->starts_with("Invalid 'cpu' setting for task."));
}

TEST(RegisterTaskDefinition, CountsRevisionsAndNeverReusesThem) {
  World world;
  const auto add = [&] {
    return *world.bench.ok<api_ecs::RegisterTaskDefinition>(World::definition()).task_definition->revision;
  };
  EXPECT_EQ(add(), 1);
  EXPECT_EQ(add(), 2);
  world.bench.ok<api_ecs::DeregisterTaskDefinition>({.task_definition = "app:2"});
  EXPECT_EQ(*world.bench.ok<api_ecs::DescribeTaskDefinition>({.task_definition = "app"}).task_definition->revision, 1);
  EXPECT_EQ(world.bench.ok<api_ecs::DescribeTaskDefinition>({.task_definition = "app:2"}).task_definition->status,
            "INACTIVE");
  EXPECT_EQ(add(), 3);
  EXPECT_EQ(world.bench.fault<api_ecs::DescribeTaskDefinition>({.task_definition = "nope"}),
            "ClientException: Unable to describe task definition.");
}

TEST(RegisterTaskDefinition, SaysWhatIsWrong) {
  EXPECT_EQ(refusal([](Definition& d) { d.network_mode = "bridge"; }),
            "ClientException: Fargate only supports network mode ‘awsvpc’.");
  EXPECT_EQ(refusal([](Definition& d) { d.execution_role_arn.reset(); }),
            "ClientException: Fargate requires task definition to have execution role ARN to support ECR images.");
  EXPECT_EQ(refusal([](Definition& d) { d.container_definitions[0].image.reset(); }),
            "ClientException: Container.image should not be null or empty.");
  EXPECT_EQ(
      refusal([](Definition& d) { d.container_definitions[0].stop_timeout = 121; }),
      "ClientException: Invalid setting for container 'app'. The 'stopTimeout' for tasks using the Fargate launch "
      "type must be between 2 and 120.");
  EXPECT_EQ(refusal([](Definition& d) {
              d.container_definitions.push_back(World::container("b"));
              d.container_definitions[0].depends_on = {{{"START", "b"}}};
              d.container_definitions[1].depends_on = {{{"START", "app"}}};
            }),
            "ClientException: The dependencies between containers form a cycle.");
}

TEST(RegisterTaskDefinition, NamesWhatItCannotRun) {
  EXPECT_EQ(refusal([](Definition& d) {
              d.container_definitions[0].repository_credentials.emplace().credentials_parameter = "arn";
            }),
            "ClientException: renkei does not support containerDefinitions[app].repositoryCredentials yet.");
  EXPECT_EQ(refusal([](Definition& d) {
              auto& volume = d.volumes.emplace().emplace_back();
              volume.name = "data";
              volume.efs_volume_configuration.emplace();
            }),
            "ClientException: renkei does not support volumes[data].efsVolumeConfiguration yet.");
  EXPECT_EQ(
      refusal([](Definition& d) { d.container_definitions[0].log_configuration->log_driver = "splunk"; }),
      "ClientException: renkei does not support containerDefinitions[app].logConfiguration.logDriver splunk yet.");
}

TEST(RegisterTaskDefinition, TakesTheLinuxParametersOfFargate) {
  const auto refused = [](const std::function<void(api_ecs::LinuxParameters&)>& change) {
    World world;
    auto definition = World::definition();
    change(definition.container_definitions[0].linux_parameters.emplace());
    return world.bench.fault<api_ecs::RegisterTaskDefinition>(definition);
  };
  const auto adding = [&](const char* name) {
    return refused([&](auto& linux_) { linux_.capabilities.emplace().add = std::vector<std::string>{name}; });
  };
  EXPECT_EQ(adding("SYS_PTRACE"), "");
  EXPECT_EQ(adding("NET_ADMIN"),
            "ClientException: Fargate only supports adding the linux capability SYS_PTRACE, not NET_ADMIN.");
  EXPECT_EQ(adding("FLY"), "ClientException: Fargate only supports adding the linux capability SYS_PTRACE, not FLY.");
  EXPECT_EQ(refused([](auto& linux_) { linux_.capabilities.emplace().drop = std::vector<std::string>{"FLY"}; }),
            "ClientException: Invalid setting for container 'app'. Invalid linux capability 'FLY'.");
  EXPECT_EQ(refused([](auto& linux_) { linux_.shared_memory_size = 64; }),
            "ClientException: Fargate does not support linuxParameters.sharedMemorySize.");
  EXPECT_EQ(refused([](auto& linux_) { linux_.swappiness = 10; }),
            "ClientException: Fargate does not support linuxParameters.swappiness.");
  const auto mounting = [&](const std::string& path, std::int64_t size, const std::string& option) {
    return refused([&](auto& linux_) {
      auto& mount = linux_.tmpfs.emplace().emplace_back();
      mount.container_path = path;
      mount.size = size;
      mount.mount_options = std::vector<std::string>{option};
    });
  };
  EXPECT_EQ(mounting("/scratch", 64, "mode=1777"), "");
  EXPECT_NE(mounting("scratch", 64, "rw"), "");
  EXPECT_NE(mounting("/scratch", 0, "rw"), "");
  EXPECT_NE(mounting("/scratch", 64, "bind"), "");
}

TEST(RegisterTaskDefinition, LimitsEphemeralStorage) {
  World world;
  auto definition = World::definition();
  for (const std::int64_t gib : {19, 201}) {
    definition.ephemeral_storage.emplace().size_in_gi_b = gib;
    EXPECT_EQ(world.bench.fault<api_ecs::RegisterTaskDefinition>(definition),
              "ClientException: ephemeralStorage.sizeInGiB must be between 20 and 200.");
  }
  definition.ephemeral_storage->size_in_gi_b = 21;
  EXPECT_EQ(world.bench.fault<api_ecs::RegisterTaskDefinition>(definition), "");
}

TEST(CreateService, SaysWhatIsWrong) {
  World world;
  EXPECT_EQ(world.bench.fault<api_ecs::CreateService>(World::service(1)),
            "ClusterNotFoundException: Cluster not found.");
  world.bench.ok<api_ecs::CreateCluster>({});
  EXPECT_EQ(world.bench.fault<api_ecs::CreateService>(World::service(1)), "ClientException: TaskDefinition not found.");
  world.bench.ok<api_ecs::RegisterTaskDefinition>(World::definition());
  auto service = World::service(1);
  service.launch_type = "EC2";
  EXPECT_EQ(world.bench.fault<api_ecs::CreateService>(service),
            "UnsupportedFeatureException: renkei does not support launchType EC2 yet.");
  service = World::service(1);
  service.network_configuration.reset();
  EXPECT_EQ(
      world.bench.fault<api_ecs::CreateService>(service),
      "InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' is specified.");
}

TEST(CreateService, IsIdempotentForTheSameRequestOnly) {
  World world;
  world.up(1);
  const auto arn = world.web().service_arn;
  EXPECT_EQ(world.bench.ok<api_ecs::CreateService>(World::service(1)).service->service_arn, arn);
  EXPECT_EQ(world.bench.fault<api_ecs::CreateService>(World::service(2)),
            "InvalidParameterException: Creation of service was not idempotent.");
}

TEST(DescribeServices, TellsWhatIsMissing) {
  World world;
  world.up(0);
  const auto out = world.bench.ok<api_ecs::DescribeServices>({.services = {"web", "ghost"}});
  EXPECT_EQ(out.services->size(), 1u);
  ASSERT_EQ(out.failures->size(), 1u);
  EXPECT_EQ(out.failures->at(0).reason, "MISSING");
  EXPECT_EQ(out.failures->at(0).arn, "arn:aws:ecs:us-east-1:000000000000:service/default/ghost");
}

TEST(UpdateService, ACountAloneIsNoNewDeployment) {
  World world;
  world.up(1);
  world.run(60s);
  const auto before = *world.web().deployments->at(0).id;
  world.scale(2);
  EXPECT_EQ(world.web().desired_count, 2);
  world.run(60s);
  EXPECT_EQ(*world.web().deployments->at(0).id, before);
  EXPECT_EQ(world.web().deployments->at(0).desired_count, 2);
  EXPECT_EQ(world.bench.fault<api_ecs::UpdateService>({.service = "ghost"}),
            "ServiceNotFoundException: Service not found.");
}

TEST(RunTask, RunsOnceAndRepeatsByToken) {
  World world;
  world.models[World::kImage].runs_for = 5s;
  world.bench.ok<api_ecs::CreateCluster>({});
  world.bench.ok<api_ecs::RegisterTaskDefinition>(World::definition());
  api_ecs::RunTaskRequest request;
  request.task_definition = "app";
  request.launch_type = "FARGATE";
  request.count = 2;
  request.client_token = "once";
  request.network_configuration = World::network();
  const auto first = world.bench.ok<api_ecs::RunTask>(request);
  ASSERT_EQ(first.tasks->size(), 2u);
  EXPECT_EQ(first.tasks->at(0).group, "family:app");
  EXPECT_NE(first.tasks->at(0).availability_zone, first.tasks->at(1).availability_zone);
  EXPECT_EQ(world.bench.ok<api_ecs::RunTask>(request).tasks->at(0).task_arn, first.tasks->at(0).task_arn);
  request.count = 3;
  EXPECT_TRUE(world.bench.fault<api_ecs::RunTask>(request).starts_with("ConflictException: "));
  world.run(60s);
  EXPECT_EQ(world.tasks("STOPPED").size(), 2u);
  EXPECT_EQ(world.tasks("STOPPED").at(0).containers->at(0).exit_code, 0);
}

TEST(StopTask, StopsWithTheCallersReason) {
  World world;
  world.up(1);
  world.run(60s);
  const std::string id = World::id_of(world.tasks()[0]);
  EXPECT_EQ(world.bench.ok<api_ecs::StopTask>({.reason = "enough", .task = id}).task->desired_status, "STOPPED");
  world.run(5s);
  const auto stopped = world.tasks("STOPPED").at(0);
  EXPECT_EQ(stopped.stopped_reason, "enough");
  EXPECT_EQ(stopped.stop_code, "UserInitiated");
  EXPECT_EQ(world.web().running_count, 1);  // the service has replaced it
  EXPECT_EQ(world.bench.fault<api_ecs::StopTask>({.task = std::string(32, '0')}),
            "InvalidParameterException: The referenced task was not found.");
}

TEST(Clusters, KeepUntilEmpty) {
  World world;
  world.up(1);
  world.run(60s);
  EXPECT_EQ(world.bench.fault<api_ecs::DeleteCluster>({.cluster = "default"}),
            "ClusterContainsServicesException: The Cluster cannot be deleted while Services are active.");
  world.bench.ok<api_ecs::DeleteService>({.force = true, .service = "web"});
  world.run(60s);
  EXPECT_EQ(world.bench.ok<api_ecs::DeleteCluster>({.cluster = "default"}).cluster->status, "INACTIVE");
  EXPECT_EQ(world.bench.fault<api_ecs::DescribeTasks>({.tasks = {std::string(32, '0')}}),
            "ClusterNotFoundException: Cluster not found.");
}

TEST(Tags, StickToEveryKindOfResource) {
  World world;
  world.up(1);
  const auto web = world.web();
  for (const std::string& arn : {*web.service_arn, *web.cluster_arn, *web.task_definition}) {
    world.bench.ok<api_ecs::TagResource>({.resource_arn = arn, .tags = {{"a", "1"}, {"b", "2"}}});
    world.bench.ok<api_ecs::UntagResource>({.resource_arn = arn, .tag_keys = {"a"}});
    const auto tags = *world.bench.ok<api_ecs::ListTagsForResource>({.resource_arn = arn}).tags;
    ASSERT_EQ(tags.size(), 1u) << arn;
    EXPECT_EQ(tags[0].key, "b");
  }
}

TEST(Tags, OfTheCloudItselfStayAndGoToNoTask) {
  World world;
  auto definition = World::definition();
  definition.tags = std::vector<api_ecs::Tag>{{"aws:cloudformation:stack-name", "app"}, {"team", "a"}};
  const auto made = world.bench.ok<api_ecs::RegisterTaskDefinition>(definition);
  const std::string arn = *made.task_definition->task_definition_arn;
  world.bench.ok<api_ecs::CreateCluster>({});
  api_ecs::RunTaskRequest run;
  run.task_definition = arn;
  run.launch_type = "FARGATE";
  run.propagate_tags = "TASK_DEFINITION";
  run.network_configuration = World::network();
  const auto started = world.bench.ok<api_ecs::RunTask>(run);
  ASSERT_EQ(started.tasks->size(), 1u);
  EXPECT_EQ(*started.tasks->at(0).tags, (std::vector<api_ecs::Tag>{{"team", "a"}}));

  world.bench.call.principal_arn = "arn:aws:iam::000000000000:root";
  const std::string refused =
      "InvalidParameterException: The tag key 'aws:cloudformation:stack-name' is invalid. Tag keys must not start with "
      "aws:";
  EXPECT_EQ(world.bench.fault<api_ecs::TagResource>(
                {.resource_arn = arn, .tags = {{"aws:cloudformation:stack-name", "other"}}}),
            refused);
  EXPECT_EQ(
      world.bench.fault<api_ecs::UntagResource>({.resource_arn = arn, .tag_keys = {"aws:cloudformation:stack-name"}}),
      refused);
  EXPECT_EQ(world.bench.ok<api_ecs::ListTagsForResource>({.resource_arn = arn}).tags->size(), 2u);
}

TEST(Lists, ComeInPages) {
  World world;
  for (int i = 0; i < 5; ++i) world.bench.ok<api_ecs::CreateCluster>({.cluster_name = "c" + std::to_string(i)});
  std::vector<std::string> seen;
  api_ecs::ListClustersRequest request;
  request.max_results = 2;
  do {
    const auto page = world.bench.ok<api_ecs::ListClusters>(request);
    seen.insert(seen.end(), page.cluster_arns->begin(), page.cluster_arns->end());
    request.next_token = page.next_token;
  } while (request.next_token);
  EXPECT_EQ(seen.size(), 5u);
  request.next_token = "not a token";
  EXPECT_EQ(world.bench.fault<api_ecs::ListClusters>(request), "InvalidParameterException: Invalid token.");
}

}  // namespace
