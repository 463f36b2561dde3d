#include <gtest/gtest.h>

#include <algorithm>

#include "secretsmanager/operations.h"
#include "secretsmanager/service.h"
#include "service/bench_for_test.h"

namespace {

using namespace api::secretsmanager;
using Names = std::vector<std::string>;
using Stages = std::map<std::string, Names>;

// Version ids are 32 characters at least.
std::string token(int number) {
  return "00000000-0000-0000-0000-" + std::string(11, '0') + std::to_string(number);
}

class SecretsTest : public testing::Test {
 protected:
  CreateSecretResponse create(const std::string& name, const std::string& value) {
    return bench.ok<CreateSecret>({.client_request_token = token(1), .name = name, .secret_string = value});
  }
  PutSecretValueResponse put(const std::string& name, int number, const std::string& value,
                             std::optional<Names> stages = {}) {
    return bench.ok<PutSecretValue>({.client_request_token = token(number),
                                     .secret_id = name,
                                     .secret_string = value,
                                     .version_stages = std::move(stages)});
  }
  std::string value_of(const std::string& id, std::optional<std::string> stage = {},
                       std::optional<std::string> version = {}) {
    const auto out = bench.run<GetSecretValue>({.secret_id = id, .version_id = version, .version_stage = stage});
    return out ? out->secret_string.value_or("") : std::string(out.error().shape->name) + ": " + out.error().message;
  }
  Stages stages(const std::string& id) {
    return bench.ok<DescribeSecret>({.secret_id = id}).version_ids_to_stages.value_or(Stages{});
  }
  Names listed(ListSecretsRequest request = {}) {
    Names names;
    const auto out = bench.ok<ListSecrets>(std::move(request));
    for (const auto& one : *out.secret_list) names.push_back(*one.name);
    return names;
  }

  service::BenchForTest bench{[] { return secretsmanager::make_service(); }};
};

constexpr const char* kNotFound = "ResourceNotFoundException: Secrets Manager can't find the specified secret.";
constexpr const char* kMarked =
    "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.";

}  // namespace

TEST_F(SecretsTest, ASecretByNameAndByArn) {
  const auto made = create("app/db", "hush");
  ASSERT_TRUE(made.arn->starts_with("arn:aws:secretsmanager:us-east-1:000000000000:secret:app/db-"));
  EXPECT_EQ(made.arn->size(), std::string("arn:aws:secretsmanager:us-east-1:000000000000:secret:app/db-123456").size());
  EXPECT_EQ(made.version_id, token(1));
  bench.restart();
  EXPECT_EQ(value_of("app/db"), "hush");
  EXPECT_EQ(value_of(*made.arn), "hush");
  EXPECT_EQ(value_of(made.arn->substr(0, made.arn->size() - 7)), "hush");
  EXPECT_EQ(value_of(made.arn->substr(0, made.arn->size() - 1) + "_"), kNotFound);
  EXPECT_EQ(value_of("nobody"), kNotFound);
  EXPECT_EQ(value_of("app/db", "mine"),
            "ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: mine");
  EXPECT_EQ(
      value_of("app/db", {}, token(7)),
      "ResourceNotFoundException: Secrets Manager can't find the specified secret value for VersionId: " + token(7));
  const auto described = bench.ok<DescribeSecret>({.secret_id = "app/db"});
  EXPECT_EQ(described.created_date, bench.now);
  EXPECT_EQ(described.last_accessed_date, std::chrono::floor<std::chrono::days>(bench.now));
  EXPECT_FALSE(described.tags);
}

