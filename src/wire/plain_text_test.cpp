#include "wire/plain_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace {

bool is_plain(char c) {
  return static_cast<unsigned char>(c) >= ' ' && static_cast<unsigned char>(c) < 0x80;
}
bool is_plain_in_json(char c) {
  return is_plain(c) && c != '"' && c != '\\';
}

std::size_t expected(std::string_view text, bool (*plain)(char)) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, plain) - text.begin());
}

}  // namespace

TEST(PlainText, EndsAtEveryByteThatIsNotPlain) {
  for (int byte = 0; byte < 256; ++byte) {
    for (const std::size_t at : {0, 1, 15, 16, 40, 63, 64, 100, 130, 199}) {
      std::string text(200, 'x');
      text[at] = static_cast<char>(byte);
      EXPECT_EQ(wire::plain_prefix(text), expected(text, is_plain)) << byte << " at " << at;
      EXPECT_EQ(wire::json_plain_prefix(text), expected(text, is_plain_in_json)) << byte << " at " << at;
    }
  }
}

TEST(PlainText, OfEveryLength) {
  for (std::size_t length = 0; length < 200; ++length) {
    const std::string text(length, '~');
    EXPECT_EQ(wire::plain_prefix(text), length);
    EXPECT_EQ(wire::json_plain_prefix(text), length);
  }
}
