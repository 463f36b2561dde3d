#include "iam/policy/condition.h"

#include <gtest/gtest.h>

#include "iam/policy/keys_for_test.h"

namespace {

using iam::policy::KeysForTest;

bool holds(const std::string& condition, const KeysForTest& keys) {
  const std::string text =
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":)" + condition +
      "}}";
  const auto document = iam::policy::parse(text, iam::policy::Form::Identity);
  if (!document) {
    ADD_FAILURE() << condition << ": " << document.error();
    return false;
  }
  return iam::policy::holds(document->statements.front().conditions.front(), keys);
}

struct Case {
  const char* rule;
  const char* condition;
  KeysForTest keys;
  bool holds;
};

const Case kCases[] = {
    {"text is compared exactly", R"({"StringEquals":{"aws:a":"x*"}})", {{"aws:a", {"xy"}}}, false},
    {"names of keys have no case", R"({"StringEquals":{"AWS:A":"x"}})", {{"aws:a", {"x"}}}, true},
    {"several values are alternatives", R"({"StringEquals":{"aws:a":["x","y"]}})", {{"aws:a", {"y"}}}, true},
    {"a negated operator refuses all its values",
     R"({"StringNotEquals":{"aws:a":["x","y"]}})",
     {{"aws:a", {"y"}}},
     false},
    {"ignoring case", R"({"StringEqualsIgnoreCase":{"aws:a":"Xy"}})", {{"aws:a", {"xY"}}}, true},
    {"wildcards", R"({"StringLike":{"aws:a":"a*c?"}})", {{"aws:a", {"abbcd"}}}, true},
    {"a wildcard for one character is one of UTF-8", R"({"StringLike":{"aws:a":"a?c"}})", {{"aws:a", {"aéc"}}}, true},
    {"a variable's value is no wildcard",
     R"({"StringLike":{"aws:a":"${aws:b}"}})",
     {{"aws:a", {"xy"}}, {"aws:b", {"*"}}},
     false},
    {"escaped wildcards", R"({"StringLike":{"aws:a":"a${*}"}})", {{"aws:a", {"ab"}}}, false},
    {"a variable's default", R"({"StringEquals":{"aws:a":"${aws:b, 'none'}"}})", {{"aws:a", {"none"}}}, true},
    {"a variable without a value matches nothing",
     R"({"StringLike":{"aws:a":"*${aws:b}"}})",
     {{"aws:a", {"x"}}},
     false},
    {"numbers", R"({"NumericLessThanEquals":{"s3:max-keys":"10"}})", {{"s3:max-keys", {"10.0"}}}, true},
    {"no number is no match", R"({"NumericEquals":{"s3:max-keys":"10"}})", {{"s3:max-keys", {"ten"}}}, false},
    {"dates",
     R"({"DateGreaterThan":{"aws:CurrentTime":"2024-01-01T00:00:00Z"}})",
     {{"aws:currenttime", {"2024-01-01T00:00:01Z"}}},
     true},
    {"dates as seconds",
     R"({"DateLessThan":{"aws:EpochTime":"1704067200"}})",
     {{"aws:epochtime", {"1704067199"}}},
     true},
    {"booleans", R"({"Bool":{"aws:SecureTransport":"false"}})", {{"aws:securetransport", {"true"}}}, false},
    {"an address in its network",
     R"({"IpAddress":{"aws:SourceIp":"10.0.16.0/20"}})",
     {{"aws:sourceip", {"10.0.31.255"}}},
     true},
    {"an address outside",
     R"({"IpAddress":{"aws:SourceIp":"10.0.16.0/20"}})",
     {{"aws:sourceip", {"10.0.32.0"}}},
     false},
    {"an IPv6 address",
     R"({"IpAddress":{"aws:SourceIp":"2001:db8::/33"}})",
     {{"aws:sourceip", {"2001:db8:7fff::1"}}},
     true},
    {"not from there",
     R"({"NotIpAddress":{"aws:SourceIp":["10.0.0.1","10.0.0.2"]}})",
     {{"aws:sourceip", {"10.0.0.2"}}},
     false},
    {"ARNs part by part",
     R"({"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:topic"}})",
     {{"aws:sourcearn", {"arn:aws:sns:r:1:topic"}}},
     false},
    {"ARNs with wildcards, also by ArnEquals",
     R"({"ArnEquals":{"aws:SourceArn":"arn:aws:sns:*:1:t*"}})",
     {{"aws:sourcearn", {"arn:aws:sns:r:1:topic"}}},
     true},
    {"a key that is not there does not match", R"({"StringEquals":{"aws:a":"x"}})", {}, false},
    {"… which a negated operator takes for different", R"({"StringNotEquals":{"aws:a":"x"}})", {}, true},
    {"IfExists asks only if it is there", R"({"StringEqualsIfExists":{"aws:a":"x"}})", {}, true},
    {"… and then really", R"({"StringEqualsIfExists":{"aws:a":"x"}})", {{"aws:a", {"y"}}}, false},
    {"Null: must not be there", R"({"Null":{"aws:a":"true"}})", {}, true},
    {"Null: must be there", R"({"Null":{"aws:a":"false"}})", {{"aws:a", {"x"}}}, true},
    {"ForAnyValue: one will do", R"({"ForAnyValue:StringEquals":{"aws:k":["x","y"]}})", {{"aws:k", {"z", "y"}}}, true},
    {"ForAnyValue: none there is no match", R"({"ForAnyValue:StringEquals":{"aws:k":"x"}})", {}, false},
    {"ForAllValues: every one must",
     R"({"ForAllValues:StringEquals":{"aws:k":["x","y"]}})",
     {{"aws:k", {"z", "y"}}},
     false},
    {"ForAllValues: none there is a match", R"({"ForAllValues:StringEquals":{"aws:k":"x"}})", {}, true},
    {"ForAllValues, negated", R"({"ForAllValues:StringNotLike":{"aws:k":"a*"}})", {{"aws:k", {"b", "ab"}}}, false},
    {"bytes", R"({"BinaryEquals":{"aws:k":"QUJD"}})", {{"aws:k", {"QUJD"}}}, true},
};

TEST(PolicyConditions, HoldByTheRules) {
  for (const Case& one : kCases) EXPECT_EQ(holds(one.condition, one.keys), one.holds) << one.rule;
}

TEST(PolicyConditions, OperatorsThatIamDoesNotKnow) {
  for (const char* name : {"StringEqual", "ForSomeValues:StringEquals", "NullIfExists", "", "stringequals"}) {
    EXPECT_FALSE(iam::policy::read_operator(name)) << name;
  }
}

}  // namespace
