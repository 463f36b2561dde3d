// AddPermission, RemovePermission and the Policy attribute (facts, A4 and A13).

#include "sqs/bench_for_test.h"

namespace sqs {
namespace {

using namespace api::sqs;

class Permissions : public SqsForTest {
 protected:
  std::string add(std::string label, std::vector<std::string> accounts, std::vector<std::string> actions) {
    return bench.fault<AddPermission>({.aws_account_ids = std::move(accounts),
                                       .actions = std::move(actions),
                                       .label = std::move(label),
                                       .queue_url = url});
  }
  std::string policy() { return attributes()["Policy"]; }
  const std::string code = "InvalidParameterValueException: ";
};

TEST_F(Permissions, BuildThePolicyAsAwsWritesIt) {
  EXPECT_EQ(add("one", {"111111111111"}, {"ReceiveMessage"}), "");
  const std::string arn = "arn:aws:sqs:us-east-1:000000000000:q";
  const std::string head = R"({"Version":"2008-10-17","Id":")" + arn + R"(/SQSDefaultPolicy","Statement":[)";
  const std::string one = R"({"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},)"
                          R"("Action":"SQS:ReceiveMessage","Resource":")" +
                          arn + "\"}";
  EXPECT_EQ(policy(), head + one + "]}");
  EXPECT_EQ(add("two", {"111111111111", "222222222222"}, {"SendMessage", "*"}), "");
  const std::string two = R"({"Sid":"two","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111111111111:root",)"
                          R"("arn:aws:iam::222222222222:root"]},"Action":["SQS:SendMessage","SQS:*"],"Resource":")" +
                          arn + "\"}";
  EXPECT_EQ(policy(), head + one + "," + two + "]}");
  bench.restart();
  bench.ok<RemovePermission>({.label = "one", .queue_url = url});
  EXPECT_EQ(policy(), head + two + "]}");
  bench.ok<RemovePermission>({.label = "two", .queue_url = url});
  EXPECT_FALSE(attributes().contains("Policy")) << "the last statement takes the attribute with it";
}

TEST_F(Permissions, ExtendAPolicyThatWasSet) {
  set({{"Policy", R"({"Version":"2012-10-17","Statement":{"Sid":"mine","Effect":"Deny","Action":"SQS:*"}})"}});
  EXPECT_EQ(add("mine", {"111111111111"}, {"SendMessage"}),
            code + "Value mine for parameter Label is invalid. Reason: Already exists.");
  EXPECT_EQ(add("other", {"111111111111"}, {"SendMessage"}), "");
  EXPECT_TRUE(policy().starts_with(R"({"Version":"2012-10-17","Statement":[{"Sid":"mine",)")) << policy();
}

TEST_F(Permissions, AreChecked) {
  EXPECT_EQ(add("", {"111111111111"}, {"SendMessage"}),
            "MissingRequiredParameterException: The request must contain the parameter Label.");
  EXPECT_EQ(add("l", {"111111111111"}, {}),
            "MissingRequiredParameterException: The request must contain the parameter Actions.");
  EXPECT_EQ(add("l", {}, {"SendMessage"}), code +
                                               "Value [] for parameter PrincipalId is invalid. Reason: Unable to "
                                               "verify.");
  EXPECT_EQ(add("l", {"111111111111", "x"}, {"SendMessage"}),
            code + "Value [111111111111, x] for parameter PrincipalId is invalid. Reason: Unable to verify.");
  EXPECT_EQ(add("l", {"111111111111"}, {"CreateQueue"}),
            code +
                "Value SQS:CreateQueue for parameter ActionName is invalid. Reason: Only the queue owner is allowed "
                "to invoke this action.");
  EXPECT_EQ(add("l", {"111111111111"}, {"Fly"}),
            code +
                "Value SQS:Fly for parameter ActionName is invalid. Reason: Please refer to the appropriate WSDL for "
                "a list of valid actions.");
  EXPECT_EQ(add("a b", {"111111111111"}, {"SendMessage"}).substr(0, code.size() + 27),
            code + "Value a b for parameter Lab");
  EXPECT_EQ(add("l", {"111111111111"}, std::vector<std::string>(8, "SendMessage")),
            "OverLimit: 8 Actions were found, maximum allowed is 7.");
  EXPECT_EQ(bench.fault<RemovePermission>({.label = "none", .queue_url = url}),
            code + "Value none for parameter Label is invalid. Reason: can't find label.");
  EXPECT_FALSE(attributes().contains("Policy"));
  bench.call.protocol = api::Protocol::AwsQuery;
  EXPECT_EQ(add("l", {"111111111111"}, {}),
            "MissingRequiredParameterException: The request must contain the parameter ActionName.");
}

TEST_F(Permissions, HaveLimits) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(add("l" + std::to_string(i), {"111111111111"}, {"SendMessage"}), "");
  EXPECT_EQ(add("last", {"111111111111"}, {"SendMessage"}),
            "OverLimit: 21 Statements were found, maximum allowed is 20.");
  const auto policy = [](const std::string& inside) { return R"({"Statement":[{"Effect":"Allow")" + inside + "}]}"; };
  const std::string eight = R"(,"Action":["a","b","c","d","e","f","g","h"])";
  EXPECT_EQ(set_fault({{"Policy", policy(eight)}}), "OverLimit: 8 Actions were found, maximum allowed is 7.");
  std::string conditions;
  for (int i = 0; i < 11; ++i) conditions += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":\"v\"";
  EXPECT_EQ(set_fault({{"Policy", policy(R"(,"Condition":{"StringEquals":{)" + conditions + "}}")}}),
            "OverLimit: 11 Conditions were found, maximum allowed is 10.");
  std::string principals = "\"0\"";
  for (int i = 1; i < 51; ++i) principals += ",\"" + std::to_string(i) + "\"";
  EXPECT_EQ(set_fault({{"Policy", policy(R"(,"Principal":{"AWS":[)" + principals + "]}")}}),
            "OverLimit: 51 Principals were found, maximum allowed is 50.");
  EXPECT_EQ(set_fault({{"Policy", "{\"Id\":\"" + std::string(8192, 'x') + "\"}"}}),
            "InvalidAttributeValue: Invalid value for the parameter Policy.");
}

}  // namespace
}  // namespace sqs
