#include "logs/pattern_parts.h"

#include <charconv>

#include "base/fault.h"

namespace logs {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

}  // namespace

void Scanner::skip_blanks() {
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t' || rest.front() == '\n')) rest.remove_prefix(1);
}

bool Scanner::at_end() {
  skip_blanks();
  return rest.empty();
}

bool Scanner::take(std::string_view token) {
  skip_blanks();
  if (!rest.starts_with(token)) return false;
  rest.remove_prefix(token.size());
  return true;
}

bool Scanner::take_word(std::string_view word) {
  skip_blanks();
  if (rest.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (lower(rest[i]) != lower(word[i])) return false;
  }
  if (rest.size() > word.size()) {
    const char next = lower(rest[word.size()]);
    if ((next >= 'a' && next <= 'z') || (next >= '0' && next <= '9') || next == '_') return false;
  }
  rest.remove_prefix(word.size());
  return true;
}

std::expected<std::string, std::string> read_quoted(Scanner& in) {
  std::string text;
  for (std::size_t i = 1; i < in.rest.size(); ++i) {
    const char c = in.rest[i];
    if (c == '"') {
      in.rest.remove_prefix(i + 1);
      return text;
    }
    if (c == '\\' && i + 1 < in.rest.size() && (in.rest[i + 1] == '"' || in.rest[i + 1] == '\\')) ++i;
    text += in.rest[i];
  }
  return std::unexpected("a quote is not closed");
}

std::expected<Regex, std::string> read_regex(Scanner& in) {
  for (std::size_t i = 1; i < in.rest.size(); ++i) {
    if (in.rest[i] == '\\') {
      ++i;
    } else if (in.rest[i] == '%') {
      auto regex = Regex::parse(in.rest.substr(1, i - 1));
      in.rest.remove_prefix(i + 1);
      return regex;
    }
  }
  return std::unexpected("a regular expression is not closed with %");
}

std::expected<Literal, std::string> read_literal(Scanner& in, std::string_view stops) {
  in.skip_blanks();
  Literal literal;
  if (in.rest.starts_with('"')) {
    TRY(literal.text, read_quoted(in));
    return literal;
  }
  if (in.rest.starts_with('%')) {
    TRY(literal.regex, read_regex(in));
    return literal;
  }
  const std::size_t end = std::min(in.rest.find_first_of(std::string(stops) + " \t\n"), in.rest.size());
  literal.text = in.rest.substr(0, end);
  in.rest.remove_prefix(end);
  if (literal.text.empty()) return std::unexpected("a comparison lacks its value");
  literal.number = to_number(literal.text);
  return literal;
}

std::optional<Compare> read_compare(Scanner& in) {
  if (in.take("!=")) return Compare::NotEqual;
  if (in.take("<=")) return Compare::LessOrEqual;
  if (in.take(">=")) return Compare::GreaterOrEqual;
  if (in.take("=")) return Compare::Equal;
  if (in.take("<")) return Compare::Less;
  if (in.take(">")) return Compare::Greater;
  return std::nullopt;
}

bool holds(std::string_view text, std::optional<double> number, Compare compare, const Literal& literal) {
  if (compare == Compare::Equal || compare == Compare::NotEqual) {
    bool equal = false;
    if (literal.regex) {
      equal = literal.regex->matches(text);
    } else if (literal.number && number) {
      equal = *literal.number == *number;
    } else {
      equal = matches_wildcard(literal.text, text);
    }
    return equal == (compare == Compare::Equal);
  }
  if (!literal.number || !number) return false;
  switch (compare) {
    case Compare::Less:
      return *number < *literal.number;
    case Compare::LessOrEqual:
      return *number <= *literal.number;
    case Compare::Greater:
      return *number > *literal.number;
    default:
      return *number >= *literal.number;
  }
}

std::optional<double> to_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || !((digits[0] >= '0' && digits[0] <= '9') || digits[0] == '.')) return std::nullopt;  // no "inf"
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

// Greedy with one step back per star: proportional to the product of the lengths at worst.
bool matches_wildcard(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace logs
