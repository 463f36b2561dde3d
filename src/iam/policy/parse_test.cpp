#include <gtest/gtest.h>

#include "iam/policy/document.h"

namespace {

using iam::policy::Form;

std::string refusal(std::string_view text, Form form) {
  const auto parsed = iam::policy::parse(text, form);
  return parsed ? "" : parsed.error();
}

struct Case {
  const char* rule;
  Form form;
  const char* document;
  const char* refusal;
};

constexpr const char* kSyntax = "Syntax errors in policy.";
constexpr const char* kVendor = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";

const Case kCases[] = {
    {"one statement needs no list", Form::Identity,
     R"({"Statement":{"Effect":"Allow","Action":"sqs:*","Resource":"*"}})", ""},
    {"actions and resources may be lists", Form::Identity,
     R"({"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"a","Effect":"Deny","NotAction":["sqs:SendMessage"],)"
     R"("NotResource":["arn:aws:sqs:*:*:a"]}]})",
     ""},
    {"conditions may hold numbers and booleans", Form::Identity,
     R"({"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":)"
     R"({"NumericLessThan":{"s3:max-keys":10},"Bool":{"aws:SecureTransport":[true]}}}})",
     ""},
    {"a trust policy names principals", Form::Trust,
     R"({"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["a.amazonaws.com"],"AWS":"*"}}})",
     ""},
    {"a resource policy may leave out resources", Form::Resource,
     R"({"Statement":{"Effect":"Allow","Action":"ecr:BatchGetImage","Principal":"*"}})", ""},
    {"not JSON", Form::Identity, "{", kSyntax},
    {"not JSON, of a trust", Form::Trust, "{", "This policy contains invalid Json"},
    {"no object", Form::Identity, "[]", kSyntax},
    {"no statements", Form::Identity, R"({"Statement":[]})", kSyntax},
    {"unknown member", Form::Identity, R"({"Statements":[]})", kSyntax},
    {"unknown version", Form::Identity,
     R"({"Version":"2013-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}})", kSyntax},
    {"unknown version of a trust", Form::Trust,
     R"({"Version":"2013-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Principal":"*"}})",
     "The policy must contain a valid version string"},
    {"no effect", Form::Identity, R"({"Statement":{"Action":"s3:*","Resource":"*"}})", kSyntax},
    {"unknown effect", Form::Identity, R"({"Statement":{"Effect":"allow","Action":"s3:*","Resource":"*"}})", kSyntax},
    {"no action", Form::Identity, R"({"Statement":{"Effect":"Allow","Resource":"*"}})",
     "Policy statement must contain actions."},
    {"empty actions", Form::Identity, R"({"Statement":{"Effect":"Allow","Action":[],"Resource":"*"}})",
     "Policy statement must contain actions."},
    {"both Action and NotAction", Form::Identity,
     R"({"Statement":{"Effect":"Allow","Action":"s3:*","NotAction":"s3:*","Resource":"*"}})", kSyntax},
    {"an action without its service", Form::Identity,
     R"({"Statement":{"Effect":"Allow","Action":"SendMessage","Resource":"*"}})", kVendor},
    {"an action with two colons", Form::Identity,
     R"({"Statement":{"Effect":"Allow","Action":"sqs:a:b","Resource":"*"}})",
     "Actions/Condition can contain only one colon."},
    {"an action of a strange service", Form::Identity,
     R"({"Statement":{"Effect":"Allow","Action":"a b:c","Resource":"*"}})", "Vendor a b is not valid"},
    {"no resource", Form::Identity, R"({"Statement":{"Effect":"Allow","Action":"s3:Get*"}})",
     "Policy statement must contain resources."},
    {"a resource that is no ARN", Form::Identity,
     R"({"Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"my-bucket"}})",
     "Resource my-bucket must be in ARN format or \"*\"."},
    {"a resource of no partition", Form::Identity,
     R"({"Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:error:s3:::b"}})",
     "Partition \"error\" is not valid for resource \"arn:error:s3:::b\"."},
    {"a resource of any service", Form::Identity,
     R"({"Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:*:::b"}})",
     "Resource vendor must be fully qualified and cannot contain regexes."},
    {"a resource with a colon too few", Form::Identity,
     R"({"Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3::b"}})",
     "The policy failed legacy parsing"},
    {"a resource cut short at a wildcard", Form::Identity,
     R"({"Statement":{"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:*"}})", ""},
    {"a bucket in a region", Form::Identity,
     R"({"Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:us-east-1::b"}})",
     "Resource arn:aws:s3:us-east-1::b can not contain region information."},
    {"the same Sid twice", Form::Identity,
     R"({"Statement":[{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"},)"
     R"({"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"}]})",
     "Statement IDs (SID) in a single policy must be unique."},
    {"a principal in an identity's policy", Form::Identity,
     R"({"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}})",
     "Policy document should not specify a principal."},
    {"a resource in a trust", Form::Trust,
     R"({"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Resource":"*"}})",
     "Has prohibited field Resource"},
    {"no principal in a trust", Form::Trust, R"({"Statement":{"Effect":"Allow","Action":"sts:AssumeRole"}})",
     "Missing required field Principal"},
    {"a service that is none", Form::Trust,
     R"({"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"x"}}})",
     "Invalid principal in policy: \"SERVICE\":\"x\""},
    {"an unknown condition operator", Form::Identity,
     R"({"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEqual":{"aws:x":"y"}}}})",
     kSyntax},
    {"a condition key without its service", Form::Identity,
     R"({"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"x":"y"}}}})",
     kVendor},
    {"a date that is none", Form::Identity,
     R"({"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*",)"
     R"("Condition":{"DateLessThan":{"aws:CurrentTime":"soon"}}}})",
     "The policy failed legacy parsing"},
};

TEST(PolicyGrammar, SaysWhatIsWrong) {
  for (const Case& one : kCases) EXPECT_EQ(refusal(one.document, one.form), one.refusal) << one.rule;
}

}  // namespace
