#include "wire/yaml.h"

#include <gtest/gtest.h>

namespace wire {
namespace {

std::string json(std::string_view yaml) {
  const auto value = parse_yaml(yaml);
  return value ? write_json(*value) : value.error().reason + ' ' + value.error().place();
}

TEST(Yaml, ResolvesPlainScalarsOnly) {
  EXPECT_EQ(
      json("a: true\nb: 'true'\nc: 12\nd: \"12\"\ne: 1.5\nf: ~\ng:\nh: yes\ni: 2012-10-17\nj: 012345678901\nk: -3\nl: "
           "0x1F\nm: 1e3\n"
           "n: 1.2.3\no: 123456789012345678901234567890\n"),
      R"({"a":true,"b":"true","c":12,"d":"12","e":1.5,"f":null,"g":null,"h":"yes","i":"2012-10-17","j":"012345678901","k":-3,)"
      R"("l":31,"m":1000.0,"n":"1.2.3","o":"123456789012345678901234567890"})");
  EXPECT_EQ(json("a: |\n  x\n  y\nb: >-\n  x\n  y\nc: !!str 5\n"), R"({"a":"x\ny\n","b":"x y","c":"5"})");
}

TEST(Yaml, ExpandsShortTags) {
  EXPECT_EQ(
      json("a: !Ref X\nb: !Sub '${A}-b'\nc: !GetAtt A.B.C\nd: !Join ['-', [a, !Ref B]]\ne: !If [C, 1, !Ref "
           "AWS::NoValue]\n"
           "f: !Condition Q\ng: !GetAZs ''\nh: !GetAtt [A, B]\ni: !Sub\n  - x\n  - {Y: 1}\n"),
      R"({"a":{"Ref":"X"},"b":{"Fn::Sub":"${A}-b"},"c":{"Fn::GetAtt":["A","B.C"]},"d":{"Fn::Join":["-",["a",{"Ref":"B"}]]},)"
      R"("e":{"Fn::If":["C",1,{"Ref":"AWS::NoValue"}]},"f":{"Condition":"Q"},"g":{"Fn::GetAZs":""},"h":{"Fn::GetAtt":["A","B"]},)"
      R"("i":{"Fn::Sub":["x",{"Y":1}]}})");
  EXPECT_EQ(json("a:\n  b: !Foo x\n"), "unknown tag !Foo (line 2, column 6)");
  EXPECT_EQ(json("Fn::Base64: !Sub x\n"), R"({"Fn::Base64":{"Fn::Sub":"x"}})");
  EXPECT_EQ(json("a: !Ref 123\nb: !Sub 1.50\n"), R"({"a":{"Ref":"123"},"b":{"Fn::Sub":"1.50"}})");
}

TEST(Yaml, KeepsTheLastOfRepeatedKeysAndFollowsAliases) {
  EXPECT_EQ(json("a: 1\nb: 2\na: 3\n"), R"({"a":3,"b":2})");
  EXPECT_EQ(json("a: &x {p: 1, q: 2}\nb: *x\nc:\n  <<: *x\n  q: 3\n"),
            R"({"a":{"p":1,"q":2},"b":{"p":1,"q":2},"c":{"p":1,"q":3}})");
  EXPECT_EQ(json("80: x\ntrue: y\n"), R"({"80":"x","true":"y"})");
}

TEST(Yaml, TellsWhereItBreaks) {
  EXPECT_EQ(json("a: [1, 2\nb: 3\n").substr(0, 3), "end");
  EXPECT_NE(json("a: b\n c: d\n").find("(line 2, column "), std::string::npos);
  EXPECT_EQ(json("? [a]\n: b\n"), "a key must be a text (line 1, column 3)");
  EXPECT_EQ(json(""), "null");
  EXPECT_EQ(json("just text"), "\"just text\"");
}

// Each level doubles: 2^30 nodes if it were expanded.
TEST(Yaml, BoundsAliasesAndDepth) {
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const auto name = [](int n) { return "a" + std::to_string(n); };
    bomb += name(i) + ": &" + name(i) + " [*" + name(i - 1) + ", *" + name(i - 1) + "]\n";
  }
  EXPECT_NE(json(bomb).find("too many nodes"), std::string::npos);
  EXPECT_NE(json("a: &a [*a]\n").find("nested too deeply"), std::string::npos);
  EXPECT_FALSE(parse_yaml(std::string(100'000, '[')).has_value());
}

TEST(Yaml, ReadsJsonToo) {
  EXPECT_EQ(json("{\"a\": [1, true, \"x\\u00e9\"]}"), R"({"a":[1,true,"xé"]})");
}

TEST(Yaml, WhatFollowsTheDocumentEndsTheReading) {
  for (const char* text : {"a: 1\n---\nb: 2\n", "{\"a\":1},\"b\":{}}", "[1]}", "{}]"}) {
    EXPECT_FALSE(parse_yaml(text).has_value()) << text;
  }
  EXPECT_TRUE(parse_yaml("a: 1\n...\n# the end\n").has_value());
}

}  // namespace
}  // namespace wire
