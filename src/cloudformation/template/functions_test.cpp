#include "cloudformation/template/functions.h"

#include <gtest/gtest.h>

#include "cloudformation/template/graph.h"
#include "wire/json.h"

namespace cloudformation {
namespace {

using base::Value;

Value json(std::string_view text) {
  const auto parsed = wire::parse_json(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed ? *parsed : Value();
}

// A world in which every resource has the same answers, so that a test can see where they went.
class World : public Surroundings {
 public:
  Result<Value> reference(const std::string& resource) const override { return Value("ref-" + resource); }
  Result<Value> attribute(const std::string& resource, const std::string& attribute) const override {
    return Value(resource + "/" + attribute);
  }
  Result<Value> imported(const std::string& name) const override {
    if (name == "known") return Value("imported");
    return problem("No export named " + name + " found.");
  }
  std::vector<std::string> zones(const std::string& region) const override {
    return {region + "a", region + "b", region + "c"};
  }
  Result<std::string> stored_parameter(const std::string& name) const override { return "stored-" + name; }
};

constexpr std::string_view kTemplate = R"({
  "Parameters": {
    "P": {"Type": "String", "Default": "x"},
    "N": {"Type": "Number", "Default": "1"},
    "L": {"Type": "CommaDelimitedList", "Default": "us-east-1a, us-east-1b"}
  },
  "Mappings": {"M": {"us-east-1": {"AMI": "ami-1", "Zones": ["a", "b"]}}},
  "Conditions": {
    "Yes": {"Fn::Equals": [{"Ref": "N"}, 1]},
    "No": {"Fn::Not": [{"Condition": "Yes"}]},
    "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
    "Either": {"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]}
  },
  "Resources": {
    "Queue": {"Type": "AWS::SQS::Queue"},
    "Never": {"Type": "AWS::SQS::Queue", "Condition": "No"}
  }
})";

class Functions : public testing::Test {
 protected:
  Functions() : source_(*parse_template(json(kTemplate))), parameters_(*bind_parameters(source_, {}, nullptr)) {
    conditions_ = *evaluate_conditions(source_, parameters_, pseudo_);
  }

  Result<std::optional<Value>> run(std::string_view expression) {
    return evaluate(json(expression), Scope{source_, parameters_, pseudo_, conditions_, world_});
  }
  Value value(std::string_view expression) {
    const auto result = run(expression);
    EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message);
    return result && *result ? **result : Value();
  }
  std::string refusal(std::string_view expression) {
    const auto result = run(expression);
    return result ? "" : result.error().message;
  }

