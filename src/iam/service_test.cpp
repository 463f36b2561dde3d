#include "iam/service.h"

#include <gtest/gtest.h>

#include "api/iam/operations.h"
#include "api/sts/operations.h"
#include "iam/state.h"
#include "service/bench_for_test.h"
#include "service/sessions_for_test.h"

namespace {

namespace api_iam = api::iam;

const std::string kTrust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]})";
const std::string kAllow =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}]})";

class IamTest : public testing::Test {
 protected:
  service::SessionsForTest sessions;
  service::BenchForTest bench{[this] { return iam::make_service(sessions); }};

  void create(const std::string& name) {
    bench.ok<api_iam::CreateRole>({.assume_role_policy_document = kTrust, .role_name = name});
  }
};

TEST_F(IamTest, ARoleHasItsArnAndItsTrustPercentEncoded) {
  create("task");
  const auto role = bench.ok<api_iam::GetRole>({.role_name = "task"}).role;
  EXPECT_EQ(role.arn, "arn:aws:iam::000000000000:role/task");
  EXPECT_EQ(role.role_id.substr(0, 4), "AROA");
  EXPECT_TRUE(role.assume_role_policy_document->starts_with("%7B%22Version%22%3A%222012-10-17%22"));
}

TEST_F(IamTest, RolesAreTheSameInEveryRegion) {
  create("task");
  bench.call.region = "eu-west-1";
  EXPECT_EQ(bench.ok<api_iam::GetRole>({.role_name = "task"}).role.role_name, "task");
}

TEST_F(IamTest, ARoleWithPoliciesIsNotDeleted) {
  create("task");
  bench.ok<api_iam::PutRolePolicy>({.policy_document = kAllow, .policy_name = "queue", .role_name = "task"});
  EXPECT_EQ(bench.fault<api_iam::DeleteRole>({.role_name = "task"}),
            "DeleteConflictException: Cannot delete entity, must delete policies first.");
  bench.ok<api_iam::DeleteRolePolicy>({.policy_name = "queue", .role_name = "task"});
  const std::string managed = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
  bench.ok<api_iam::AttachRolePolicy>({.policy_arn = managed, .role_name = "task"});
  EXPECT_EQ(bench.fault<api_iam::DeleteRole>({.role_name = "task"}),
            "DeleteConflictException: Cannot delete entity, must detach all policies first.");
  bench.ok<api_iam::DetachRolePolicy>({.policy_arn = managed, .role_name = "task"});
  bench.ok<api_iam::DeleteRole>({.role_name = "task"});
  EXPECT_EQ(bench.fault<api_iam::GetRole>({.role_name = "task"}),
            "NoSuchEntityException: The role with name task cannot be found.");
}

TEST_F(IamTest, AnUnknownManagedPolicyIsRefused) {
  create("task");
  EXPECT_EQ(bench.fault<api_iam::AttachRolePolicy>({.policy_arn = "arn:aws:iam::aws:policy/Nope", .role_name = "task"}),
            "NoSuchEntityException: Policy arn:aws:iam::aws:policy/Nope does not exist or is not attachable.");
}

TEST_F(IamTest, PolicyVersionsCountUpAndAreNeverReused) {
  const std::string arn = *bench.ok<api_iam::CreatePolicy>({.policy_document = kAllow, .policy_name = "p"}).policy->arn;
  const auto second = bench.ok<api_iam::CreatePolicyVersion>({.policy_arn = arn, .policy_document = kAllow});
  EXPECT_EQ(second.policy_version->version_id, "v2");
  bench.ok<api_iam::DeletePolicyVersion>({.policy_arn = arn, .version_id = "v2"});
  const auto third =
      bench.ok<api_iam::CreatePolicyVersion>({.policy_arn = arn, .policy_document = kAllow, .set_as_default = true});
  EXPECT_EQ(third.policy_version->version_id, "v3");
  EXPECT_EQ(bench.ok<api_iam::GetPolicy>({.policy_arn = arn}).policy->default_version_id, "v3");
}

TEST_F(IamTest, PagesWithMarkers) {
  for (const char* name : {"a", "b", "c"}) create(name);
  const auto first = bench.ok<api_iam::ListRoles>({.max_items = 2});
  EXPECT_TRUE(*first.is_truncated);
  const auto second = bench.ok<api_iam::ListRoles>({.marker = first.marker, .max_items = 2});
  ASSERT_EQ(second.roles.size(), 1u);
  EXPECT_EQ(second.roles[0].role_name, "c");
  EXPECT_FALSE(*second.is_truncated);
}

