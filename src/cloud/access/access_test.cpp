// Policies in front of the whole cloud: who is refused, in whose words, and what costs nothing.

#include "cloud/access/access.h"

#include <gtest/gtest.h>

#include "api/ec2/operations.h"
#include "api/ecs/operations.h"
#include "api/iam/operations.h"
#include "api/logs/operations.h"
#include "api/s3/operations.h"
#include "api/sqs/operations.h"
#include "api/sts/operations.h"
#include "cloud/cloud.h"
#include "runtime/fake/scripted_runtime.h"
#include "store/memory/memory_store.h"

namespace {

const std::string kRole = "arn:aws:iam::000000000000:role/task";
const std::string kUser = "User: arn:aws:sts::000000000000:assumed-role/task/me is not authorized to perform: ";

struct Clock : base::Clock {
  base::TimePoint time = base::from_unix_seconds(1'800'000'000);
  base::TimePoint now() const override { return time; }
};

struct NoBlobs : cloud::Blobs {
  void release(const std::string&) override {}
  void keep_only(const std::set<std::string>&) override {}
  std::optional<std::string> read(const std::string&, std::uint64_t) override { return std::nullopt; }
};

std::string statement(const std::string& rest) {
  return R"({"Version":"2012-10-17","Statement":{)" + rest + "}}";
}
std::string allow(const std::string& actions) {
  return statement(R"("Effect":"Allow","Resource":"*","Action":)" + actions);
}

class AccessTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(cloud_.recover());
    ok<api::iam::CreateRole>(
        {.assume_role_policy_document = statement(R"("Effect":"Allow","Action":"sts:AssumeRole","Principal":"*")"),
         .role_name = "task"});
    url_ = *ok<api::sqs::CreateQueue>({.queue_name = "q"}).queue_url;
  }

  // By whom the next calls are signed.
  struct Signature {
    std::string key;
    api::Protocol protocol = api::Protocol::AwsJson;
    std::string vpc{};
    std::string address{};  // at which it arrives there
  };

  template <class Op>
  base::Outcome<typename Op::Output> run(typename Op::Input input, const Signature& signature) {
    base::Outcome<typename Op::Output> outcome = typename Op::Output{};
    cloud::Request request{&Op::operation(), api::Object::of(std::move(input)), {}};
    request.call.base_url = "http://localhost:4566";
    request.call.principal_arn = "arn:aws:iam::000000000000:root";
    request.call.access_key_id = signature.key;
    request.call.protocol = signature.protocol;
    request.vpc = signature.vpc;
    request.vpc_address = signature.address;
    cloud_.submit(std::move(request), {[&](service::Answer answer) {
                                         if (!answer.result) {
                                           outcome = std::unexpected(answer.result.error());
                                         } else {
                                           outcome = std::move(answer.result->template as<typename Op::Output>());
                                         }
                                       },
                                       std::make_shared<bool>(false)});
    return outcome;
  }
  template <class Op>
  typename Op::Output ok(typename Op::Input input, const Signature& signature = {}) {
    auto outcome = run<Op>(std::move(input), signature);
    if (!outcome) ADD_FAILURE() << Op::operation().name << ": " << outcome.error().message;
    return outcome ? std::move(*outcome) : typename Op::Output{};
  }
  // "code status: message", or "".
  template <class Op>
  std::string refused(typename Op::Input input, const Signature& signature) {
    const auto outcome = run<Op>(std::move(input), signature);
    if (outcome) return "";
    const base::FaultShape& shape = *outcome.error().shape;
    return std::string(shape.name) + " " + std::to_string(shape.http_status) + ": " + outcome.error().message;
  }

  void may(const std::string& document) {
    ok<api::iam::PutRolePolicy>({.policy_document = document, .policy_name = "p", .role_name = "task"});
  }
  std::string session(const std::optional<std::string>& policy = std::nullopt) {
    api::sts::AssumeRoleRequest request;
    request.role_arn = kRole;
    request.role_session_name = "me";
    request.policy = policy;
    return ok<api::sts::AssumeRole>(request).credentials->access_key_id;
  }
  api::sqs::SendMessageRequest message() { return {.message_body = "m", .queue_url = url_}; }

  Clock clock_;
  base::SeededRandom random_{7};
  store::MemoryStore store_;
  runtime::ScriptedRuntime runtime_{clock_,
                                    [](const auto&, const auto&, const std::string&) { return runtime::Model{}; }};
  NoBlobs blobs_;
  std::vector<cloud::Denial> heard_;
  cloud::Cloud cloud_{{clock_, random_, store_, runtime_, blobs_, nullptr, nullptr, nullptr,
                       [this](const cloud::Denial& denial) { heard_.push_back(denial); }},
                      {.verifies = true}};
  std::string url_;
};

