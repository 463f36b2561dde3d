#include "wire/validate.h"

#include <gtest/gtest.h>

#include "wire/protocol.h"
#include "wire/shape_for_test.h"

namespace wire {
namespace {

std::string refusal(std::string_view body) {
  const auto input =
      decode_request(api::Protocol::AwsJson, testing::operation("DoEverything"), HttpParts{.body = body});
  return input ? "" : input.error().message;
}

TEST(Validate, WordsEachConstraintAsAwsDoes) {
  EXPECT_EQ(refusal(R"({"Text":"a","Labels":[]})"), "");
  EXPECT_EQ(refusal(R"({"Text":"a","Labels":[],"Color":"GREEN"})"),
            "1 validation error detected: Value 'GREEN' at 'color' failed to satisfy constraint: Member must satisfy "
            "enum value "
            "set: [RED, BLUE]");
  EXPECT_EQ(refusal(R"({"Text":"","Labels":[]})"),
            "1 validation error detected: Value '' at 'text' failed to satisfy constraint: Member must have length "
            "greater than or "
            "equal to 1");
  EXPECT_EQ(refusal(R"({"Text":"a","Labels":[],"Number":11})"),
            "1 validation error detected: Value '11' at 'number' failed to satisfy constraint: Member must have value "
            "less than or "
            "equal to 10");
  EXPECT_EQ(refusal(R"({"Text":"A1","Labels":[]})"),
            "1 validation error detected: Value 'A1' at 'text' failed to satisfy constraint: Member must satisfy "
            "regular expression "
            "pattern: [a-z]*");
  EXPECT_EQ(
      refusal(R"({"Text":"a","Labels":["ok","tooooo"]})"),
      "1 validation error detected: Value '[ok, tooooo]' at 'labels' failed to satisfy constraint: Member must satisfy "
      "constraint: [Member must have length less than or equal to 4]");
}

TEST(Validate, CountsAndNamesMissingMembers) {
  EXPECT_EQ(refusal("{}"),
            "2 validation errors detected: Value null at 'text' failed to satisfy constraint: Member must not be null; "
            "Value null at 'labels' failed to satisfy constraint: Member must not be null");
  EXPECT_EQ(refusal(R"({"Text":"a","Labels":[],"Leaves":[{"Name":"n"},{"Leaves":[{}]}]})"),
            "2 validation errors detected: Value null at 'leaves.2.member.leaves.1.member.name' failed to satisfy "
            "constraint: "
            "Member must not be null; Value null at 'leaves.2.member.name' failed to satisfy constraint: Member must "
            "not be null");
}

TEST(Validate, CountsCharactersNotBytes) {
  EXPECT_EQ(character_count("日本é"), 3u);
}

TEST(Pattern, KnowsJavasNotation) {
  EXPECT_TRUE(matches_pattern("[\\.\\-_/#A-Za-z0-9]+", "a/b-c.d_e#1"));
  EXPECT_FALSE(matches_pattern("[\\.\\-_/#A-Za-z0-9]+", "a b"));
  EXPECT_TRUE(matches_pattern("[\\w\\-_:/]+", "abc-d:/"));
  EXPECT_TRUE(is_pattern_known("[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"));
  EXPECT_FALSE(is_pattern_known("[\\u0020-\\uD7FF]*"));
  EXPECT_TRUE(matches_pattern("[\\u0020-\\uD7FF]*", "anything"));
  EXPECT_TRUE(matches_pattern("(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)", "/a/b/"));
  EXPECT_FALSE(matches_pattern("(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)", "/a b/"));
  EXPECT_TRUE(matches_pattern("[\\p{Alnum}-]+\\p{Print}", "a-b!"));
  EXPECT_TRUE(matches_pattern("(a|b)*", std::string(1'000'000, 'c')));
}

}  // namespace
}  // namespace wire
