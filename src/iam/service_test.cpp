#include "iam/service.h"

#include <gtest/gtest.h>

#include "api/iam/operations.h"
#include "api/sts/operations.h"
#include "iam/state.h"
#include "service/bench_for_test.h"

namespace {

namespace api_iam = api::iam;

const std::string kTrust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]})";
const std::string kAllow =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}]})";

class IamTest : public testing::Test {
 protected:
  service::BenchForTest bench{[] { return iam::make_service(); }};

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

std::string refusal(const std::string& document, iam::PolicyKind kind) {
  const auto checked = iam::check_policy(document, kind, 2048);
  return checked ? "" : checked.error().message;
}

TEST(PolicyDocument, SaysWhatIsWrong) {
  using enum iam::PolicyKind;
  EXPECT_EQ(refusal(kTrust, Trust), "");
  EXPECT_EQ(refusal(kAllow, Identity), "");
  EXPECT_EQ(refusal("{", Identity), "This policy contains invalid Json");
  EXPECT_EQ(refusal(R"({"Statement":[]})", Identity), "Syntax errors in policy.");
  EXPECT_EQ(refusal(kAllow, Trust), "Has prohibited field Resource");
  EXPECT_EQ(refusal(R"({"Statement":{"Effect":"Allow","Action":"s3:Get*"}})", Identity),
            "Policy statement must contain resources.");
  EXPECT_EQ(refusal(R"({"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"x"}}})", Trust),
            "Invalid principal in policy: \"SERVICE\":\"x\"");
}

TEST(PolicyDocument, AwsPoliciesAreWellFormedThemselves) {
  for (const iam::PolicyRow& policy : iam::aws_policies()) {
    EXPECT_EQ(refusal(policy.versions.back().document, iam::PolicyKind::Identity), "") << policy.arn;
  }
}

}  // namespace
