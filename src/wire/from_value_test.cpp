#include "wire/from_value.h"

#include <gtest/gtest.h>

#include "wire/json.h"
#include "wire/shape_for_test.h"

namespace wire {
namespace {

using testing::Everything;

constexpr FromValueOptions kTemplate{.ignore_case_of_first_letter = true, .coerce_scalars = true};

std::string error(std::string_view json, FromValueOptions options = kTemplate) {
  Everything value;
  const auto read = from_value(Everything::type(), *parse_json(json), &value, options);
  return read ? "" : read.error().to_text();
}

TEST(FromValue, ReadsTemplates) {
  Everything value;
  const auto tree = *parse_json(
      R"({"text":"x","labels":[256,true],"Number":"8","Flag":"true","Tags":{"fooBar":"v"},"Leaf":{"name":"n","Count":"3"}})");
  ASSERT_TRUE(from_value(Everything::type(), tree, &value, kTemplate).has_value());
  EXPECT_EQ(value.labels, (std::vector<std::string>{"256", "true"}));
  EXPECT_EQ(value.number, 8);
  EXPECT_EQ(value.flag, true);
  EXPECT_EQ(value.tags->at("fooBar"), "v");
  EXPECT_EQ(value.leaf->count, 3);
}

TEST(FromValue, NamesThePathOfAnError) {
  EXPECT_EQ(error(R"({"Text":"x","Labels":[],"Leaves":[{"Name":"n","Foo":1}]})"),
            "Encountered unsupported property Leaves/0/Foo");
  EXPECT_EQ(error(R"({"Text":"x","Labels":[],"Leaves":[{"Name":{}}]})"),
            "Value of property Leaves/0/Name must be of type String");
  EXPECT_EQ(error(R"({"Text":"x","Labels":"y"})"), "Value of property Labels must be of type List");
  EXPECT_EQ(error(R"({"Text":"x","Labels":[],"Number":"many"})"), "Value of property Number must be of type Integer");
  EXPECT_EQ(error(R"({"Text":"x","Labels":[],"Leaves":[{}]})"), "Property Leaves/0/Name is required");
  EXPECT_EQ(error(R"({"Text":"x","Labels":[],"Number":"8"})", {}), "Value of property Number must be of type Integer");
}

TEST(ToValue, IsTheReverse) {
  Everything value{
      .text = "x", .labels = {"a"}, .number = 3, .at = base::from_unix_seconds(0), .leaf = testing::Leaf{.name = "n"}};
  const auto tree = to_value(Everything::type(), &value);
  EXPECT_EQ(write_json(tree),
            R"({"Text":"x","Labels":["a"],"Number":3,"At":"1970-01-01T00:00:00Z","Leaf":{"Name":"n"}})");
  Everything back;
  ASSERT_TRUE(from_value(Everything::type(), tree, &back).has_value());
  EXPECT_EQ(back, value);
}

}  // namespace
}  // namespace wire