TEST_F(AccessTest, ARoleMayWhatItsPoliciesAllow) {
  const std::string key = session();
  const std::string reason =
      " on resource: arn:aws:sqs:us-east-1:000000000000:q because no identity-based policy allows the ";
  EXPECT_EQ(refused<api::sqs::SendMessage>(message(), {key}),
            "AccessDeniedException 403: " + kUser + "sqs:sendmessage" + reason + "sqs:sendmessage action");
  may(allow(R"("sqs:SendMessage")"));
  EXPECT_EQ(refused<api::sqs::SendMessage>(message(), {key}), "") << "policies count at once";
  EXPECT_EQ(refused<api::sqs::PurgeQueue>({.queue_url = url_}, {key, api::Protocol::AwsQuery}),
            "AccessDenied 403: " + kUser + "sqs:purgequeue" + reason + "sqs:purgequeue action");
  ok<api::iam::DeleteRolePolicy>({.policy_name = "p", .role_name = "task"});
  EXPECT_NE(refused<api::sqs::SendMessage>(message(), {key}), "");
  EXPECT_EQ(refused<api::sqs::SendMessage>(message(), {}), "") << "the account's own keys";
}

TEST_F(AccessTest, AManagedPolicyCountsByItsDefaultVersion) {
  const std::string key = session();
  const std::string arn =
      *ok<api::iam::CreatePolicy>({.policy_document = allow(R"("sqs:*")"), .policy_name = "m"}).policy->arn;
  ok<api::iam::AttachRolePolicy>({.policy_arn = arn, .role_name = "task"});
  EXPECT_EQ(refused<api::sqs::SendMessage>(message(), {key}), "");
  ok<api::iam::CreatePolicyVersion>({.policy_arn = arn, .policy_document = allow(R"("s3:*")"), .set_as_default = true});
  EXPECT_NE(refused<api::sqs::SendMessage>(message(), {key}), "");
}

TEST_F(AccessTest, EachServiceRefusesInItsOwnWords) {
  const std::string key = session();
  const std::string no_policy = " because no identity-based policy allows the ";
  EXPECT_EQ(refused<api::ecs::ListClusters>({}, {key}), "AccessDeniedException 400: " + kUser +
                                                            "ecs:ListClusters on resource: *" + no_policy +
                                                            "ecs:ListClusters action");
  EXPECT_EQ(refused<api::logs::CreateLogStream>({.log_group_name = "/g", .log_stream_name = "s"}, {key}),
            "AccessDeniedException 400: " + kUser +
                "logs:CreateLogStream on resource: arn:aws:logs:us-east-1:000000000000:log-group:/g:log-stream:s" +
                no_policy + "logs:CreateLogStream action");
  EXPECT_EQ(refused<api::ec2::DescribeVpcs>({}, {key, api::Protocol::Ec2Query}),
            "UnauthorizedOperation 403: You are not authorized to perform this operation. " + kUser +
                "ec2:DescribeVpcs" + no_policy + "ec2:DescribeVpcs action");
  EXPECT_EQ(refused<api::s3::GetObject>({.bucket = "b", .key = "k"}, {key, api::Protocol::RestXml}),
            "AccessDenied 403: " + kUser + "s3:GetObject on resource: \"arn:aws:s3:::b/k\"" + no_policy +
                "s3:GetObject action");
  EXPECT_EQ(refused<api::iam::GetRole>({.role_name = "task"}, {key, api::Protocol::AwsQuery}),
            "AccessDenied 403: " + kUser + "iam:GetRole on resource: role task" + no_policy + "iam:GetRole action");
  ok<api::sts::GetCallerIdentity>({}, {key});
}

TEST_F(AccessTest, AQueuesOwnPolicyCounts) {
  const std::string key = session();
  const auto policy_of = [&](const std::string& effect) {
    api::sqs::SetQueueAttributesRequest request;
    request.queue_url = url_;
    request.attributes["Policy"] = statement(
        R"("Effect":")" + effect +
        R"(","Principal":{"AWS":"arn:aws:iam::000000000000:role/task"},"Action":"SQS:SendMessage","Resource":"*")");
    ok<api::sqs::SetQueueAttributes>(request);
  };
  policy_of("Allow");
  EXPECT_EQ(refused<api::sqs::SendMessage>(message(), {key}), "");
  may(allow(R"("sqs:*")"));
  policy_of("Deny");
  EXPECT_TRUE(
      refused<api::sqs::SendMessage>(message(), {key}).ends_with(" with an explicit deny in a resource-based policy"));
}

TEST_F(AccessTest, BoundariesAndSessionPoliciesLimit) {
  may(allow(R"("sqs:*")"));
  const std::string limited = session(allow(R"("sqs:ReceiveMessage")"));
  EXPECT_TRUE(refused<api::sqs::SendMessage>(message(), {limited})
                  .ends_with(" because no session policy allows the sqs:sendmessage action"));
  const std::string arn =
      *ok<api::iam::CreatePolicy>({.policy_document = allow(R"("s3:*")"), .policy_name = "b"}).policy->arn;
  ok<api::iam::PutRolePermissionsBoundary>({.permissions_boundary = arn, .role_name = "task"});
  EXPECT_TRUE(refused<api::sqs::SendMessage>(message(), {session()})
                  .ends_with(" because no permissions boundary allows the sqs:sendmessage action"));
}

