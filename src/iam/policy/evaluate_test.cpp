#include "iam/policy/evaluate.h"

#include <gtest/gtest.h>

#include <list>

#include "iam/policy/keys_for_test.h"

namespace {

using iam::policy::Asker;
using iam::policy::Decision;
using iam::policy::Document;
using iam::policy::Form;
using iam::policy::Kind;
using enum iam::policy::Decision::Verdict;

const std::string kQueue = "arn:aws:sqs:r:000000000000:q";
const Asker kSession{Asker::Kind::Role, "000000000000", "arn:aws:sts::000000000000:assumed-role/task/me",
                     "arn:aws:iam::000000000000:role/app/task"};

// Statements without braces and effect: "Action":…
std::string allow(const std::string& rest) {
  return R"({"Effect":"Allow",)" + rest + "}";
}
std::string deny(const std::string& rest) {
  return R"({"Effect":"Deny",)" + rest + "}";
}
const std::string kSend = R"("Action":"sqs:SendMessage","Resource":"*")";
const std::string kAll = R"("Action":"*","Resource":"*")";
std::string for_principal(const std::string& principal) {
  return R"("Action":"SQS:Send*","Resource":")" + kQueue + R"(","Principal":)" + principal;
}

struct Case {
  const char* rule;
  std::string identity;  // statements; "" for no policy
  std::string resource;
  std::string boundary;
  std::string session;
  std::string endpoint;
  Decision expected;
};

const Case kCases[] = {
    {"nothing allows", "", "", "", "", "", {NotAllowed, Kind::Identity}},
    {"an identity policy allows", allow(kSend), "", "", "", "", {}},
    {"actions have no case", allow(R"("Action":"SQS:sendmessage","Resource":"*")"), "", "", "", "", {}},
    {"actions have wildcards", allow(R"("Action":"sqs:S??d*","Resource":"*")"), "", "", "", "", {}},
    {"resources have case",
     allow(R"("Action":"sqs:*","Resource":"arn:aws:sqs:r:000000000000:Q")"),
     "",
     "",
     "",
     "",
     {NotAllowed, Kind::Identity}},
    {"resources have wildcards", allow(R"("Action":"sqs:*","Resource":"arn:aws:sqs:*:*:?")"), "", "", "", "", {}},
    {"resources have variables",
     allow(R"("Action":"sqs:*","Resource":"arn:aws:sqs:*:*:${aws:PrincipalTag/team}")"),
     "",
     "",
     "",
     "",
     {}},
    {"all actions but these", allow(R"("NotAction":"sqs:DeleteMessage","Resource":"*")"), "", "", "", "", {}},
    {"all resources but these",
     allow(R"("Action":"sqs:*","NotResource":"arn:aws:sqs:*:*:q")"),
     "",
     "",
     "",
     "",
     {NotAllowed, Kind::Identity}},
    {"a deny wins", allow(kSend) + "," + deny(kAll), "", "", "", "", {DeniedExplicitly, Kind::Identity}},
    {"a deny of the queue wins",
     allow(kSend),
     deny(for_principal(R"("*")")),
     "",
     "",
     "",
     {DeniedExplicitly, Kind::Resource}},
    {"a queue allows its role, without an identity policy",
     "",
     allow(for_principal(R"({"AWS":"arn:aws:iam::000000000000:role/app/task"})")),
     "",
     "",
     "",
     {}},
    {"a queue allows its account: that is the account's to hand on",
     "",
     allow(for_principal(R"({"AWS":"000000000000"})")),
     "",
     "",
     "",
     {NotAllowed, Kind::Identity}},
    {"a queue allows another account",
     "",
     allow(for_principal(R"({"AWS":"111111111111"})")),
     "",
     "",
     "",
     {NotAllowed, Kind::Identity}},
    {"a queue denies its account",
     allow(kSend),
     deny(for_principal(R"({"AWS":"arn:aws:iam::000000000000:root"})")),
     "",
     "",
     "",
     {DeniedExplicitly, Kind::Resource}},
    {"a queue denies all but one role, which names neither session nor account",
     allow(kSend),
     deny(R"("Action":"sqs:*","NotPrincipal":{"AWS":"arn:aws:iam::000000000000:role/app/task"})"),
     "",
     "",
     "",
     {DeniedExplicitly, Kind::Resource}},
    {"a queue denies all but session, role and account",
     allow(kSend),
     deny(R"("Action":"sqs:*","NotPrincipal":{"AWS":["arn:aws:iam::000000000000:role/app/task","000000000000",)"
          R"("arn:aws:sts::000000000000:assumed-role/task/me"]})"),
     "",
     "",
     "",
     {}},
    {"a boundary must allow too",
     allow(kSend),
     "",
     allow(R"("Action":"s3:*","Resource":"*")"),
     "",
     "",
     {NotAllowed, Kind::Boundary}},
    {"a boundary alone grants nothing", "", "", allow(kAll), "", "", {NotAllowed, Kind::Identity}},
    {"a boundary limits what a resource grants to a role",
     "",
     allow(for_principal(R"({"AWS":"arn:aws:iam::000000000000:role/app/task"})")),
     allow(R"("Action":"s3:*","Resource":"*")"),
     "",
     "",
     {NotAllowed, Kind::Boundary}},
    {"… but not what it grants to the session itself",
     "",
     allow(for_principal(R"({"AWS":"arn:aws:sts::000000000000:assumed-role/task/me"})")),
     allow(R"("Action":"s3:*","Resource":"*")"),
     "",
     "",
     {}},
    {"a boundary's deny counts even then",
     "",
     allow(for_principal(R"("*")")),
     deny(kAll),
     "",
     "",
     {DeniedExplicitly, Kind::Boundary}},
    {"a session policy must allow too",
     allow(kAll),
     "",
     "",
     allow(R"("Action":"s3:*","Resource":"*")"),
     "",
     {NotAllowed, Kind::Session}},
    {"a session policy grants nothing", "", "", "", allow(kAll), "", {NotAllowed, Kind::Identity}},
    {"a session policy denies", allow(kAll), "", "", deny(kSend), "", {DeniedExplicitly, Kind::Session}},
    {"an endpoint's policy must allow",
     allow(kAll),
     "",
     "",
     "",
     allow(R"("Action":"s3:*","Resource":"*","Principal":"*")"),
     {NotAllowed, Kind::Endpoint}},
    {"an endpoint's policy denies",
     allow(kAll),
     "",
     "",
     "",
     allow(kAll + R"(,"Principal":"*")") + "," + deny(kSend + R"(,"Principal":"*")"),
     {DeniedExplicitly, Kind::Endpoint}},
    {"an endpoint's policy limits what a resource grants",
     "",
     allow(for_principal(R"("*")")),
     "",
     "",
     allow(R"("Action":"s3:*","Resource":"*","Principal":"*")"),
     {NotAllowed, Kind::Endpoint}},
};

class PolicyEvaluation : public testing::Test {
 protected:
  const Document* parse(const std::string& statements, Form form) {
    if (statements.empty()) return nullptr;
    auto parsed = iam::policy::parse(R"({"Version":"2012-10-17","Statement":[)" + statements + "]}", form);
    if (!parsed) {
      ADD_FAILURE() << statements << ": " << parsed.error();
      return nullptr;
    }
    return &documents.emplace_back(std::move(*parsed));
  }