TEST_F(SecretsTest, WhatCreatingRefuses) {
  create("s", "1");
  EXPECT_EQ(bench.fault<CreateSecret>({.client_request_token = token(2), .name = "s", .secret_string = "1"}),
            "ResourceExistsException: The operation failed because the secret s already exists.");
  EXPECT_EQ(create("s", "1").version_id, token(1));  // the same request again
  EXPECT_EQ(bench.fault<CreateSecret>({.name = "a b"}),
            "ValidationException: Invalid name. Must be a valid name containing alphanumeric characters, or any of the "
            "following: -/_+=.@!");
  EXPECT_EQ(bench.fault<CreateSecret>({.name = "t", .secret_string = "1"}),
            "InvalidRequestException: You must provide a ClientRequestToken value. We recommend a UUID-type value.");
  EXPECT_EQ(bench.fault<CreateSecret>(
                {.client_request_token = token(1), .name = "t", .secret_string = std::string(65'537, 'x')}),
            "ValidationException: 1 validation error detected: Value at 'secretString' failed to satisfy constraint: "
            "Member must have length less than or equal to 65536");
  EXPECT_TRUE(bench
                  .fault<CreateSecret>(
                      {.client_request_token = token(1), .name = "t", .secret_binary = "b", .secret_string = "s"})
                  .starts_with("InvalidParameterException: You can't specify both"));
  EXPECT_EQ(bench.fault<CreateSecret>({.kms_key_id = "alias/mine", .name = "t"}),
            "InvalidRequestException: KMS keys (KmsKeyId alias/mine) other than alias/aws/secretsmanager are not "
            "supported by renkei yet.");
  EXPECT_FALSE(bench.ok<CreateSecret>({.name = "empty"}).version_id);
  EXPECT_EQ(value_of("empty"),
            "ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: "
            "AWSCURRENT");
}

TEST_F(SecretsTest, LabelsFollowTheValue) {
  create("s", "1");
  put("s", 2, "2");
  EXPECT_EQ(stages("s"), (Stages{{token(1), {"AWSPREVIOUS"}}, {token(2), {"AWSCURRENT"}}}));
  put("s", 3, "3");
  EXPECT_EQ(stages("s"), (Stages{{token(2), {"AWSPREVIOUS"}}, {token(3), {"AWSCURRENT"}}}));
  EXPECT_EQ(value_of("s", "AWSPREVIOUS"), "2");
  EXPECT_EQ(value_of("s", {}, token(1)), "1");
  EXPECT_EQ(put("s", 4, "4", Names{"AWSPENDING"}).version_stages, Names{"AWSPENDING"});
  EXPECT_EQ(value_of("s"), "3");
  EXPECT_EQ(value_of("s", "AWSPENDING", token(3)),
            "InvalidRequestException: You provided a VersionStage that is not associated to the provided VersionId.");
  EXPECT_EQ(put("s", 4, "4", Names{"AWSPENDING"}).version_id, token(4));  // the same request again
  EXPECT_TRUE(bench.fault<PutSecretValue>({.client_request_token = token(4), .secret_id = "s", .secret_string = "x"})
                  .starts_with("ResourceExistsException: You can't use ClientRequestToken " + token(4)));
  const auto versions = bench.ok<ListSecretVersionIds>({.include_deprecated = true, .secret_id = "s"});
  EXPECT_EQ(versions.versions->size(), 4u);
  EXPECT_EQ(bench.ok<ListSecretVersionIds>({.secret_id = "s"}).versions->size(), 3u);
}

TEST_F(SecretsTest, LabelsMoveByHand) {
  create("s", "1");
  put("s", 2, "2", Names{"AWSPENDING"});
  const auto refused = [&](UpdateSecretVersionStageRequest request) {
    request.secret_id = "s";
    return bench.fault<UpdateSecretVersionStage>(std::move(request));
  };
  EXPECT_EQ(refused({.move_to_version_id = token(2), .version_stage = "AWSCURRENT"}),
            "InvalidParameterException: The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is "
            "currently attached to version " +
                token(1) + ", so you must explicitly reference that version in RemoveFromVersionId.");
  EXPECT_TRUE(refused({.remove_from_version_id = token(1), .version_stage = "AWSCURRENT"})
                  .starts_with("InvalidParameterException: You can only move staging label AWSCURRENT"));
  bench.ok<UpdateSecretVersionStage>({.move_to_version_id = token(2),
                                      .remove_from_version_id = token(1),
                                      .secret_id = "s",
                                      .version_stage = "AWSCURRENT"});
  EXPECT_EQ(stages("s"), (Stages{{token(1), {"AWSPREVIOUS"}}, {token(2), {"AWSCURRENT", "AWSPENDING"}}}));
  // And back: each label is at one version.
  bench.ok<UpdateSecretVersionStage>({.move_to_version_id = token(1),
                                      .remove_from_version_id = token(2),
                                      .secret_id = "s",
                                      .version_stage = "AWSCURRENT"});
  EXPECT_EQ(stages("s"), (Stages{{token(1), {"AWSCURRENT"}}, {token(2), {"AWSPENDING", "AWSPREVIOUS"}}}));
  bench.ok<UpdateSecretVersionStage>(
      {.remove_from_version_id = token(2), .secret_id = "s", .version_stage = "AWSPENDING"});
  EXPECT_EQ(stages("s"), (Stages{{token(1), {"AWSCURRENT"}}, {token(2), {"AWSPREVIOUS"}}}));
}

TEST_F(SecretsTest, OldVersionsMakeRoom) {
  create("s", "1");
  for (int i = 2; i <= 100; ++i) put("s", i, "v");
  EXPECT_TRUE(bench.fault<PutSecretValue>({.client_request_token = token(101), .secret_id = "s", .secret_string = "v"})
                  .starts_with("LimitExceededException: The secret has 100 versions"));
  bench.advance(std::chrono::hours(25));
  put("s", 101, "v");
  const auto versions = bench.ok<ListSecretVersionIds>({.include_deprecated = true, .secret_id = "s"});
  EXPECT_EQ(versions.versions->size(), 100u);
  EXPECT_EQ(versions.versions->front().version_id, token(2));
}

TEST_F(SecretsTest, DeletedSecretsCanBeHadBackForAWhile) {
  create("s", "1");
  EXPECT_EQ(bench.fault<DeleteSecret>({.recovery_window_in_days = 3, .secret_id = "s"}),
            "InvalidParameterException: The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
  const auto gone = bench.ok<DeleteSecret>({.recovery_window_in_days = 7, .secret_id = "s"});
  EXPECT_EQ(gone.deletion_date, bench.now + std::chrono::days(7));
  EXPECT_EQ(value_of("s"), kMarked);
  EXPECT_EQ(bench.ok<DescribeSecret>({.secret_id = "s"}).deleted_date, bench.now);
  EXPECT_EQ(listed(), Names{});
  EXPECT_EQ(listed({.include_planned_deletion = true}), Names{"s"});
  EXPECT_EQ(
      bench.fault<CreateSecret>({.name = "s"}),
      "InvalidRequestException: You can't create this secret because a secret with this name is already scheduled "
      "for deletion.");
  bench.advance(std::chrono::days(6));
  bench.ok<RestoreSecret>({.secret_id = "s"});
  EXPECT_EQ(value_of("s"), "1");
  bench.ok<DeleteSecret>({.recovery_window_in_days = 7, .secret_id = "s"});
  bench.restart();
  bench.advance(std::chrono::days(8));
  EXPECT_EQ(bench.fault<RestoreSecret>({.secret_id = "s"}), kNotFound);
  const auto before = create("s", "2");
  bench.ok<DeleteSecret>({.force_delete_without_recovery = true, .secret_id = "s"});
  EXPECT_EQ(value_of("s"), kNotFound);
  EXPECT_EQ(bench.ok<DeleteSecret>({.force_delete_without_recovery = true, .secret_id = "s"}).name, "s");
  EXPECT_NE(create("s", "3").arn, before.arn);
}

TEST_F(SecretsTest, UpdatesAndTags) {
  create("s", "1");
  EXPECT_FALSE(bench.ok<UpdateSecret>({.description = "d", .secret_id = "s"}).version_id);
  EXPECT_EQ(
      bench.ok<UpdateSecret>({.client_request_token = token(2), .secret_id = "s", .secret_string = "2"}).version_id,
      token(2));
  EXPECT_EQ(value_of("s"), "2");
  bench.ok<TagResource>({.secret_id = "s", .tags = {{"a", "1"}, {"b", "2"}}});
  bench.ok<UntagResource>({.secret_id = "s", .tag_keys = {"a"}});
  const auto described = bench.ok<DescribeSecret>({.secret_id = "s"});
  EXPECT_EQ(described.description, "d");
  ASSERT_EQ(described.tags->size(), 1u);
  EXPECT_EQ(described.tags->front().key, "b");
}

TEST_F(SecretsTest, Lists) {
  create("app/one", "1");
  bench.advance(std::chrono::seconds(1));
  bench.ok<CreateSecret>({.description = "The Other", .name = "app/two", .tags = {{{"team", "x"}}}});
  EXPECT_EQ(listed(), (Names{"app/two", "app/one"}));
  EXPECT_EQ(listed({.sort_by = "name", .sort_order = "asc"}), (Names{"app/one", "app/two"}));
  EXPECT_EQ(listed({.filters = {{{"name", Names{"app/o"}}}}}), Names{"app/one"});
  EXPECT_EQ(listed({.filters = {{{"name", Names{"!app/o"}}}}}), Names{"app/two"});
  EXPECT_EQ(listed({.filters = {{{"description", Names{"the o"}}}}}), Names{"app/two"});
  EXPECT_EQ(listed({.filters = {{{"tag-key", Names{"team"}}, {"tag-value", Names{"y", "x"}}}}}), Names{"app/two"});
  EXPECT_EQ(listed({.filters = {{{"all", Names{"TWO other"}}}}}), Names{"app/two"});
  const auto page = bench.ok<ListSecrets>({.max_results = 1});
  EXPECT_EQ(page.secret_list->size(), 1u);
  EXPECT_EQ(listed({.next_token = page.next_token}), Names{"app/one"});
}

TEST_F(SecretsTest, Policies) {
  create("s", "1");
  const std::string open = R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]})";
  EXPECT_FALSE(bench.ok<GetResourcePolicy>({.secret_id = "s"}).resource_policy);
  EXPECT_TRUE(bench.fault<PutResourcePolicy>({.resource_policy = "{", .secret_id = "s"})
                  .starts_with("MalformedPolicyDocumentException"));
  EXPECT_TRUE(bench.fault<PutResourcePolicy>({.block_public_policy = true, .resource_policy = open, .secret_id = "s"})
                  .starts_with("PublicPolicyException"));
  bench.ok<PutResourcePolicy>({.resource_policy = open, .secret_id = "s"});
  EXPECT_EQ(bench.ok<GetResourcePolicy>({.secret_id = "s"}).resource_policy, open);
  bench.ok<DeleteResourcePolicy>({.secret_id = "s"});
  EXPECT_FALSE(bench.ok<GetResourcePolicy>({.secret_id = "s"}).resource_policy);
}

TEST_F(SecretsTest, RandomPasswords) {
  const auto password = [&](GetRandomPasswordRequest request) {
    return *bench.ok<GetRandomPassword>(std::move(request)).random_password;
  };
  const auto has = [](const std::string& text, std::string_view any) {
    return text.find_first_of(any) != std::string::npos;
  };
  for (int i = 0; i < 100; ++i) {
    const std::string text = password({.password_length = 4});
    EXPECT_EQ(text.size(), 4u);
    EXPECT_TRUE(has(text, "0123456789") && has(text, base::kLowerAlnum.substr(0, 26)) &&
                has(text, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"))
        << text;
  }
  EXPECT_EQ(password({}).size(), 32u);
  EXPECT_NE(password({}), password({}));
  const std::string digits = password({.exclude_characters = "13579",
                                       .exclude_lowercase = true,
                                       .exclude_punctuation = true,
                                       .exclude_uppercase = true,
                                       .password_length = 200});
  EXPECT_EQ(digits.find_first_not_of("02468"), std::string::npos);
  EXPECT_EQ(bench.fault<GetRandomPassword>({.password_length = 3}),
            "InvalidParameterException: The password length is too short based on the required types.");
}
