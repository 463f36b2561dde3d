// What a task meets before it runs: its interface, and what Fargate asks for over it.

#include "ecs/world_for_test.h"

namespace ecs {
namespace {

using namespace std::chrono_literals;
using World = WorldForTest;
namespace aws = api::ecs;

std::map<std::string, std::string> details(const aws::Task& task) {
  std::map<std::string, std::string> found;
  for (const auto& one : *task.attachments->at(0).details) found[*one.name] = *one.value;
  return found;
}

TEST(TaskInterfaces, ComeAndGoWithTheirTasks) {
  World world;
  world.models[""].sandbox_delay = 4s;
  world.up(2);
  world.run(1s);
  const auto starting = world.tasks();
  ASSERT_EQ(starting.size(), 2u);
  EXPECT_EQ(starting[0].last_status, "PROVISIONING");
  EXPECT_EQ(starting[0].attachments->at(0).status, "ATTACHING");
  EXPECT_EQ(world.interfaces.size(), 2u);
  EXPECT_TRUE(
      world.interfaces.at("eni-1").attachment_arn.starts_with("arn:aws:ecs:us-east-1:000000000000:attachment/"));
  EXPECT_NE(world.interfaces.at("eni-1").subnet, world.interfaces.at("eni-2").subnet);

  world.run(60s);
  const auto task = world.tasks()[0];
  EXPECT_EQ(task.attachments->at(0).status, "ATTACHED");
  const auto seen = details(task);
  EXPECT_TRUE(seen.at("networkInterfaceId").starts_with("eni-"));
  EXPECT_TRUE(seen.contains("macAddress") && seen.contains("privateDnsName") && seen.contains("subnetId"));
  EXPECT_EQ(task.containers->at(0).network_interfaces->at(0).private_ipv4_address, seen.at("privateIPv4Address"));

  world.scale(0);
  world.run(60s);
  EXPECT_TRUE(world.interfaces.empty());
  const auto stopped = world.tasks("STOPPED");
  EXPECT_EQ(stopped[0].attachments->at(0).status, "DELETED");
  EXPECT_TRUE(details(stopped[0]).contains("networkInterfaceId"));
}

TEST(TaskInterfaces, AFullSubnetFailsTheTask) {
  World world;
  world.interfaces_max = 0;
  world.up(1);
  world.run(5s);
  const auto task = world.tasks("STOPPED").at(0);
  EXPECT_EQ(task.stop_code, "TaskFailedToStart");
  EXPECT_EQ(task.stopped_reason,
            "Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-a': "
            "InsufficientFreeAddressesInSubnet");
  EXPECT_EQ(world.events().at(1), "(service web) was unable to place a task. Reason: " + *task.stopped_reason + ".");
  world.interfaces_max = 9;
  world.run(60s);
  EXPECT_EQ(world.web().running_count, 1);
}

TEST(Launch, AsksForEverythingInFargatesOrder) {
  World world;
  world.up(1);
  world.run(60s);
  EXPECT_EQ(world.errands, (std::vector<std::string>{
                               "api.ecr.us-east-1.amazonaws.com GetAuthorizationToken",
                               "000000000000.dkr.ecr.us-east-1.amazonaws.com BatchGetImage",
                               "000000000000.dkr.ecr.us-east-1.amazonaws.com GetDownloadUrlForLayer",
                               "prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com GetObject",
                               "logs.us-east-1.amazonaws.com CreateLogStream",
                           }));
}

struct Case {
  const char* closed;  // a host or an operation
  Access::Answer answer;
  const char* reason;
};

constexpr const char* kTimeOut = "dial tcp 10.0.1.9:443: i/o timeout";
constexpr const char* kDenied =
    "User: u is not authorized to perform: a because no identity-based policy allows the a action";

// The texts of stopped tasks on AWS, whole.
const Case kCases[] = {
    {"api.ecr.us-east-1.amazonaws.com", Access::Answer::Unreachable,
     "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from "
     "Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration. "
     "operation error ECR: GetAuthorizationToken, exceeded maximum number of attempts, 3, https response error "
     "StatusCode: 0, RequestID: , request send failed, Post \"https://api.ecr.us-east-1.amazonaws.com/\": dial tcp "
     "10.0.1.9:443: i/o timeout"},
    {"000000000000.dkr.ecr.us-east-1.amazonaws.com", Access::Answer::Unreachable,
     "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref "
     "000000000000.dkr.ecr.us-east-1.amazonaws.com/app:1: failed to do request: Head "
     "\"https://000000000000.dkr.ecr.us-east-1.amazonaws.com/v2/app/manifests/1\": dial tcp 10.0.1.9:443: i/o timeout"},
    {"prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com", Access::Answer::Unreachable,
     "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: "
     "failed to do request: Get "
     "\"https://prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com/sha256:abc\": dial tcp 10.0.1.9:443: "
     "i/o timeout"},
    {"logs.us-east-1.amazonaws.com", Access::Answer::Unreachable,
     "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log "
     "group "
     "defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. Check your "
     "network configuration. : signal: killed"},
    {"GetAuthorizationToken", Access::Answer::Denied,
     "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
     "unable "
     "to retrieve ecr registry auth: service call has been retried 1 time(s): AccessDeniedException: User: u is not "
     "authorized to perform: a because no identity-based policy allows the a action"},
    {"BatchGetImage", Access::Answer::Denied,
     "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
     "000000000000.dkr.ecr.us-east-1.amazonaws.com/app:1: pulling from host "
     "000000000000.dkr.ecr.us-east-1.amazonaws.com failed with status code [manifests 1]: 403 Forbidden"},
    {"GetObject", Access::Answer::Denied,
     "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: "
     "unexpected status from GET request to "
     "https://prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com/sha256:abc: 403 Forbidden"},
    {"CreateLogStream", Access::Answer::Denied,
     "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to "
     "create Cloudwatch log stream: AccessDeniedException: User: u is not authorized to perform: a because no "
     "identity-based policy allows the a action : exit status 1"},
};

TEST(Launch, FailsWithAwsTexts) {
  for (const Case& one : kCases) {
    World world;
    world.closed[one.closed] = {one.answer, one.answer == Access::Answer::Denied ? kDenied : kTimeOut};
    world.up(1);
    world.run(9s);
    const auto stopped = world.tasks("STOPPED");
    ASSERT_EQ(stopped.size(), 1u) << one.closed;
    EXPECT_EQ(stopped[0].stopped_reason, one.reason);
    EXPECT_EQ(stopped[0].stop_code, "TaskFailedToStart");
    EXPECT_EQ(stopped[0].containers->at(0).reason, one.reason);
    EXPECT_FALSE(stopped[0].containers->at(0).exit_code.has_value());
    EXPECT_EQ(world.events().at(1),
              "(service web) was unable to place a task. Reason: " + std::string(one.reason) + ".");
    EXPECT_TRUE(world.interfaces.empty());
    world.closed.clear();
    world.run(60s);
    EXPECT_EQ(world.web().running_count, 1) << one.closed;
  }
}

// It stays PENDING for as long as Fargate keeps trying, and goes on if that helps.
TEST(Launch, TriesAgainBeforeItGivesUp) {
  for (const char* host : {"api.ecr.us-east-1.amazonaws.com", "logs.us-east-1.amazonaws.com"}) {
    World world;
    world.closed[host] = {Access::Answer::Unreachable, kTimeOut};
    world.up(1);
    world.run(2s);
    EXPECT_EQ(world.tasks().at(0).last_status, "PENDING");
    world.bench.restart();
    world.run(500ms);
    EXPECT_EQ(world.tasks().at(0).last_status, "PENDING");
    world.closed.clear();
    world.run(5s);
    EXPECT_EQ(world.web().running_count, 1) << host;
    EXPECT_TRUE(world.tasks("STOPPED").empty());
  }
}

TEST(Launch, CanBeStoppedWhileItTries) {
  for (const char* host : {"api.ecr.us-east-1.amazonaws.com", "logs.us-east-1.amazonaws.com"}) {
    World world;
    world.closed[host] = {Access::Answer::Unreachable, kTimeOut};
    world.up(1);
    world.run(1s);
    world.scale(0);
    world.run(1s);
    ASSERT_EQ(world.tasks("STOPPED").size(), 1u) << host;
    EXPECT_EQ(world.tasks("STOPPED").at(0).stop_code, "ServiceSchedulerInitiated");
    EXPECT_EQ(world.runtime.sandboxes(), 0u);
  }
}

TEST(Launch, OfAnImageFromOutsideNeedsItsRegistryOnly) {
  World world;
  auto definition = World::definition();
  definition.container_definitions[0].image = "nginx";
  definition.container_definitions[0].log_configuration.reset();
  world.closed["registry-1.docker.io"] = {Access::Answer::Unreachable,
                                          "dial tcp registry-1.docker.io:443: i/o timeout"};
  world.up(1, definition);
  world.run(9s);
  EXPECT_EQ(
      world.tasks("STOPPED").at(0).stopped_reason,
      "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref "
      "docker.io/library/nginx:latest: failed to do request: Head "
      "\"https://registry-1.docker.io/v2/library/nginx/manifests/latest\": dial tcp registry-1.docker.io:443: i/o "
      "timeout");
}

}  // namespace
}  // namespace ecs
