#include "ec2/cidr.h"

#include <gtest/gtest.h>

#include "ec2/filter.h"

namespace ec2 {
namespace {

TEST(Cidr, ParsesAndCanonicalises) {
  EXPECT_EQ(parse_cidr("10.0.0.0/16")->to_text(), "10.0.0.0/16");
  EXPECT_EQ(parse_cidr("10.0.3.7/16")->to_text(), "10.0.0.0/16");
  EXPECT_EQ(parse_cidr("0.0.0.0/0")->to_text(), "0.0.0.0/0");
  EXPECT_EQ(parse_cidr("255.255.255.255/32")->size(), 1u);
  for (const char* bad : {"", "10.0.0.0", "10.0.0/16", "10.0.0.0/33", "10.0.0.256/16", "10.0.0.0.0/16", "10.0.0.01/16",
                          "10.0.0.0/", "10.0.0.0/1x", "-1.0.0.0/8", "::/0", "10.0.0.0/016"}) {
    EXPECT_FALSE(parse_cidr(bad)) << bad;
  }
}

TEST(Cidr, ContainsAndOverlaps) {
  const Cidr vpc = *parse_cidr("10.0.0.0/16");
  EXPECT_TRUE(vpc.contains(*parse_cidr("10.0.255.0/24")));
  EXPECT_FALSE(vpc.contains(*parse_cidr("10.0.0.0/8")));
  EXPECT_FALSE(vpc.contains(*parse_cidr("10.1.0.0/24")));
  EXPECT_TRUE(parse_cidr("10.0.1.0/24")->overlaps(*parse_cidr("10.0.0.0/23")));
  EXPECT_FALSE(parse_cidr("10.0.1.0/24")->overlaps(*parse_cidr("10.0.2.0/24")));
  EXPECT_TRUE(parse_cidr("0.0.0.0/0")->contains(*parse_address("255.255.255.255")));
}

TEST(Filter, Patterns) {
  EXPECT_TRUE(matches_pattern("web", "web"));
  EXPECT_FALSE(matches_pattern("web", "Web"));
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_TRUE(matches_pattern("w*b*", "wxxbyy"));
  EXPECT_TRUE(matches_pattern("w?b", "web"));
  EXPECT_FALSE(matches_pattern("w?b", "wb"));
  EXPECT_TRUE(matches_pattern("a\\*b", "a*b"));
  EXPECT_FALSE(matches_pattern("a\\*b", "axb"));
  EXPECT_TRUE(matches_pattern("*ab", "aab"));
}

}  // namespace
}  // namespace ec2
