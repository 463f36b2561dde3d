#include "cloudformation/template/dynamic.h"

#include <gtest/gtest.h>

#include "cloudformation/template/functions.h"
#include "wire/json.h"

namespace {

using namespace cloudformation;
using base::Value;

// What the properties come to, or what is wrong with them.
std::string parameters(const std::string& json) {
  const auto lookup = [](const std::string& name) -> Result<std::string> {
    if (name == "/none") return problem("Parameters: [ssm:/none] cannot be found.");
    return "<" + name + ">";
  };
  const auto expanded = expand_parameters(*wire::parse_json(json), "AWS::T", lookup);
  return expanded ? wire::write_json(*expanded) : expanded.error().message;
}

std::string secrets(const std::string& json) {
  const auto lookup = [](const SecretReference& r) -> Result<std::string> {
    return r.id + "|" + r.json_key + "|" + r.stage + "|" + r.version_id;
  };
  const auto expanded = expand_secrets(*wire::parse_json(json), lookup);
  return expanded ? wire::write_json(*expanded) : expanded.error().message;
}

}  // namespace

TEST(DynamicReferences, ParametersAnywhereInAText) {
  EXPECT_EQ(parameters(R"({"P":"a{{resolve:ssm:/p}}b{{resolve:ssm:q.r-s_t:3}}","Q":[{"R":"{{resolve:ssm:/p}}"}]})"),
            R"({"P":"a</p>b<q.r-s_t:3>","Q":[{"R":"</p>"}]})");
  EXPECT_EQ(parameters(R"({"P":"{{resolve:ssm:/none}}"})"), "Parameters: [ssm:/none] cannot be found.");
  for (const char* bad : {"{{resolve:ssm:}}", "{{resolve:ssm:/p:}}", "{{resolve:ssm:/p:x}}", "{{resolve:ssm:/p:1:2}}",
                          "{{resolve:ssm:a b}}"}) {
    EXPECT_EQ(parameters(R"({"P":")" + std::string(bad) + R"("})"),
              "Incorrect format is used in the following SSM reference: [" + std::string(bad) + "]");
  }
  EXPECT_EQ(parameters(R"({"P":{"Q":"{{resolve:ssm-secure:/p:1}}"}})"),
            "SSM Secure reference is not supported in: [AWS::T/Properties/P]");
  // Other braces mean nothing, nor do references that are made of what is not known yet.
  for (const char* kept : {"{{resolve:ssm:/p", "{{name}}", "{{resolve:other:x}}", "{{resolve:secretsmanager:s}}"}) {
    const std::string json = R"({"P":")" + std::string(kept) + R"("})";
    EXPECT_EQ(parameters(json), json);
  }
  const std::string unknown = R"({"P":"{{resolve:ssm:/)" + std::string(kKnownAfterApply) + R"(}}"})";
  EXPECT_EQ(parameters(unknown), unknown);
}

TEST(DynamicReferences, SecretsAndTheirParts) {
  EXPECT_EQ(secrets(R"({"P":["x{{resolve:secretsmanager:app/db}}"]})"), R"({"P":["xapp/db|||"]})");
  EXPECT_EQ(
      secrets(
          R"({"P":"{{resolve:secretsmanager:s:SecretString:user}}:{{resolve:secretsmanager:s:SecretString::old}}"})"),
      R"({"P":"s|user||:s||old|"})");
  const std::string arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:app/db-abcdef";
  EXPECT_EQ(secrets(R"({"P":"{{resolve:secretsmanager:)" + arn + R"(:SecretString:k::v1}}"})"),
            R"({"P":")" + arn + R"(|k||v1"})");
  for (const char* bad :
       {"{{resolve:secretsmanager:}}", "{{resolve:secretsmanager:s:SecretBinary}}",
        "{{resolve:secretsmanager:s:SecretString:k:stage:id}}", "{{resolve:secretsmanager:arn:aws:x}}",
        "{{resolve:secretsmanager:s:SecretString:k:stage::more}}"}) {
    const std::string json = R"({"P":")" + std::string(bad) + R"("})";
    const std::string words =
        "Incorrect format is used in the following Secrets Manager reference: [" + std::string(bad) + "]";
    EXPECT_EQ(secrets(json), words);
    EXPECT_EQ(parameters(json), words);
  }
  EXPECT_TRUE(names_secrets(*wire::parse_json(R"({"P":["{{resolve:secretsmanager:s}}"]})")));
  EXPECT_FALSE(names_secrets(*wire::parse_json(R"({"P":["{{resolve:ssm:s}}"]})")));
}
