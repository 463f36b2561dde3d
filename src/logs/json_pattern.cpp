#include <memory>
#include <span>
#include <vector>

#include "base/fault.h"
#include "base/value.h"
#include "logs/pattern_parts.h"
#include "wire/json.h"

namespace logs {
namespace {

constexpr int kDepthMax = 50;  // of parentheses

// $.a.b[0] or $.['odd name'] or $.list[*]
struct Step {
  enum class Kind : std::uint8_t { Name, Index, Every } kind;
  std::string name;
  std::size_t index = 0;
};
using Selector = std::vector<Step>;

void select(const base::Value& value, std::span<const Step> steps, std::vector<const base::Value*>& found) {
  if (steps.empty()) {
    found.push_back(&value);
    return;
  }
  const Step& step = steps.front();
  if (step.kind == Step::Kind::Name) {
    if (const base::Value* member = value.find(step.name)) select(*member, steps.subspan(1), found);
    return;
  }
  if (!value.is_array()) return;
  if (step.kind == Step::Kind::Every) {
    for (const base::Value& item : value.as_array()) select(item, steps.subspan(1), found);
  } else if (step.index < value.as_array().size()) {
    select(value.as_array()[step.index], steps.subspan(1), found);
  }
}

struct Condition {
  enum class Kind : std::uint8_t { Compares, IsNull, IsTrue, IsFalse, NotExists, And, Or } kind;
  Selector selector{};
  Compare compare{};
  Literal literal{};
  std::vector<Condition> parts{};

  bool match(const base::Value& event) const;
  bool match_one(const base::Value& value) const;
};

bool Condition::match(const base::Value& event) const {
  if (kind == Kind::And || kind == Kind::Or) {
    for (const Condition& part : parts) {
      if (part.match(event) == (kind == Kind::Or)) return kind == Kind::Or;
    }
    return kind == Kind::And;
  }
  std::vector<const base::Value*> found;
  select(event, selector, found);
  if (kind == Kind::NotExists) return found.empty();
  for (const base::Value* value : found) {
    if (match_one(*value)) return true;
  }
  return false;  // also for "!=": what is not there compares with nothing
}

bool Condition::match_one(const base::Value& value) const {
  switch (kind) {
    case Kind::IsNull:
      return value.is_null();
    case Kind::IsTrue:
      return value.is_bool() && value.as_bool();
    case Kind::IsFalse:
      return value.is_bool() && !value.as_bool();
    default:
      break;
  }
  if (!value.is_scalar()) return false;
  const std::optional<double> number = value.is_number() ? std::optional(value.as_double()) : std::nullopt;
  return holds(value.to_text(), number, compare, literal);
}

class Parser {
 public:
  explicit Parser(Scanner in) : in_(in) {}

  std::expected<Condition, std::string> parse() {
    in_.take("{");
    TRY(Condition root, either());
    if (!in_.take("}") || !in_.at_end()) return std::unexpected("a JSON pattern must end with }");
    return root;
  }

 private:
  using Result = std::expected<Condition, std::string>;

  Result either() { return joined("||", Condition::Kind::Or, &Parser::both); }
  Result both() { return joined("&&", Condition::Kind::And, &Parser::single); }
  Result joined(std::string_view token, Condition::Kind kind, Result (Parser::*part)()) {
    TRY(Condition first, (this->*part)());
    if (!in_.take(token)) return first;
    Condition all{.kind = kind};
    all.parts.push_back(std::move(first));
    do {
      TRY(Condition next, (this->*part)());
      all.parts.push_back(std::move(next));
    } while (in_.take(token));
    return all;
  }
  Result single() {
    if (!in_.take("(")) return comparison();
    if (++depth_ > kDepthMax) return std::unexpected("too many parentheses");
    TRY(Condition inner, either());
    --depth_;
    if (!in_.take(")")) return std::unexpected("a parenthesis is not closed");
    return inner;
  }
  Result comparison() {
    Condition condition{.kind = Condition::Kind::Compares};
    TRY(condition.selector, selector());
    if (in_.take_word("IS")) {
      if (in_.take_word("NULL")) {
        condition.kind = Condition::Kind::IsNull;
      } else if (in_.take_word("TRUE")) {
        condition.kind = Condition::Kind::IsTrue;
      } else if (in_.take_word("FALSE")) {
        condition.kind = Condition::Kind::IsFalse;
      } else {
        return std::unexpected("IS must be followed by NULL, TRUE or FALSE");
      }
      return condition;
    }
    if (in_.take_word("NOT")) {
      if (!in_.take_word("EXISTS")) return std::unexpected("NOT must be followed by EXISTS");
      condition.kind = Condition::Kind::NotExists;
      return condition;
    }
    const auto compare = read_compare(in_);
    if (!compare) return std::unexpected("a comparison is missing after a property selector");
    condition.compare = *compare;
    TRY(condition.literal, read_literal(in_, ")}&|"));
    return condition;
  }
  std::expected<Selector, std::string> selector() {
    if (!in_.take("$")) return std::unexpected("a property selector must begin with $");
    Selector steps;
    while (in_.rest.starts_with('.') || in_.rest.starts_with('[')) {
      if (in_.rest.starts_with('.')) in_.rest.remove_prefix(1);
      TRY(Step step, in_.rest.starts_with('[') ? bracket() : name());
      steps.push_back(std::move(step));
    }
    return steps;
  }
  std::expected<Step, std::string> name() {
    const std::size_t end = std::min(in_.rest.find_first_of(" \t\n.[=!<>)}&|"), in_.rest.size());
    Step step{Step::Kind::Name, std::string(in_.rest.substr(0, end))};
    in_.rest.remove_prefix(end);
    if (step.name.empty()) return std::unexpected("a property name is missing");
    return step;
  }
  std::expected<Step, std::string> bracket() {
    const std::size_t end = in_.rest.find(in_.rest.starts_with("['") ? "']" : "]");
    if (end == std::string_view::npos) return std::unexpected("a bracket is not closed");
    std::string_view inner = in_.rest.substr(1, end - 1);
    const bool quoted = inner.starts_with('\'');
    in_.rest.remove_prefix(end + (quoted ? 2 : 1));
    if (quoted) return Step{Step::Kind::Name, std::string(inner.substr(1))};
    if (inner == "*") return Step{Step::Kind::Every, {}};
    const auto number = to_number(inner);
    if (!number || *number < 0 || inner.find_first_not_of("0123456789") != std::string_view::npos) {
      return std::unexpected("an array index must be a number or *");
    }
    return Step{Step::Kind::Index, {}, static_cast<std::size_t>(*number)};
  }

  Scanner in_;
  int depth_ = 0;
};

}  // namespace

std::expected<Matcher, std::string> parse_json_pattern(Scanner in) {
  TRY(Condition parsed, Parser(in).parse());
  auto condition = std::make_shared<const Condition>(std::move(parsed));
  return [condition](std::string_view message) {
    if (message.find('{') == std::string_view::npos) return false;
    const auto event = wire::parse_json(message);
    return event && event->is_object() && condition->match(*event);
  };
}

}  // namespace logs
