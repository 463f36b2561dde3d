#pragma once

// What the three kinds of filter patterns share: a scanner, and comparisons with a literal.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "logs/pattern.h"
#include "logs/regex.h"

namespace logs {

struct Scanner {
  std::string_view rest;

  void skip_blanks();
  bool at_end();  // after blanks
  // Takes the token if it is next, after blanks.
  bool take(std::string_view token);
  // Takes a whole word, in any case: IS, NOT, EXISTS.
  bool take_word(std::string_view word);
};

// The right side of a comparison: text with '*' as wildcard, a number, or a %regex%.
struct Literal {
  std::string text;
  std::optional<double> number;
  std::optional<Regex> regex;
};
// `stops` end a bare word, as blanks do.
std::expected<Literal, std::string> read_literal(Scanner& in, std::string_view stops);
// "…" with \" inside; the scanner is at the first quote.
std::expected<std::string, std::string> read_quoted(Scanner& in);
// %…%, the scanner is at the first per cent sign.
std::expected<Regex, std::string> read_regex(Scanner& in);

enum class Compare : std::uint8_t { Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual };
std::optional<Compare> read_compare(Scanner& in);

// How a value compares: its text, and its number when it is one.
bool holds(std::string_view text, std::optional<double> number, Compare compare, const Literal& literal);

std::optional<double> to_number(std::string_view text);
bool matches_wildcard(std::string_view pattern, std::string_view text);

// The three kinds. The scanner is at the opening bracket of the latter two.
std::expected<Matcher, std::string> parse_terms(Scanner in);
std::expected<Matcher, std::string> parse_json_pattern(Scanner in);
std::expected<Matcher, std::string> parse_fields(Scanner in);

}  // namespace logs
