#include "cloudwatch/math/expression.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

#include "base/fault.h"

namespace cloudwatch::math {
namespace {

using Parsed = std::expected<Node, Problem>;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Binary operators from the loosest to the tightest. Longer ones come before their own beginnings.
struct Level {
  std::span<const std::string_view> operators;
};
constexpr std::string_view kOr[] = {"OR", "||"};
constexpr std::string_view kAnd[] = {"AND", "&&"};
constexpr std::string_view kCompare[] = {"==", "!=", "<=", ">=", "<", ">"};
constexpr std::string_view kAdd[] = {"+", "-"};
constexpr std::string_view kMultiply[] = {"*", "/"};
constexpr Level kLevels[] = {{kOr}, {kAnd}, {kCompare}, {kAdd}, {kMultiply}};
constexpr std::size_t kLevelCount = std::size(kLevels);

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Parsed whole() {
    TRY(Node node, binary(0));
    skip_space();
    if (at_ < text_.size()) return syntax("an operator or the end");
    return node;
  }

 private:
  // One step of nesting; false when there are too many.
  struct Depth {
    explicit Depth(int& depth) : depth_(depth) { ++depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    ~Depth() { --depth_; }
    bool fits() const { return depth_ <= kDepthMax; }
    int& depth_;
  };

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  std::unexpected<Problem> syntax(std::string_view wanted) const {
    return problem("expected " + std::string(wanted) + " at position " + std::to_string(at_ + 1) + ".");
  }
  bool take(std::string_view token) {
    skip_space();
    if (!text_.substr(at_).starts_with(token)) return false;
    const std::size_t end = at_ + token.size();
    if (is_word_char(token[0]) && end < text_.size() && is_word_char(text_[end])) return false;
    at_ = end;
    return true;
  }
  std::optional<std::string> take_operator(std::size_t level) {
    for (const std::string_view token : kLevels[level].operators) {
      if (take(token)) return std::string(token == "||" ? "OR" : token == "&&" ? "AND" : token);
    }
    return std::nullopt;
  }

  Parsed binary(std::size_t level) {
    if (level == kLevelCount) return unary();
    TRY(Node left, binary(level + 1));
    while (const auto token = take_operator(level)) {
      TRY(Node right, binary(level + 1));
      left = operation(*token, std::move(left), std::move(right));
    }
    return left;
  }

  static Node operation(std::string token, Node left, Node right) {
    Node node{Node::Kind::Operation, 0, std::move(token), {}};
    node.children.push_back(std::move(left));
    node.children.push_back(std::move(right));
    return node;
  }

  // -m1 ^ 2 is -(m1 ^ 2).
  Parsed unary() {
    const Depth depth(depth_);
    if (!depth.fits()) return problem("the expression is nested too deeply.");
    if (take("-")) {
      TRY(Node operand, unary());
      Node node{Node::Kind::Negation, 0, "-", {}};
      node.children.push_back(std::move(operand));
      return node;
    }
    TRY(Node base, primary());
    if (!take("^")) return base;
    TRY(Node exponent, unary());
    return operation("^", std::move(base), std::move(exponent));
  }

  Parsed primary() {
    skip_space();
    if (at_ == text_.size()) return syntax("a value");
    const char c = text_[at_];
    if (take("(")) {
      TRY(Node inner, binary(0));
      if (!take(")")) return syntax("')'");
      return inner;
    }
    if (take("[")) return sequence(Node{Node::Kind::List, 0, "", {}}, "]");
    if (is_digit(c) || c == '.') return number();
    if (c == '\'' || c == '"') return quoted(c);
    if (is_word_char(c)) return word();
    return syntax("a value");
  }

  Parsed number() {
    Node node;
    const char* const begin = text_.data() + at_;
    const auto read = std::from_chars(begin, text_.data() + text_.size(), node.number);
    if (read.ec != std::errc()) return syntax("a number");
    at_ += static_cast<std::size_t>(read.ptr - begin);
    return node;
  }

  // Backslashes stay: they belong to the search expression inside.
  Parsed quoted(char mark) {
    const auto end = text_.find(mark, at_ + 1);
    if (end == std::string_view::npos) return syntax("the end of the string");
    Node node{Node::Kind::Text, 0, std::string(text_.substr(at_ + 1, end - at_ - 1)), {}};
    at_ = end + 1;
    return node;
  }

  Parsed word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word_char(text_[at_])) ++at_;
    std::string name(text_.substr(begin, at_ - begin));
    const bool upper = name[0] >= 'A' && name[0] <= 'Z';
    if (take("(")) {
      if (!upper) return problem("the function " + name + " must be written in uppercase letters.");
      return sequence(Node{Node::Kind::Call, 0, std::move(name), {}}, ")");
    }
    return Node{upper ? Node::Kind::Word : Node::Kind::Id, 0, std::move(name), {}};
  }

  Parsed sequence(Node node, std::string_view end) {
    if (take(end)) return node;
    do {
      TRY(Node item, binary(0));
      node.children.push_back(std::move(item));
    } while (take(","));
    if (!take(end)) return syntax("',' or '" + std::string(end) + "'");
    return node;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

void collect_ids(const Node& node, std::set<std::string>& ids) {
  if (node.kind == Node::Kind::Id) ids.insert(node.text);
  for (const Node& child : node.children) collect_ids(child, ids);
}

}  // namespace

Parsed parse(std::string_view expression) {
  return Parser(expression).whole();
}

std::set<std::string> ids_of(const Node& node) {
  std::set<std::string> ids;
  collect_ids(node, ids);
  return ids;
}

bool calls(const Node& node, std::string_view function) {
  if (node.kind == Node::Kind::Call && node.text == function) return true;
  return std::ranges::any_of(node.children, [&](const Node& child) { return calls(child, function); });
}

}  // namespace cloudwatch::math
