// "CloudWatch search expression syntax", example by example.

#include "cloudwatch/search.h"

#include <gtest/gtest.h>

namespace {

using cloudwatch::Metric;
using cloudwatch::Search;

bool finds(std::string_view text, const Metric& metric) {
  const auto search = Search::parse(text);
  EXPECT_TRUE(search) << search.error();
  return search && search->matches(metric);
}

Metric named(const std::string& name) {
  return {"My/Namespace", name, {}};
}

TEST(SearchExpression, PartialMatches) {
  for (const char* term : {"count", "Count", "COUNT", "CustomCount", "Count1", "1", "custom", "customcount1"}) {
    EXPECT_TRUE(finds(term, named("CustomCount1"))) << term;
  }
  for (const char* term : {"couNT", "customcount", "count1", "cust"}) {
    EXPECT_FALSE(finds(term, named("CustomCount1"))) << term;
  }
  for (const char* term : {"sdb", "failure", "SDBFailure"}) EXPECT_TRUE(finds(term, named("SDBFailure"))) << term;
  for (const char* term : {"project2trial333", "Project", "2", "trial", "333"}) {
    EXPECT_TRUE(finds(term, named("Project2-trial333"))) << term;
  }
  for (const char* term : {"network/errors", "network+errors", "network-errors", "Network_Errors"}) {
    EXPECT_TRUE(finds(term, named("Network-Errors-2"))) << term;
    EXPECT_TRUE(finds(term, named("NetworkErrors2"))) << term;
  }
}

TEST(SearchExpression, ExactMatches) {
  EXPECT_TRUE(finds("\"CustomCount1\"", named("CustomCount1")));
  EXPECT_FALSE(finds("\"customcount1\"", named("CustomCount1")));
  EXPECT_FALSE(finds("\"Custom\"", named("CustomCount1")));
  EXPECT_FALSE(finds("\"Network_Errors_2\"", named("Network-Errors-2")));
  EXPECT_TRUE(finds(R"x("Europe\\France Traffic\(Network\)")x", named("Europe\\France Traffic(Network)")));
}

TEST(SearchExpression, Schemas) {
  const Metric metric{"AWS/EC2", "CPUUtilization", {{"InstanceId", "i-1234567890123456"}}};
  EXPECT_TRUE(finds(" {AWS/EC2,InstanceId} MetricName=\"CPUUtilization\" ", metric));
  EXPECT_FALSE(finds("{AWS/EC2,InstanceType} MetricName=\"CPUUtilization\"", metric));
  EXPECT_TRUE(finds("{AWS/EC2}", metric));
  EXPECT_FALSE(finds("{AWS/EC2,InstanceId} MetricName=\"CPUUtilization\" NOT i-1234567890123456", metric));
  EXPECT_TRUE(finds(R"({"My Namespace", "Dimension@Name"}, "Custom:Name[Special_Characters")",
                    {"My Namespace", "Custom:Name[Special_Characters", {{"Dimension@Name", "x"}}}));
  EXPECT_FALSE(finds("NOT Namespace=AWS", metric));
  EXPECT_TRUE(finds("NOT Namespace=AWS", named("a")));
}

TEST(SearchExpression, BooleanOperators) {
  const Metric errors{"AWS/Lambda", "Errors", {{"FunctionName", "other"}}};
  const Metric calls{"AWS/Lambda", "Invocations", {{"FunctionName", "ProjectA-x"}}};
  const Metric others{"AWS/Lambda", "Invocations", {{"FunctionName", "ProjectC-x"}}};
  const char* const nested =
      "{AWS/Lambda,FunctionName} MetricName=\"Errors\" OR (MetricName=\"Invocations\" AND (ProjectA OR ProjectB))";
  EXPECT_TRUE(finds(nested, errors));
  EXPECT_TRUE(finds(nested, calls));
  EXPECT_FALSE(finds(nested, others));
  EXPECT_TRUE(finds("(EC2 OR Lambda) MetricName=Invocations", calls));
  EXPECT_FALSE(finds("EC2 AND Invocations", calls));
  EXPECT_TRUE(finds("FunctionName=ProjectA", calls));
}

TEST(SearchExpression, Mistakes) {
  for (const char* text : {"", "{", "{}", "(a", "a)", "\"a", "NOT", "a OR", "a=", "= b"}) {
    EXPECT_FALSE(Search::parse(text)) << text;
  }
  EXPECT_FALSE(Search::parse(std::string(1025, 'a')));
  EXPECT_FALSE(Search::parse(std::string(500, '(')));
}

}  // namespace
