#include "logs/pattern.h"

#include <gtest/gtest.h>

#include "logs/regex.h"

namespace {

bool matches(std::string_view pattern, std::string_view message) {
  const auto matcher = logs::parse_pattern(pattern);
  if (!matcher) {
    ADD_FAILURE() << pattern << ": " << matcher.error();
    return false;
  }
  return (*matcher)(message);
}
bool refused(std::string_view pattern) {
  return !logs::parse_pattern(pattern);
}
bool finds(std::string_view regex, std::string_view text) {
  const auto parsed = logs::Regex::parse(regex);
  if (!parsed) ADD_FAILURE() << regex << ": " << parsed.error();
  return parsed && parsed->matches(text);
}

TEST(Regex, MatchesAnywhere) {
  EXPECT_TRUE(finds("b+c", "abbbc"));
  EXPECT_FALSE(finds("^b", "ab"));
  EXPECT_TRUE(finds("^ab$", "ab"));
  EXPECT_FALSE(finds("^a$", "ab"));
  EXPECT_TRUE(finds("", ""));
  EXPECT_TRUE(finds("x|yz|", "q"));
  EXPECT_TRUE(finds("^(ab|c)*d$", "abcabd"));
  EXPECT_FALSE(finds("^(ab|c)*d$", "abcad"));
  EXPECT_TRUE(finds("^\\d{3}$", "404"));
  EXPECT_FALSE(finds("^\\d{3}$", "4044"));
  EXPECT_TRUE(finds("^\\d{2,}$", "4044"));
  EXPECT_TRUE(finds("^a{1,2}$", "aa"));
  EXPECT_FALSE(finds("^a{1,2}$", "aaa"));
  EXPECT_TRUE(finds("[^a-c\\]]", "d"));
  EXPECT_FALSE(finds("[^a-c]", "abc"));
  EXPECT_TRUE(finds("\\w+\\s\\W\\x41", "x ?A"));
  EXPECT_TRUE(finds("a.c", "abc"));
  EXPECT_FALSE(finds("a\\.c", "abc"));
}

TEST(Regex, RefusesWhatItCanNotRead) {
  for (const char* bad : {"(", ")", "[a", "a{2,1}", "*", "a{", "\\", "a{999}", "[b-a]"}) {
    EXPECT_FALSE(logs::Regex::parse(bad)) << bad;
  }
  EXPECT_FALSE(logs::Regex::parse("((a{200}){200}){200}")) << "would need millions of states";
  EXPECT_FALSE(logs::Regex::parse(std::string(100, '(')));
}

TEST(Regex, TakesTimeInProportionWhateverThePattern) {
  EXPECT_FALSE(finds("^(a*)*b$", std::string(20'000, 'a')));
}

TEST(Pattern, OfNothingMatchesEverything) {
  for (const char* pattern : {"", " ", "\" \"", "\"\""}) EXPECT_TRUE(matches(pattern, "x")) << pattern;
}

TEST(Pattern, OfTermsIsCaseSensitiveAndNeedsAll) {
  EXPECT_TRUE(matches("ERROR", "an ERROR."));
  EXPECT_FALSE(matches("ERROR", "an error"));
  EXPECT_TRUE(matches("ERROR ARGUMENTS", "ARGUMENTS bad: ERROR"));
  EXPECT_FALSE(matches("ERROR ARGUMENTS", "ERROR"));
  EXPECT_TRUE(matches("?ERROR ?WARN", "WARN"));
  EXPECT_FALSE(matches("?ERROR ?WARN", "INFO"));
  EXPECT_FALSE(matches("?ERROR WARN", "ERROR")) << "optional terms beside plain ones are ignored";
  EXPECT_TRUE(matches("ERROR -EXITING", "ERROR"));
  EXPECT_FALSE(matches("ERROR -EXITING", "ERROR EXITING"));
  EXPECT_TRUE(matches("\"INTERNAL SERVER ERROR\"", "500 INTERNAL SERVER ERROR"));
  EXPECT_FALSE(matches("\"INTERNAL ERROR\"", "INTERNAL SERVER ERROR"));
  EXPECT_TRUE(matches("\"say \\\"hi\\\"\"", "say \"hi\""));
  EXPECT_TRUE(matches("-\"two words\"", "two other words"));
  EXPECT_TRUE(matches("%AUTHORIZED|4\\d\\d%", "got 404"));
  EXPECT_TRUE(matches("ERROR %[0-9]{3}%", "ERROR 500"));
  EXPECT_TRUE(refused("foo:bar"));
  EXPECT_TRUE(refused("\"open"));
  EXPECT_TRUE(refused("%open"));
}

TEST(Pattern, OfJsonComparesProperties) {
  const char* event = R"({"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","n":4.5,"status":404,
    "arrayKey":["value","other"],"objectList":[{"name":"a","id":1},{"name":"b","id":2}],"null":null,"yes":true,
    "a.b":"odd","user":{"id":"12"}})";
  for (const char* pattern : {
           R"({ $.eventType = "UpdateTrail" })",
           R"({$.eventType="Update*"})",
           R"({ $.eventType = UpdateTrail })",
           R"({ $.eventType != "x" })",
           R"({ $.sourceIPAddress != 123.123.* })",
           R"({ $.arrayKey[0] = "value" })",
           R"({ $.objectList[1].id = 2 })",
           R"({ $.objectList[*].name = "b" })",
           R"({ $.n > 4 && $.n <= 4.5e0 })",
           R"({ $.status = 4* })",
           R"({ $.status = 404 })",
           R"({ $.null IS NULL })",
           R"({ $.yes IS TRUE })",
           R"({ $.gone NOT EXISTS })",
           R"({ $.['a.b'] = "odd" })",
           R"({ $.user.id = 12 })",
           R"({ $.eventType = %^Update[A-Z]% })",
           R"({ $.gone = 1 || $.n = 4.5 && $.yes IS TRUE })",
           R"({ ($.gone = 1 || $.n = 4.5) && $.yes IS TRUE })",
       }) {
    EXPECT_TRUE(matches(pattern, event)) << pattern;
  }
  for (const char* pattern : {
           R"({ $.eventType = "updatetrail" })",
           R"({ $.gone != "x" })",
           R"({ $.gone < 4 })",
           R"({ $.arrayKey = "value" })",
           R"({ $.yes IS FALSE })",
           R"({ $.eventType NOT EXISTS })",
           R"({ $.eventType > 3 })",
           R"({ $.n = 4.5 && $.status = 500 })",
       }) {
    EXPECT_FALSE(matches(pattern, event)) << pattern;
  }
  EXPECT_FALSE(matches("{ $.x NOT EXISTS }", "no JSON at all"));
  for (const char* bad : {"{ }", "{ $.a }", "{ $.a = 1", "{ a = 1 }", "{ $.a = }", "{ $.a IS MAYBE }", "{ ($.a = 1 }",
                          "{ $.a[x] = 1 }", "{ $.a = 1 } x"}) {
    EXPECT_TRUE(refused(bad)) << bad;
  }
}

TEST(Pattern, OfFieldsCountsThem) {
  const char* line = R"(127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534)";
  for (const char* pattern : {
           "[ip, server, username, timestamp, request, status_code, bytes]",
           "[ip, server, username, timestamp, request, status_code = 4*, bytes > 1000]",
           "[ip=%127\\.0\\.0\\.[0-9]{1,3}%, server, username, timestamp, request =*.html*, status_code, bytes]",
           "[..., status_code=404, bytes]",
           "[ip, ..., bytes >= 1534]",
           "[w1=Prod||w1=127*, ...]",
           "[w1!=Prod&&w1!=x, ...]",
           "[..., status!=200, bytes]",
           "[ip, server, username, timestamp=\"10/Oct*\", ...]",
       }) {
    EXPECT_TRUE(matches(pattern, line)) << pattern;
  }
  for (const char* pattern :
       {"[ip, server]", "[..., status_code=5*, bytes]", "[a, b, c, d, e, f, g, h, ...]", "[..., bytes < 1000]"}) {
    EXPECT_FALSE(matches(pattern, line)) << pattern;
  }
  for (const char* bad : {"[", "[a", "[]", "[a=]", "[a=1 || b=2]", "[..., a, ...]", "[a] x"}) {
    EXPECT_TRUE(refused(bad)) << bad;
  }
}

}  // namespace