  Template source_;
  ParameterTexts parameters_;
  PseudoParameters pseudo_{
      .account = "111122223333", .region = "us-east-1", .stack_id = "arn:stack", .stack_name = "s"};
  Conditions conditions_;
  World world_;
};

TEST_F(Functions, VectorsOfTheGuide) {
  EXPECT_EQ(value(R"({"Fn::Sub": "${!Lit} ${AWS::Region}"})"), Value("${Lit} us-east-1"));
  EXPECT_EQ(value(R"({"Fn::Sub": ["${a}-${AWS::StackName}", {"a": {"Ref": "P"}}]})"), Value("x-s"));
  EXPECT_EQ(value(R"({"Fn::Sub": "${Queue.Arn}"})"), Value("Queue/Arn"));
  EXPECT_EQ(value(R"({"Fn::Join": ["", []]})"), Value(""));
  EXPECT_EQ(value(R"({"Fn::Split": ["|", "a||c|"]})"), json(R"(["a", "", "c", ""])"));
  EXPECT_EQ(value(R"({"Fn::Select": ["1", {"Fn::Split": [":", "a:b"]}]})"), Value("b"));
  EXPECT_EQ(value(R"({"Fn::Select": [5, {"Fn::Split": [":", "arn:aws:ecs:us-east-1:111122223333:service/c/s"]}]})"),
            Value("service/c/s"));
  EXPECT_EQ(value(R"({"Fn::Cidr": ["10.0.0.0/16", 3, 8]})"), json(R"(["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"])"));
  EXPECT_TRUE(conditions_.at("Yes"));
  EXPECT_EQ(value(R"({"a": {"Fn::If": ["No", "x", {"Ref": "AWS::NoValue"}]}, "b": 1})"), json(R"({"b": 1})"));
  EXPECT_EQ(value(R"(["a", {"Fn::If": ["No", "x", {"Ref": "AWS::NoValue"}]}])"), json(R"(["a"])"));
  EXPECT_EQ(value(R"({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "AMI"]})"), Value("ami-1"));
  EXPECT_EQ(value(R"({"Fn::FindInMap": ["M", "us-east-1", "Zones"]})"), json(R"(["a", "b"])"));
  EXPECT_EQ(value(R"({"Fn::Select": [1, {"Ref": "L"}]})"), Value("us-east-1b"));
  EXPECT_EQ(value(R"({"Condition": {"StringEquals": {"a": "b"}}})"),
            json(R"({"Condition": {"StringEquals": {"a": "b"}}})"));
}

TEST_F(Functions, TheRest) {
  EXPECT_EQ(value(R"({"Fn::GetAtt": "Queue.Outputs.Url"})"), Value("Queue/Outputs.Url"));
  EXPECT_EQ(value(R"({"Fn::GetAtt": ["Queue", "Arn"]})"), Value("Queue/Arn"));
  EXPECT_EQ(value(R"({"Fn::Base64": {"Fn::Sub": "a${N}"}})"), Value("YTE="));
  EXPECT_EQ(value(R"({"Fn::GetAZs": ""})"), json(R"(["us-east-1a", "us-east-1b", "us-east-1c"])"));
  EXPECT_EQ(value(R"({"Fn::ImportValue": "known"})"), Value("imported"));
  EXPECT_EQ(value(R"({"Fn::Join": ["-", ["a", 1, true, 2.5]]})"), Value("a-1-true-2.5"));
  EXPECT_EQ(value(R"({"Fn::Cidr": ["192.168.0.0/24", "6", "5"]})"),
            json(R"(["192.168.0.0/27", "192.168.0.32/27", "192.168.0.64/27", "192.168.0.96/27", "192.168.0.128/27",
                     "192.168.0.160/27"])"));
  EXPECT_EQ(value(R"({"Fn::Cidr": ["2001:db8::/56", 2, 64]})"), json(R"(["2001:db8::/64", "2001:db8:0:1::/64"])"));
  EXPECT_FALSE(conditions_.at("Both"));
  EXPECT_TRUE(conditions_.at("Either"));
}

TEST_F(Functions, RefusesInAwsWords) {
  EXPECT_EQ(refusal(R"({"Fn::Select": [3, ["a"]]})"),
            "Template error: Fn::Select cannot select nonexistent value at index 3");
  EXPECT_EQ(refusal(R"({"Fn::FindInMap": ["M", "eu", "AMI"]})"),
            "Template error: Unable to get mapping for M::eu::AMI");
  EXPECT_EQ(refusal(R"({"Fn::If": ["What", 1, 2]})"), "Template error: unresolved condition dependency What in Fn::If");
  EXPECT_EQ(refusal(R"({"Ref": "Never"})"),
            "Template format error: Unresolved resource dependencies [Never] in the Resources block of the template");
  EXPECT_EQ(refusal(R"({"Fn::ImportValue": "gone"})"), "No export named gone found.");
  EXPECT_EQ(refusal(R"({"Fn::Length": ["a"]})"), "Function Fn::Length needs Transform: AWS::LanguageExtensions.");
  EXPECT_EQ(refusal(R"({"Fn::Cidr": ["10.0.0.0/24", 3, 8]})"),
            "Template error: Fn::Cidr: 3 blocks with 8 host bits do not fit into 10.0.0.0/24.");
  EXPECT_EQ(
      refusal(R"({"Fn::GetAtt": "Queue"})"),
      "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource "
      "attribute");
}

TEST(Conditions, TellCyclesAndUnknownNames) {
  const auto refusal = [](std::string_view conditions) {
    const auto source =
        parse_template(json(R"({"Resources": {"A": {"Type": "T"}}, "Conditions": )" + std::string(conditions) + "}"));
    EXPECT_TRUE(source.has_value());
    const auto result = evaluate_conditions(*source, {}, {});
    return result ? "" : result.error().message;
  };
  EXPECT_EQ(refusal(R"({"A": {"Condition": "B"}, "B": {"Fn::Not": [{"Condition": "A"}]}})"),
            "Template error: Found circular condition dependency between A and B");
  EXPECT_EQ(refusal(R"({"A": {"Condition": "C"}})"),
            "Template format error: Unresolved condition dependency C in the Conditions block of the template");
  EXPECT_EQ(refusal(R"({"A": {"Fn::Equals": [{"Ref": "A"}, "x"]}})"),
            "Template format error: Unresolved dependencies [A]. Cannot reference resources in the Conditions block of "
            "the template");
  EXPECT_EQ(refusal(R"({"A": {"Fn::Equals": ["x"]}})"),
            "Template error: every Fn::Equals object requires a list of 2 string parameters.");
}

TEST(Rules, TheOneOfEveryCdkTemplate) {
  const auto source = parse_template(json(R"({
    "Parameters": {"BootstrapVersion": {"Type": "String", "Default": "6"}},
    "Rules": {"CheckBootstrapVersion": {"Assertions": [{
      "Assert": {"Fn::Not": [{"Fn::Contains": [["1", "2", "3", "4", "5"], {"Ref": "BootstrapVersion"}]}]},
      "AssertDescription": "CDK bootstrap stack version 6 required."}]}},
    "Resources": {"A": {"Type": "T"}}})"));
  ASSERT_TRUE(source.has_value());
  EXPECT_TRUE(check_rules(*source, {{"BootstrapVersion", "6"}}, {}).has_value());
  const auto old = check_rules(*source, {{"BootstrapVersion", "3"}}, {});
  ASSERT_FALSE(old.has_value());
  EXPECT_NE(old.error().message.find("CDK bootstrap stack version 6 required."), std::string::npos);
}

std::string refused(std::string_view text) {
  const auto source = parse_template(json(text));
  if (!source) return source.error().message;
  if (const auto checked = check_references(*source); !checked) return checked.error().message;
  const auto conditions = evaluate_conditions(*source, {}, {});
  if (!conditions) return conditions.error().message;
  const auto graph = dependency_graph(*source, *conditions);
  return graph ? "" : graph.error().message;
}

TEST(Graph, KnowsItsEdges) {
  const auto source = parse_template(json(R"({
    "Conditions": {"C": {"Fn::Equals": ["a", "b"]}},
    "Resources": {
      "A": {"Type": "T"},
      "B": {"Type": "T", "DependsOn": "A", "Properties": {"x": {"Fn::Sub": "${D.Arn}-${!A}"}}},
      "D": {"Type": "T", "Properties": {"x": {"Fn::If": ["C", {"Ref": "A"}, {"Fn::GetAtt": ["E", "Arn"]}]}}},
      "E": {"Type": "T", "DependsOn": ["A", "F"]},
      "F": {"Type": "T", "Condition": "C"}
    }})"));
  ASSERT_TRUE(source.has_value());
  const auto graph = dependency_graph(*source, *evaluate_conditions(*source, {}, {}));
  ASSERT_TRUE(graph.has_value());
  EXPECT_EQ(*graph, (Graph{{"A", {}}, {"B", {"A", "D"}}, {"D", {"E"}}, {"E", {"A"}}}));
}

TEST(Graph, RefusesInAwsWords) {
  EXPECT_EQ(refused(R"({"Resources": {
      "A": {"Type": "T", "DependsOn": "B"}, "B": {"Type": "T", "Properties": {"x": {"Ref": "A"}}},
      "C": {"Type": "T", "DependsOn": "A"}, "D": {"Type": "T"}}})"),
            "Circular dependency between resources: [A, B]");
  EXPECT_EQ(
      refused(R"({"Resources": {"A": {"Type": "T", "DependsOn": "X", "Properties": {"p": {"Fn::Sub": "${Y}"}}}}})"),
      "Template format error: Unresolved resource dependencies [X, Y] in the Resources block of the template");
  EXPECT_EQ(refused(R"({"Resources": {"A": {"Type": "T"}}, "Outputs": {"O": {"Value": {"Ref": "X"}}}})"),
            "Unresolved resource dependencies [X] in the Outputs block of the template");
  EXPECT_EQ(refused(R"({"Resources": {"A": {"Type": "T", "Properties": {"p": {"Fn::GetAtt": "X.Arn"}}}}})"),
            "Template error: instance of Fn::GetAtt references undefined resource X");
  EXPECT_EQ(refused(R"({"Parameters": {"P": {"Type": "String", "Default": "{{resolve:ssm:/x}}"}},
      "Resources": {"A": {"Type": "T"}}})"),
            "Template error: parameter P should not contain ssm versionless resolver");
}