TEST_F(IamTest, AssumeRoleNeedsTheRole) {
  EXPECT_EQ(
      bench.fault<api::sts::AssumeRole>({.role_arn = "arn:aws:iam::000000000000:role/none", .role_session_name = "me"}),
      "AccessDenied: User: arn:aws:iam::000000000000:root is not authorized to perform: sts:AssumeRole on "
      "resource: arn:aws:iam::000000000000:role/none");
  create("task");
  const auto assumed =
      bench.ok<api::sts::AssumeRole>({.role_arn = "arn:aws:iam::000000000000:role/task", .role_session_name = "me"});
  EXPECT_EQ(assumed.assumed_role_user->arn, "arn:aws:sts::000000000000:assumed-role/task/me");
  EXPECT_TRUE(assumed.credentials->access_key_id.starts_with("ASIA"));
}

TEST_F(IamTest, AssumeRoleOpensASessionUntilItIsForgotten) {
  create("task");
  const std::string role = "arn:aws:iam::000000000000:role/task";
  const auto given =
      bench.ok<api::sts::AssumeRole>({.duration_seconds = 900, .role_arn = role, .role_session_name = "me"})
          .credentials;
  ASSERT_TRUE(sessions.open_ones.contains(given->access_key_id));
  const service::Session session = sessions.open_ones[given->access_key_id];
  EXPECT_EQ(session.secret_access_key, given->secret_access_key);
  EXPECT_EQ(session.token, given->session_token);
  EXPECT_EQ(session.principal_arn, "arn:aws:sts::000000000000:assumed-role/task/me");
  EXPECT_EQ(session.expires_at, bench.now + std::chrono::seconds(900));

  sessions.open_ones.clear();
  bench.restart();
  EXPECT_TRUE(sessions.open_ones.contains(given->access_key_id));
  bench.advance(std::chrono::hours(24));
  EXPECT_TRUE(sessions.open_ones.contains(given->access_key_id)) << "whoever uses it must hear that it has expired";
  bench.advance(std::chrono::minutes(16));
  EXPECT_TRUE(sessions.open_ones.empty());
}

TEST_F(IamTest, ARefusedTurnOpensNoSession) {
  create("task");
  bench.store.fail_write_after(0);
  EXPECT_NE(
      bench.fault<api::sts::AssumeRole>({.role_arn = "arn:aws:iam::000000000000:role/task", .role_session_name = "me"}),
      "");
  EXPECT_TRUE(sessions.open_ones.empty());
}

TEST_F(IamTest, ASessionIsWhoItIsAndChainsForAnHour) {
  create("task");
  const std::string id = bench.ok<api_iam::GetRole>({.role_name = "task"}).role.role_id;
  bench.call.principal_arn = "arn:aws:sts::000000000000:assumed-role/task/me";
  const auto caller = bench.ok<api::sts::GetCallerIdentity>({});
  EXPECT_EQ(caller.arn, "arn:aws:sts::000000000000:assumed-role/task/me");
  EXPECT_EQ(caller.user_id, id + ":me");
  bench.ok<api_iam::UpdateRole>({.max_session_duration = 7200, .role_name = "task"});
  EXPECT_EQ(
      bench.fault<api::sts::AssumeRole>(
          {.duration_seconds = 7200, .role_arn = "arn:aws:iam::000000000000:role/task", .role_session_name = "me"}),
      "ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
      "chaining");
}

TEST(PolicyDocument, SpacesDoNotCount) {
  EXPECT_TRUE(iam::check_policy(kAllow + std::string(5000, ' '), iam::PolicyKind::Identity, kAllow.size()));
  const auto refused = iam::check_policy(kTrust, iam::PolicyKind::Trust, kTrust.size() - 1);
  EXPECT_EQ(refused.error().shape, &api_iam::faults::LimitExceededException);
}

TEST_F(IamTest, AwsPoliciesHaveTheirRealStatements) {
  const std::string arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
  const auto policy = bench.ok<api_iam::GetPolicy>({.policy_arn = arn}).policy;
  EXPECT_EQ(policy->default_version_id, "v1");
  const auto version = bench.ok<api_iam::GetPolicyVersion>({.policy_arn = arn, .version_id = "v1"}).policy_version;
  EXPECT_TRUE(version->document->contains("ecr%3AGetDownloadUrlForLayer"));
  EXPECT_FALSE(version->document->contains("CreateLogGroup")) << "the group must be there before";
  create("task");
  bench.ok<api_iam::AttachRolePolicy>({.policy_arn = arn, .role_name = "task"});
  const auto attached = bench.ok<api_iam::ListAttachedRolePolicies>({.role_name = "task"}).attached_policies;
  ASSERT_EQ(attached->size(), 1u);
  EXPECT_EQ(attached->front().policy_name, "AmazonECSTaskExecutionRolePolicy");
}

TEST(PolicyDocument, AwsPoliciesAreWellFormedThemselves) {
  for (const iam::PolicyRow& policy : iam::aws_policies()) {
    EXPECT_TRUE(iam::check_policy(policy.versions.back().document, iam::PolicyKind::Identity, 100'000)) << policy.arn;
  }
}

}  // namespace
