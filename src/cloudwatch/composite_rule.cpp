#include "cloudwatch/composite_rule.h"

#include <algorithm>
#include <cctype>

#include "base/fault.h"

namespace cloudwatch {
namespace {

using Node = CompositeRule::Node;
using Parsed = std::expected<Node, std::string>;

bool is_space(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

class Parser {
 public:
  Parser(std::string_view text, std::set<std::string>& children) : text_(text), children_(children) {}

  Parsed whole() {
    TRY(Node node, any());
    skip_space();
    if (at_ < text_.size()) return mistake();
    if (children_.size() > CompositeRule::kChildrenMax) {
      return std::unexpected("AlarmRule can have at most 100 child alarms");
    }
    return node;
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  std::unexpected<std::string> mistake() const {
    return std::unexpected("AlarmRule must not contain unexpected text at position " + std::to_string(at_ + 1));
  }
  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    skip_space();
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with(word)) return false;
    if (rest.size() > word.size() && !is_space(rest[word.size()]) && rest[word.size()] != '(' &&
        rest[word.size()] != ')') {
      return false;
    }
    at_ += word.size();
    return true;
  }
  bool count() { return ++elements_ <= CompositeRule::kElementsMax; }

  Parsed any() {
    return joined("OR", Node::Kind::Or, [this] { return all(); });
  }
  Parsed all() {
    return joined("AND", Node::Kind::And, [this] { return one(); });
  }

  template <class Part>
  Parsed joined(std::string_view word, Node::Kind kind, Part part) {
    TRY(Node first, part());
    if (!take_word(word)) return first;
    Node node;
    node.kind = kind;
    node.parts.push_back(std::move(first));
    do {
      TRY(Node next, part());
      node.parts.push_back(std::move(next));
    } while (take_word(word));
    return node;
  }

  // Every step of nesting takes an element, but for NOT.
  Parsed one() {
    if (take_word("NOT")) {
      if (++nots_ > static_cast<int>(CompositeRule::kElementsMax)) return mistake();
      TRY(Node part, one());
      Node node;
      node.kind = Node::Kind::Not;
      node.parts.push_back(std::move(part));
      return node;
    }
    if (!count()) return std::unexpected("AlarmRule can have at most 500 elements");
    if (take('(')) {
      TRY(Node node, any());
      if (!take(')')) return mistake();
      return node;
    }
    if (take_word("TRUE")) return constant(true);
    if (take_word("FALSE")) return constant(false);
    for (const AlarmState state : {AlarmState::Alarm, AlarmState::Ok, AlarmState::InsufficientData}) {
      if (take_word(name_of(state))) return child(state);
    }
    return mistake();
  }

  static Node constant(bool value) {
    Node node;
    node.value = value;
    return node;
  }

  Parsed child(AlarmState state) {
    if (!take('(')) return mistake();
    skip_space();
    std::string name;
    const char quote = at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'') ? text_[at_++] : '\0';
    const char end = quote != '\0' ? quote : ')';
    while (at_ < text_.size() && text_[at_] != end) name += text_[at_++];
    while (quote == '\0' && !name.empty() && is_space(name.back())) name.pop_back();
    if (name.empty() || (quote != '\0' && !take(quote)) || !take(')')) return mistake();
    Node node;
    node.kind = Node::Kind::Child;
    node.name = alarm_name_of(name);
    node.state = state;
    children_.insert(node.name);
    return node;
  }

  std::string_view text_;
  std::set<std::string>& children_;
  std::size_t at_ = 0;
  std::size_t elements_ = 0;
  int nots_ = 0;
};

}  // namespace

std::string alarm_name_of(std::string_view name_or_arn) {
  constexpr std::string_view kMark = ":alarm:";
  const auto mark = name_or_arn.find(kMark);
  if (!name_or_arn.starts_with("arn:") || mark == std::string_view::npos) return std::string(name_or_arn);
  return std::string(name_or_arn.substr(mark + kMark.size()));
}

std::expected<CompositeRule, std::string> CompositeRule::parse(std::string_view text) {
  CompositeRule rule;
  TRY(rule.root_, Parser(text, rule.children_).whole());
  return rule;
}

bool CompositeRule::holds(const Node& node, const StateOf& state_of) {
  const auto part_holds = [&](const Node& part) { return holds(part, state_of); };
  switch (node.kind) {
    case Node::Kind::Constant:
      return node.value;
    case Node::Kind::Child:
      return state_of(node.name) == node.state;
    case Node::Kind::Not:
      return !part_holds(node.parts[0]);
    case Node::Kind::And:
      return std::ranges::all_of(node.parts, part_holds);
    case Node::Kind::Or:
      return std::ranges::any_of(node.parts, part_holds);
  }
  return false;
}

}  // namespace cloudwatch
