#include "wire/text.h"

#include <gtest/gtest.h>

#include <cctype>

#include "wire/json.h"

namespace wire {
namespace {

TEST(Base64, RoundTrips) {
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64("foo"), "Zm9v");
  EXPECT_EQ(from_base64("Zm9vYg=="), "foob");
  EXPECT_EQ(from_base64("Zm9vYg"), "foob");
  EXPECT_EQ(from_base64("Zm9v!"), std::nullopt);
  EXPECT_EQ(from_base64("Z"), std::nullopt);
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    bytes.push_back(static_cast<char>(i * 7));
  }
}

TEST(Base64, KnowsWhatIsNotOfItsAlphabet) {
  const std::string good = "Zm9vYmFyZm9vYg";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      const bool letter = std::isalnum(c) != 0 || c == '+' || c == '/';
      std::string text = good;
      text[at] = static_cast<char>(c);
      if (c == '=' && at + 1 == good.size()) continue;  // padding
      EXPECT_EQ(from_base64(text).has_value(), letter && c < 128) << c << " at " << at;
    }
  }
}

TEST(Timestamps, HaveThreeForms) {
  const auto at = base::from_unix_millis(1'704'164'645'250);
  EXPECT_EQ(format_date_time(at), "2024-01-02T03:04:05.250Z");
  EXPECT_EQ(format_date_time(base::from_unix_seconds(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_date_time(base::from_unix_seconds(-1), Millis::Always), "1969-12-31T23:59:59.000Z");
  EXPECT_EQ(format_http_date(at), "Tue, 02 Jan 2024 03:04:05 GMT");
  EXPECT_EQ(format_epoch(at), "1704164645.25");
  EXPECT_EQ(parse_date_time("2024-01-02T03:04:05.25Z"), at);
  EXPECT_EQ(parse_date_time("2024-01-02T12:04:05.250+09:00"), at);
  EXPECT_EQ(parse_date_time("2024-01-02"), base::from_unix_seconds(1'704'153'600));
  EXPECT_EQ(parse_http_date("Tue, 02 Jan 2024 03:04:05 GMT"), base::from_unix_seconds(1'704'164'645));
  EXPECT_EQ(parse_timestamp("1704164645.25"), at);
  EXPECT_EQ(parse_date_time("2024-13-02T03:04:05Z"), std::nullopt);
  EXPECT_EQ(parse_epoch("1e300"), std::nullopt);
}

TEST(Numbers, AreStrict) {
  EXPECT_EQ(format_double(5), "5.0");
  EXPECT_EQ(format_double(0.1), "0.1");
  EXPECT_EQ(parse_integer("12x"), std::nullopt);
  EXPECT_EQ(parse_integer("99999999999999999999"), std::nullopt);
  EXPECT_EQ(parse_double("1.5"), 1.5);
}

TEST(Json, TellsWhereItBreaks) {
  const auto place = [](std::string_view text) {
    const auto value = parse_json(text);
    return value ? std::string("well-formed") : value.error().place();
  };
  EXPECT_EQ(place("{\"a\": 1, \"b\": {\"c\": tru}}"), "(line 1, column 21)");
  EXPECT_EQ(place("{\n  \"a\": [1,\n  2,]\n}"), "(line 3, column 5)");
  EXPECT_EQ(place("{\"a\":1} x"), "(line 1, column 9)");
  EXPECT_EQ(place("{'a':1}"), "(line 1, column 2)");
  EXPECT_EQ(place("{\"a\":\"x"), "(line 1, column 8)");
  EXPECT_EQ(place(""), "(line 1, column 1)");
  EXPECT_NE(place(std::string(100'000, '[')), "well-formed");
}

TEST(Json, KeepsOrderAndTheLastOfRepeatedKeys) {
  EXPECT_EQ(write_json(*parse_json(R"({"b":1,"a":[true,null,2.50,"x\u00e9\ud83d\ude00"],"b":3})")),
            R"({"b":3,"a":[true,null,2.5,"xé😀"]})");
  EXPECT_EQ(write_json(*parse_json(R"({"a":[1],"b":{}})"), JsonLayout::Indented),
            "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}");
  std::string bad;
  append_json_string(bad, "a\xff\x01");
  EXPECT_EQ(bad, "\"a\xef\xbf\xbd\\u0001\"");
}

TEST(Json, IsNotQuadratic) {
  std::string text = "{";
  for (int i = 0; i < 100'000; ++i) text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":" + std::to_string(i);
  text += '}';
  const auto value = parse_json(text);
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(value->as_object().size(), 100'000u);
}

}  // namespace
}  // namespace wire