TEST(Template, RefusesInAwsWords) {
  EXPECT_EQ(refused("3"), "Template format error: unsupported structure.");
  EXPECT_EQ(refused("{}"), "Template format error: At least one Resources member must be defined.");
  EXPECT_EQ(refused(R"({"Resources": {"A": 1}})"), "Template format error: Any Resources member must be an object.");
  EXPECT_EQ(refused(R"({"Resources": {"A": {}}})"),
            "Template format error: [/Resources/A] Every Resources object must contain a Type member.");
  EXPECT_EQ(refused(R"({"Resources": {"A": {"Type": "T", "X": 1}}})"), "Invalid template resource property 'X'");
  EXPECT_EQ(refused(R"({"Resources": {"A-b": {"Type": "T"}}})"),
            "Template format error: Resource name A-b is non alphanumeric.");
  EXPECT_EQ(refused(R"({"Resources": {"A": {"Type": "T"}}, "Outputs": {"O": {}}})"),
            "Template format error: Every Outputs member must contain a Value object");
  EXPECT_EQ(refused(R"({"Resources": {"A": {"Type": "T"}}, "Outputs": {"O": {"Value": null}}})"),
            "Template format error: [/Outputs/O/Value] 'null' values are not allowed in templates");
  EXPECT_EQ(refused(R"({"Resources": {"A": {"Type": "T"}}, "Mappings": {"M": {"A": 1}}})"),
            "Template format error: Every Mappings member A must be a map");
  EXPECT_EQ(refused(R"({"Resources": {"A": {"Type": "T"}}, "Mappings": {"M": {"A": {"x": {}}}}})"),
            "Template format error: Every Mappings attribute must be a String or a List.");
  EXPECT_EQ(
      refused(
          R"({"Resources": {"A": {"Type": "AWS::Serverless::Function"}}, "Transform": "AWS::Serverless-2016-10-31"})"),
      "Transform AWS::Serverless-2016-10-31 is not supported by renkei yet: resource A is of type "
      "AWS::Serverless::Function.");
  EXPECT_EQ(refused(R"({"Resources": {"A": {"Type": "T"}}, "Transform": "AWS::Serverless-2016-10-31"})"), "");
}