TEST_F(AccessTest, AssumingARoleNeedsItsTrustAndTheLeaveToAsk) {
  const std::string key = session();
  ok<api::iam::CreateRole>(
      {.assume_role_policy_document =
           statement(R"("Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ecs-tasks.amazonaws.com"})"),
       .role_name = "other"});
  api::sts::AssumeRoleRequest request;
  request.role_arn = "arn:aws:iam::000000000000:role/other";
  request.role_session_name = "x";
  may(allow(R"("sts:*")"));
  EXPECT_EQ(refused<api::sts::AssumeRole>(request, {key, api::Protocol::AwsQuery}),
            "AccessDenied 403: " + kUser + "sts:AssumeRole on resource: " + request.role_arn);
  ok<api::iam::UpdateAssumeRolePolicy>(
      {.policy_document = statement(R"("Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"000000000000"})"),
       .role_name = "other"});
  EXPECT_EQ(refused<api::sts::AssumeRole>(request, {key, api::Protocol::AwsQuery}), "");
}

TEST_F(AccessTest, StartingTasksNeedsTheLeaveToPassTheirRoles) {
  const std::string key = session();
  may(allow(R"("ecs:*")"));
  api::ecs::RegisterTaskDefinitionRequest definition;
  definition.family = "f";
  definition.cpu = "256";
  definition.memory = "512";
  definition.network_mode = "awsvpc";
  definition.requires_compatibilities = std::vector<std::string>{"FARGATE"};
  definition.task_role_arn = kRole;
  definition.container_definitions.emplace_back().name = "app";
  definition.container_definitions.back().image = "app";
  const std::string expected = "AccessDeniedException 400: " + kUser + "iam:PassRole on resource: " + kRole +
                               " because no identity-based policy allows the iam:PassRole action";
  EXPECT_EQ(refused<api::ecs::RegisterTaskDefinition>(definition, {key}), expected);
  ok<api::ecs::RegisterTaskDefinition>(definition);
  api::ecs::RunTaskRequest run;
  run.task_definition = "f";
  EXPECT_EQ(refused<api::ecs::RunTask>(run, {key}), expected) << "by the roles of the definition";
}

TEST_F(AccessTest, AnEndpointsPolicyBindsEvenTheAccount) {
  api::ec2::CreateVpcRequest vpc;
  vpc.cidr_block = "10.0.0.0/16";
  const std::string vpc_id = *ok<api::ec2::CreateVpc>(vpc).vpc->vpc_id;
  api::ec2::CreateSubnetRequest subnet;
  subnet.vpc_id = vpc_id;
  subnet.cidr_block = "10.0.1.0/24";
  api::ec2::CreateVpcEndpointRequest request;
  request.vpc_id = vpc_id;
  request.subnet_ids = std::vector<std::string>{*ok<api::ec2::CreateSubnet>(subnet).subnet->subnet_id};
  request.service_name = "com.amazonaws.us-east-1.sqs";
  request.vpc_endpoint_type = "Interface";
  request.private_dns_enabled = false;
  request.policy_document =
      statement(R"("Effect":"Allow","Principal":"*","Action":"sqs:ReceiveMessage","Resource":"*")");
  const auto made = *ok<api::ec2::CreateVpcEndpoint>(request).vpc_endpoint;
  api::ec2::DescribeNetworkInterfacesRequest interfaces;
  interfaces.network_interface_ids = made.network_interface_ids;
  const auto described = ok<api::ec2::DescribeNetworkInterfaces>(interfaces);
  const std::string address = *described.network_interfaces->front().private_ip_address;
  const auto json = api::Protocol::AwsJson;
  const std::string refusal = " because no VPC endpoint policy allows the sqs:sendmessage action";
  EXPECT_TRUE(refused<api::sqs::SendMessage>(message(), {"", json, vpc_id, address}).ends_with(refusal));
  EXPECT_EQ(refused<api::sqs::SendMessage>(message(), {"", json, vpc_id, "198.18.0.1"}), "") << "around the endpoint";
  may(allow(R"("sqs:*")"));
  EXPECT_TRUE(refused<api::sqs::SendMessage>(message(), {session(), json, vpc_id, address}).ends_with(refusal));
  EXPECT_TRUE(cloud_.denials().back().source.ends_with(" through " + *made.vpc_endpoint_id));
}

TEST_F(AccessTest, WhatWasRefusedCanBeFound) {
  const std::string key = session();
  for (std::size_t i = 0; i < cloud::kDenialsKept + 5; ++i) refused<api::sqs::SendMessage>(message(), {key});
  EXPECT_EQ(heard_.size(), cloud::kDenialsKept + 5);
  ASSERT_EQ(cloud_.denials().size(), cloud::kDenialsKept);
  const cloud::Denial& last = cloud_.denials().back();
  EXPECT_EQ(last.principal, "arn:aws:sts::000000000000:assumed-role/task/me");
  EXPECT_EQ(last.action, "sqs:sendmessage");
  EXPECT_EQ(last.resource, "arn:aws:sqs:us-east-1:000000000000:q");
  EXPECT_EQ(last.reason, "because no identity-based policy allows the sqs:sendmessage action");
  EXPECT_EQ(last.operation, "SendMessage");
}

}  // namespace