  std::list<Document> documents;
  iam::policy::KeysForTest keys{{"aws:principaltag/team", {"q"}}};
};

TEST_F(PolicyEvaluation, FollowsTheRules) {
  for (const Case& one : kCases) {
    const Document* identity = parse(one.identity, Form::Identity);
    const Document* session = parse(one.session, Form::Identity);
    iam::policy::Policies policies;
    if (identity != nullptr) policies.identity = {&identity, 1};
    if (session != nullptr) policies.session = iam::policy::Documents{&session, 1};
    policies.resource = parse(one.resource, Form::Resource);
    policies.boundary = parse(one.boundary, Form::Identity);
    policies.endpoint = parse(one.endpoint, Form::Resource);
    EXPECT_EQ(iam::policy::decide({kSession, "sqs:SendMessage", kQueue, keys}, policies), one.expected) << one.rule;
  }
}

TEST_F(PolicyEvaluation, ATrustMustAllowByItself) {
  const Document* all = parse(allow(kAll), Form::Identity);
  const auto asked_by = [&](const Asker& asker, const std::string& principal) {
    iam::policy::Policies policies{.identity = {&all, 1}, .resource_must_allow = true};
    if (asker.kind != Asker::Kind::Role) policies.identity = {};
    policies.resource = parse(allow(R"("Action":"sts:AssumeRole","Principal":)" + principal), Form::Trust);
    return iam::policy::decide({asker, "sts:AssumeRole", "arn:aws:iam::000000000000:role/x", keys}, policies);
  };
  const Asker ecs{Asker::Kind::Service, "000000000000", "ecs-tasks.amazonaws.com", ""};
  EXPECT_EQ(asked_by(kSession, R"({"Service":"ecs-tasks.amazonaws.com"})"), (Decision{NotAllowed, Kind::Resource}));
  EXPECT_TRUE(asked_by(kSession, R"({"AWS":"000000000000"})").allowed());
  EXPECT_TRUE(asked_by(ecs, R"({"Service":["ec2.amazonaws.com","ecs-tasks.amazonaws.com"]})").allowed());
  EXPECT_FALSE(asked_by(ecs, R"({"Service":"lambda.amazonaws.com"})").allowed());
  EXPECT_FALSE(asked_by(ecs, R"({"AWS":"000000000000"})").allowed());
}

TEST(PolicyTexts, AreThoseOfAws) {
  const std::string user = "arn:aws:sts::000000000000:assumed-role/task/me";
  EXPECT_EQ(iam::policy::denial_text(user, "sqs:sendmessage", kQueue, {NotAllowed, Kind::Identity}),
            "User: " + user + " is not authorized to perform: sqs:sendmessage on resource: " + kQueue +
                " because no identity-based policy allows the sqs:sendmessage action");
  EXPECT_EQ(iam::policy::denial_text(user, "cloudwatch:PutMetricData", "", {NotAllowed, Kind::Session}),
            "User: " + user +
                " is not authorized to perform: cloudwatch:PutMetricData because no session policy allows the "
                "cloudwatch:PutMetricData action");
  EXPECT_EQ(iam::policy::reason_text({NotAllowed, Kind::Boundary}, "a:b"),
            "because no permissions boundary allows the a:b action");
  EXPECT_EQ(iam::policy::reason_text({NotAllowed, Kind::Endpoint}, "a:b"),
            "because no VPC endpoint policy allows the a:b action");
  const std::pair<Kind, const char*> denied[] = {{Kind::Identity, "an identity-based policy"},
                                                 {Kind::Resource, "a resource-based policy"},
                                                 {Kind::Boundary, "a permissions boundary"},
                                                 {Kind::Session, "a session policy"},
                                                 {Kind::Endpoint, "a VPC endpoint policy"}};
  for (const auto& [kind, words] : denied) {
    EXPECT_EQ(iam::policy::reason_text({DeniedExplicitly, kind}, "a:b"),
              std::string("with an explicit deny in ") + words);
  }
}

}  // namespace
