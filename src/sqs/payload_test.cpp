#include "sqs/payload.h"

#include <gtest/gtest.h>

namespace sqs {
namespace {

std::string sample() {
  return encode_payload({"body \x01 with \n anything", "0123456789abcdef", "000000000000", "Root=1"},
                        {{"a", {"String", "text", false}}, {"b", {"Binary.png", std::string("\0\xff", 2), true}}});
}

TEST(Payload, ComesBackAsItWas) {
  const std::string bytes = sample();
  const auto decoded = decode_payload(bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->payload.body, "body \x01 with \n anything");
  EXPECT_EQ(decoded->payload.body_md5, "0123456789abcdef");
  EXPECT_EQ(decoded->payload.sender_id, "000000000000");
  EXPECT_EQ(decoded->payload.trace_header, "Root=1");
  ASSERT_EQ(decoded->attributes.size(), 2u);
  EXPECT_EQ(decoded->attributes.at("b").type, "Binary.png");
  EXPECT_EQ(decoded->attributes.at("b").value, std::string("\0\xff", 2));
  EXPECT_TRUE(decoded->attributes.at("b").binary);
}

// The body ends with the bytes, so only what is before it can be cut.
TEST(Payload, IsRefusedWhenItIsCutOrNotOurs) {
  const std::string bytes = sample();
  const std::size_t body = bytes.size() - std::string("body \x01 with \n anything").size();
  for (std::size_t length = 0; length < body; ++length) EXPECT_FALSE(decode_payload(bytes.substr(0, length))) << length;
  EXPECT_TRUE(decode_payload(bytes.substr(0, body)));
  std::string other = bytes;
  other[0] = 9;
  EXPECT_FALSE(decode_payload(other));
}

}  // namespace
}  // namespace sqs
