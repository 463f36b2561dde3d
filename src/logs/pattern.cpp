#include "logs/pattern.h"

#include <memory>
#include <vector>

#include "base/fault.h"
#include "logs/pattern_parts.h"

namespace logs {
namespace {

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

struct Term {
  std::string text;
  std::optional<Regex> regex;

  bool in(std::string_view message) const {
    return regex ? regex->matches(message) : message.find(text) != std::string_view::npos;
  }
};

struct Terms {
  std::vector<Term> all;   // every one must be there
  std::vector<Term> any;   // one of them, if there is no `all`
  std::vector<Term> none;  // none may be there

  bool match(std::string_view message) const {
    for (const Term& term : none) {
      if (term.in(message)) return false;
    }
    for (const Term& term : all) {
      if (!term.in(message)) return false;
    }
    if (!all.empty() || any.empty()) return true;  // beside plain terms the optional ones are ignored
    for (const Term& term : any) {
      if (term.in(message)) return true;
    }
    return false;
  }
};

std::expected<Term, std::string> read_term(Scanner& in) {
  Term term;
  if (in.rest.starts_with('"')) {
    TRY(term.text, read_quoted(in));
  } else if (in.rest.starts_with('%')) {
    TRY(term.regex, read_regex(in));
  } else {
    while (!in.rest.empty() && is_word_character(in.rest.front())) {
      term.text += in.rest.front();
      in.rest.remove_prefix(1);
    }
    if (term.text.empty()) return std::unexpected("terms with other characters than letters and digits need quotes");
  }
  if (!in.rest.empty() && in.rest.front() != ' ' && in.rest.front() != '\t') {
    return std::unexpected("terms with other characters than letters and digits need quotes");
  }
  return term;
}

}  // namespace

std::expected<Matcher, std::string> parse_terms(Scanner in) {
  auto terms = std::make_shared<Terms>();
  while (!in.at_end()) {
    std::vector<Term>& kind = in.take("?") ? terms->any : in.take("-") ? terms->none : terms->all;
    TRY(Term term, read_term(in));
    kind.push_back(std::move(term));
  }
  return [terms](std::string_view message) { return terms->match(message); };
}

std::expected<Matcher, std::string> parse_pattern(std::string_view pattern) {
  Scanner in{pattern};
  in.skip_blanks();
  if (in.rest.starts_with('{')) return parse_json_pattern(in);
  if (in.rest.starts_with('[')) return parse_fields(in);
  const std::size_t end = in.rest.find_last_not_of(" \t");
  if (in.rest == "\"\"" || in.rest == "\" \"" || end == std::string_view::npos) {
    return [](std::string_view) { return true; };
  }
  return parse_terms(in);
}

}  // namespace logs
