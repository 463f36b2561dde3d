#include "wire/json_plain.h"

#include <gtest/gtest.h>

#include "wire/json_codec.h"
#include "wire/shape_for_test.h"

namespace wire {
namespace {

using testing::Everything;
using testing::Leaf;

// True if the text is plain; then both readers must say the same of it.
bool is_plain(std::string_view text) {
  Everything plain;
  Missing plain_missing;
  if (!decode_plain_json(Everything::type(), text, &plain, plain_missing)) return false;
  Everything value;
  Missing missing;
  const auto decoded = decode_json(Everything::type(), text, &value, &missing);
  EXPECT_TRUE(decoded.has_value()) << text;
  EXPECT_EQ(plain, value) << text;
  EXPECT_EQ(plain_missing, missing) << text;
  return true;
}

TEST(PlainJson, IsWhatClientsSend) {
  EXPECT_TRUE(is_plain(R"({"QueueUrl":"http://127.0.0.1/1/q","Text":"abc","Labels":["a",null,"b"],"Number":-12})"));
  EXPECT_TRUE(is_plain(R"( { "Text" : "a" , "Flag" : true , "Bytes":"aGk=","Tags":{"k":"v","n":null} } )"
                       "\r\n"));
  EXPECT_TRUE(is_plain(R"({"Leaf":{"Leaves":[{"Name":"m","Count":0},{}]},"Unknown":{"x":[1,{"y":false}],"z":""}})"));
  EXPECT_TRUE(is_plain(R"({"Text":"first","Text":"last","Labels":["a"],"Labels":["b"],"Number":null})"));
  EXPECT_TRUE(is_plain("{}"));
}

TEST(PlainJson, LeavesTheRestToTheOther) {
  for (const std::string_view text : {"",
                                      " ",
                                      "[]",
                                      "null",
                                      "{",
                                      "{}x",
                                      R"({"Text":"\n"})",
                                      R"({"Text":"é"})",
                                      R"({"Text":1})",
                                      R"({"Text":"a")",
                                      R"({"Text":"a",})",
                                      R"({"Number":1.0})",
                                      R"({"Number":1e3})",
                                      R"({"Number":01})",
                                      R"({"Number":+1})",
                                      R"({"Number":-})",
                                      R"({"Number":1234567890123456789})",
                                      R"({"Real":1})",
                                      R"({"At":1})",
                                      R"({"Flag":truex})",
                                      R"({"Flag":nul})",
                                      R"({"Labels":["a",]})",
                                      R"({"Labels":{}})",
                                      R"({"Tags":{"k"}})",
                                      R"({"Bytes":"*"})",
                                      "{\"Text\":\"a\tb\"}",
                                      R"({"Unknown":1.5})",
                                      R"({Text:"a"})"}) {
    EXPECT_FALSE(is_plain(text)) << text;
  }
  std::string deep;
  for (int i = 0; i < 50; ++i) deep += R"({"Unknown":)";
  EXPECT_FALSE(is_plain(deep + "1" + std::string(50, '}')));
}

TEST(PlainJson, SaysTheSameOfManyTexts) {
  int plain = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    base::SeededRandom random(seed);
    Everything value;
    fill(Everything::type(), &value, random);
    value.real.reset();
    value.at.reset();
    value.http_at.reset();
    value.leaves.reset();
    value.flat_leaves.reset();
    if (value.leaf) value.leaf = Leaf{.name = "n", .count = value.leaf->count, .at = {}, .leaves = {}};
    value.text = "x";
    std::string text = encode_json(Everything::type(), &value);
    plain += is_plain(text) ? 1 : 0;
    for (int change = 0; change < 10; ++change) {  // one byte other, or gone
      std::string changed = text;
      const std::size_t at = base::below(random, text.size());
      if (base::below(random, 2) == 0) {
        changed[at] = R"({}[]":,0n-t \x)"[base::below(random, 15)];
      } else {
        changed.erase(at, 1);
      }
      is_plain(changed);
    }
  }
  EXPECT_GT(plain, 10);
}

}  // namespace
}  // namespace wire
