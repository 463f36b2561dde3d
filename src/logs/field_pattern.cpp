#include <memory>
#include <vector>

#include "base/fault.h"
#include "logs/pattern_parts.h"

namespace logs {
namespace {

// One field of [a, b=4* || b=5*, …]: any of the groups, in each of which all comparisons hold.
struct Comparison {
  Compare compare;
  Literal literal;
};
struct Field {
  std::vector<std::vector<Comparison>> any_of;  // empty: whatever there is

  bool match(std::string_view text) const {
    if (any_of.empty()) return true;
    const std::optional<double> number = to_number(text);
    for (const auto& all : any_of) {
      bool good = true;
      for (const Comparison& one : all) good = good && holds(text, number, one.compare, one.literal);
      if (good) return true;
    }
    return false;
  }
};
struct Fields {
  std::vector<Field> before;  // the ellipsis, or all when there is none
  std::vector<Field> after;
  bool ellipsis = false;

  bool match(const std::vector<std::string_view>& texts) const {
    const std::size_t fixed = before.size() + after.size();
    if (ellipsis ? texts.size() < fixed : texts.size() != fixed) return false;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (!before[i].match(texts[i])) return false;
    }
    const std::size_t skipped = texts.size() - after.size();
    for (std::size_t i = 0; i < after.size(); ++i) {
      if (!after[i].match(texts[skipped + i])) return false;
    }
    return true;
  }
};

// Fields of an event are separated by blanks; "…" and […] hold one together.
std::vector<std::string_view> split(std::string_view message) {
  std::vector<std::string_view> texts;
  while (true) {
    message.remove_prefix(std::min(message.find_first_not_of(" \t\n"), message.size()));
    if (message.empty()) return texts;
    const char close = message.front() == '"' ? '"' : message.front() == '[' ? ']' : ' ';
    const std::size_t end = close == ' ' ? std::string_view::npos : message.find(close, 1);
    if (end == std::string_view::npos) {
      const std::size_t blank = std::min(message.find_first_of(" \t\n"), message.size());
      texts.push_back(message.substr(0, blank));
      message.remove_prefix(blank);
    } else {
      texts.push_back(message.substr(1, end - 1));
      message.remove_prefix(end + 1);
    }
  }
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::string_view read_name(Scanner& in) {
  in.skip_blanks();
  std::size_t end = 0;
  while (end < in.rest.size() && is_name_character(in.rest[end])) ++end;
  const std::string_view name = in.rest.substr(0, end);
  in.rest.remove_prefix(end);
  return name;
}

std::expected<Field, std::string> read_field(Scanner& in) {
  Field field;
  const std::string_view name = read_name(in);
  if (name.empty()) return std::unexpected("a field needs a name");
  auto compare = read_compare(in);
  if (!compare) return field;
  field.any_of.emplace_back();
  while (true) {
    TRY(Literal literal, read_literal(in, ",]&|"));
    field.any_of.back().push_back({*compare, std::move(literal)});
    if (in.take("||")) {
      field.any_of.emplace_back();
    } else if (!in.take("&&")) {
      return field;
    }
    if (read_name(in) != name) return std::unexpected("the comparisons of a field must use its name");
    compare = read_compare(in);
    if (!compare) return std::unexpected("a comparison is missing after a field name");
  }
}

}  // namespace

std::expected<Matcher, std::string> parse_fields(Scanner in) {
  auto fields = std::make_shared<Fields>();
  in.take("[");
  do {
    if (in.take("...")) {
      if (fields->ellipsis) return std::unexpected("a pattern may hold one ellipsis");
      fields->ellipsis = true;
      continue;
    }
    TRY(Field field, read_field(in));
    (fields->ellipsis ? fields->after : fields->before).push_back(std::move(field));
  } while (in.take(","));
  if (!in.take("]") || !in.at_end()) return std::unexpected("a pattern of fields must end with ]");
  return [fields](std::string_view message) { return fields->match(split(message)); };
}

}  // namespace logs
