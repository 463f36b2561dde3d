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

constexpr const char* kSecret = "arn:aws:secretsmanager:us-east-1:000000000000:secret:app/db-abcdef";

aws::RegisterTaskDefinitionRequest with_secrets(std::vector<aws::Secret> secrets) {
  auto definition = World::definition();
  definition.container_definitions[0].secrets = std::move(secrets);
  return definition;
}

TEST(Secrets, BecomeTheEnvironmentOfTheirContainer) {
  World world;
  world.parameters = {{"/plain", "p"}, {"/by/arn", "q"}};
  world.secrets = {{kSecret, R"({"user":"me","port":5432})"}, {kSecret + std::string("AWSPREVIOUS"), "old"}};
  world.up(1, with_secrets({{"PLAIN", "/plain"},
                            {"BY_ARN", "arn:aws:ssm:us-east-1:000000000000:parameter/by/arn"},
                            {"WHOLE", kSecret},
                            {"USER", kSecret + std::string(":user::")},
                            {"PORT", kSecret + std::string(":port::")},
                            {"OLD", kSecret + std::string("::AWSPREVIOUS:")}}));
  world.run(60s);
  ASSERT_EQ(world.web().running_count, 1);
  const auto& environment = world.runtime.find_spec(World::id_of(world.tasks().at(0)), "app")->environment;
  EXPECT_EQ(environment.at("PLAIN"), "p");
  EXPECT_EQ(environment.at("BY_ARN"), "q");
  EXPECT_EQ(environment.at("WHOLE"), R"({"user":"me","port":5432})");
  EXPECT_EQ(environment.at("USER"), "me");
  EXPECT_EQ(environment.at("PORT"), "5432");
  EXPECT_EQ(environment.at("OLD"), "old");
  // Both parameters at once, and before anything else.
  EXPECT_EQ(world.errands.at(0), "ssm.us-east-1.amazonaws.com GetParameters");
  EXPECT_EQ(world.errands.at(1), "secretsmanager.us-east-1.amazonaws.com GetSecretValue");
  EXPECT_EQ(std::ranges::count(world.errands, world.errands[0]), 2);  // for the launch, and for the container
}

struct SecretCase {
  std::string value_from;
  const char* closed;  // a host or an operation, or nothing
  Access::Answer answer;
  std::string reason;  // after what they have in common
};

TEST(Secrets, FailWithAwsTexts) {
  const std::string by_parameter =
      "execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 "
      "time(s): ";
  const std::string by_secret =
      "execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 "
      "time(s): ";
  const std::string fetch = "failed to fetch secret " + std::string(kSecret) + " from secrets manager: ";
  const SecretCase cases[] = {
      {"/plain", "ssm.us-east-1.amazonaws.com", Access::Answer::Unreachable,
       "unable to retrieve secrets from ssm: The task cannot pull secrets from AWS Systems Manager. There is a "
       "connection issue between the task and AWS Systems Manager Parameter Store. Check your task network "
       "configuration. RequestCanceled: request context canceled caused by: context deadline exceeded"},
      {kSecret, "secretsmanager.us-east-1.amazonaws.com", Access::Answer::Unreachable,
       "unable to retrieve secret from asm: There is a connection issue between the task and AWS Secrets Manager. "
       "Check "
       "your task network configuration. " +
           fetch +
           "operation error Secrets Manager: GetSecretValue, https response error StatusCode: 0, RequestID: , "
           "canceled, "
           "context deadline exceeded"},
      {"/plain", "GetParameters", Access::Answer::Denied, by_parameter + "AccessDeniedException: " + kDenied},
      {kSecret, "GetSecretValue", Access::Answer::Denied, by_secret + fetch + "AccessDeniedException: " + kDenied},
      {"/none", nullptr, Access::Answer::Granted, by_parameter + "invalid parameters: /none"},
      {kSecret + std::string("x"), nullptr, Access::Answer::Granted,
       by_secret + "failed to fetch secret " + kSecret +
           "x from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret."},
      {kSecret + std::string(":nokey::"), nullptr, Access::Answer::Granted,
       by_secret + "retrieved secret from Secrets Manager did not contain json key nokey"},
      {kSecret + std::string(":key:TEXT:"), nullptr, Access::Answer::Granted,
       by_secret + "the value of the secret is no JSON object"},
  };
  for (const SecretCase& one : cases) {
    World world;
    world.parameters = {{"/plain", "p"}};
    world.secrets = {{kSecret, "{}"}, {kSecret + std::string("TEXT"), "hush"}};
    if (one.closed != nullptr) {
      world.closed[one.closed] = {one.answer, one.answer == Access::Answer::Denied ? kDenied : kTimeOut};
    }
    world.up(1, with_secrets({{"S", one.value_from}}));
    world.run(5s);
    ASSERT_FALSE(world.tasks("STOPPED").empty()) << one.value_from;
    const auto stopped = world.tasks("STOPPED").at(0);
    EXPECT_EQ(stopped.stopped_reason,
              "ResourceInitializationError: unable to pull secrets or registry auth: " + one.reason);
    EXPECT_EQ(stopped.stop_code, "TaskFailedToStart");
    EXPECT_EQ(world.runtime.sandboxes(), 0u);
  }
}

TEST(Secrets, OfDefinitionsThatAwsRefuses) {
  World world;
  const auto refused = [&](std::vector<aws::Secret> secrets, bool role = true) {
    auto definition = with_secrets(std::move(secrets));
    definition.container_definitions[0].environment = {{{.name = "TAKEN", .value = "x"}}};
    definition.container_definitions[0].image = "nginx";
    definition.container_definitions[0].log_configuration.reset();
    if (!role) definition.execution_role_arn.reset();
    return world.bench.fault<aws::RegisterTaskDefinition>(definition);
  };
  EXPECT_EQ(refused({{"S", "/p"}}, false),
            "ClientException: When you are specifying container secrets, you must also specify a value for "
            "'executionRoleArn'.");
  EXPECT_TRUE(refused({{"TAKEN", "/p"}}).starts_with("ClientException: The secret name must be unique"));
  EXPECT_TRUE(refused({{"S", "/p"}, {"S", "/q"}}).starts_with("ClientException: The secret name must be unique"));
  EXPECT_TRUE(
      refused({{"S", "a b"}})
          .starts_with("ClientException: The Systems Manager parameter name specified for secret S is invalid."));
  for (const char* arn :
       {"arn:aws:s3:::b", "arn:aws:secretsmanager:us-east-1:000000000000:secret:s:key",
        "arn:aws:secretsmanager:us-east-1:000000000000:secret:", "arn:aws:ssm:us-east-1:000000000000:document/d"}) {
    EXPECT_TRUE(refused({{"S", arn}}).starts_with("ClientException: The ARN ")) << arn;
  }
  EXPECT_EQ(refused({{"S", "/p"}}), "");
}

}  // namespace
}  // namespace ecs