std::string refusal_of(std::string_view parameter, std::optional<std::string> value) {
  const auto source = parse_template(
      json(R"({"Resources": {"A": {"Type": "T"}}, "Parameters": {"X": )" + std::string(parameter) + "}}"));
  EXPECT_TRUE(source.has_value()) << source.error().message;
  std::vector<GivenParameter> given;
  if (value) given.push_back({"X", value});
  const auto bound = bind_parameters(*source, given, nullptr);
  return bound ? "" : bound.error().message;
}

TEST(Parameters, RefuseInAwsWords) {
  EXPECT_EQ(refusal_of(R"({"Type": "String"})", std::nullopt), "Parameters: [X] must have values");
  EXPECT_EQ(refusal_of(R"({"Type": "String", "AllowedValues": ["a"]})", "b"),
            "Parameter 'X' must be one of AllowedValues");
  EXPECT_EQ(refusal_of(R"({"Type": "String", "AllowedPattern": "[a-z]+"})", "aB"),
            "Parameter 'X' must match pattern [a-z]+");
  EXPECT_EQ(refusal_of(R"({"Type": "String", "MaxLength": 2})", "abc"),
            "Parameter 'X' must contain at most 2 characters");
  EXPECT_EQ(refusal_of(R"({"Type": "String", "MinLength": "2"})", "a"),
            "Parameter 'X' must contain at least 2 characters");
  EXPECT_EQ(refusal_of(R"({"Type": "Number", "MinValue": 2})", "1"), "Parameter 'X' must be a number not less than 2");
  EXPECT_EQ(refusal_of(R"({"Type": "Number", "MaxValue": 2})", "3"),
            "Parameter 'X' must be a number not greater than 2");
  EXPECT_EQ(refusal_of(R"({"Type": "Number"})", "three"), "Parameter 'X' must be a number.");
  EXPECT_EQ(refusal_of(R"({"Type": "List<Number>"})", "1, 2,x"), "Parameter 'X' must be a number.");
  EXPECT_EQ(refusal_of(R"({"Type": "String", "MaxLength": 2, "ConstraintDescription": "be short"})", "abc"),
            "Parameter X failed to satisfy constraint: be short");
  EXPECT_EQ(refusal_of(R"({"Type": "AWS::EC2::VPC::Id"})", "vpc-1"), "");
}

TEST(Parameters, KeepWhatIsAskedToStay) {
  const auto source = parse_template(json(R"({"Resources": {"A": {"Type": "T"}}, "Parameters": {
      "X": {"Type": "String", "Default": "d"}, "Y": {"Type": "String", "Default": "d"}}})"));
  const ParameterTexts previous = {{"X", "old"}, {"Y", "old"}};
  EXPECT_EQ(*bind_parameters(*source, {{"X", std::nullopt, true}}, &previous),
            (ParameterTexts{{"X", "old"}, {"Y", "d"}}));
  EXPECT_EQ(bind_parameters(*source, {{"Z", "1"}}, &previous).error().message,
            "Parameters: [Z] do not exist in the template");
  EXPECT_FALSE(bind_parameters(*source, {{"X", std::nullopt, true}}, nullptr).has_value());
}

}  // namespace
}  // namespace cloudformation
