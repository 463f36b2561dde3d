#include "logs/regex.h"

#include <optional>
#include <utility>

namespace logs {

// Parses into a tree first: counted repetitions copy their operand.
class RegexParser {
 public:
  explicit RegexParser(std::string_view pattern) : rest_(pattern) {}

  std::expected<Regex, std::string> parse() {
    const std::size_t root = alternatives();
    if (error_.empty() && !rest_.empty()) error_ = "unmatched )";
    if (error_.empty()) emit(root);
    if (!error_.empty()) return std::unexpected(error_);
    regex_.states_.push_back({.kind = Regex::Kind::Match});
    return std::move(regex_);
  }

 private:
  enum class Op : std::uint8_t { Leaf, Sequence, Choice, Repeat };
  struct Node {
    Op op;
    Regex::State leaf{};
    std::vector<std::size_t> parts{};
    int min = 0;
    int max = -1;  // -1: without end
  };
  static constexpr int kCountMax = 255;
  static constexpr int kDepthMax = 50;

  std::size_t add(Node node) {
    nodes_.push_back(std::move(node));
    return nodes_.size() - 1;
  }
  void fail(const char* what) {
    if (error_.empty()) error_ = what;
    rest_ = {};
  }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::size_t alternatives() {
    if (++depth_ > kDepthMax) fail("too deeply nested");
    Node choice{.op = Op::Choice};
    choice.parts.push_back(sequence());
    while (take('|')) choice.parts.push_back(sequence());
    --depth_;
    return choice.parts.size() == 1 ? choice.parts[0] : add(std::move(choice));
  }
  std::size_t sequence() {
    Node all{.op = Op::Sequence};
    while (!rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
      std::size_t part = atom();
      while (auto counted = repetition()) {
        counted->parts.push_back(part);
        part = add(std::move(*counted));
      }
      all.parts.push_back(part);
    }
    return add(std::move(all));
  }
  std::optional<Node> repetition() {
    if (take('?')) return Node{.op = Op::Repeat, .min = 0, .max = 1};
    if (take('*')) return Node{.op = Op::Repeat, .min = 0, .max = -1};
    if (take('+')) return Node{.op = Op::Repeat, .min = 1, .max = -1};
    if (!take('{')) return std::nullopt;
    Node node{.op = Op::Repeat};
    node.min = number();
    node.max = node.min;
    if (take(',')) node.max = rest_.starts_with('}') ? -1 : number();
    if (!take('}') || (node.max != -1 && node.max < node.min)) fail("bad repetition");
    return node;
  }
  int number() {
    int value = 0;
    bool any = false;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9' && value <= kCountMax) {
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
      any = true;
    }
    if (!any || value > kCountMax) fail("bad repetition");
    return value;
  }
  std::size_t atom() {
    if (take('(')) {
      const std::size_t inner = alternatives();
      if (!take(')')) fail("missing )");
      return inner;
    }
    if (take('[')) return add({.op = Op::Leaf, .leaf = bracket()});
    if (take('.')) return add({.op = Op::Leaf, .leaf = {.kind = Regex::Kind::Any}});
    if (take('^')) return add({.op = Op::Leaf, .leaf = {.kind = Regex::Kind::Begin}});
    if (take('$')) return add({.op = Op::Leaf, .leaf = {.kind = Regex::Kind::End}});
    if (take('\\')) {
      Regex::Set set(256);
      if (escape(set)) return add({.op = Op::Leaf, .leaf = set_state(std::move(set))});
      return add({.op = Op::Leaf});
    }
    const char c = rest_.front();
    if (c == '?' || c == '*' || c == '+' || c == '{') fail("nothing to repeat");
    if (!rest_.empty()) rest_.remove_prefix(1);
    return add({.op = Op::Leaf, .leaf = {.kind = Regex::Kind::Byte, .byte = static_cast<unsigned char>(c)}});
  }
  Regex::State set_state(Regex::Set set) {
    regex_.sets_.push_back(std::move(set));
    return {.kind = Regex::Kind::Set, .other = static_cast<std::uint32_t>(regex_.sets_.size() - 1)};
  }
  // After a backslash: adds what it stands for.
  bool escape(Regex::Set& set) {
    if (rest_.empty()) return fail("ends with a backslash"), false;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (lower == 'd' || lower == 'w' || lower == 's') {
      for (int byte = 0; byte < 256; ++byte) {
        if (in_class(lower, byte) != (lower != c)) set[static_cast<std::size_t>(byte)] = true;
      }
      return true;
    }
    set[single(c)] = true;
    return true;
  }
  static bool in_class(char name, int byte) {
    const bool digit = byte >= '0' && byte <= '9';
    const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    if (name == 'd') return digit;
    if (name == 'w') return digit || letter || byte == '_';
    return byte == ' ' || (byte >= 9 && byte <= 13);
  }
  static int hex(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  }
  std::size_t single(char c) {
    if (c == 'n') return '\n';
    if (c == 't') return '\t';
    if (c == 'r') return '\r';
    if (c == 'x' && rest_.size() >= 2 && hex(rest_[0]) >= 0 && hex(rest_[1]) >= 0) {
      const int value = hex(rest_[0]) * 16 + hex(rest_[1]);
      rest_.remove_prefix(2);
      return static_cast<std::size_t>(value);
    }
    return static_cast<unsigned char>(c);
  }
  Regex::State bracket() {
    Regex::Set set(256);
    const bool negated = take('^');
    bool first = true;
    while (!rest_.empty() && (first || rest_.front() != ']')) {
      first = false;
      bracket_item(set);
    }
    if (!take(']')) fail("missing ]");
    if (negated) set.flip();
    return set_state(std::move(set));
  }
  void bracket_item(Regex::Set& set) {
    if (take('\\')) {
      escape(set);
      return;
    }
    const auto low = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    auto high = low;
    if (rest_.size() >= 2 && rest_[0] == '-' && rest_[1] != ']') {
      high = static_cast<unsigned char>(rest_[1]);
      rest_.remove_prefix(2);
    }
    if (high < low) fail("bad range");
    for (int byte = low; byte <= high; ++byte) set[static_cast<std::size_t>(byte)] = true;
  }

  std::uint32_t at() const { return static_cast<std::uint32_t>(regex_.states_.size()); }
  std::uint32_t put(Regex::State state) {
    if (regex_.states_.size() >= Regex::kStatesMax) fail("too large");
    regex_.states_.push_back(state);
    return at() - 1;
  }
  void emit(std::size_t index) {
    if (!error_.empty()) return;
    const Node& node = nodes_[index];
    if (node.op == Op::Leaf) {
      put(node.leaf);
    } else if (node.op == Op::Sequence) {
      for (const std::size_t part : node.parts) emit(part);
    } else if (node.op == Op::Choice) {
      emit_choice(node);
    } else {
      emit_repeat(node);
    }
  }
  void emit_choice(const Node& node) {
    std::vector<std::uint32_t> ends;
    for (std::size_t i = 0; i < node.parts.size() && error_.empty(); ++i) {
      if (i + 1 == node.parts.size()) {
        emit(node.parts[i]);
        break;
      }
      const std::uint32_t split = put({.kind = Regex::Kind::Split, .next = at() + 1});
      emit(node.parts[i]);
      ends.push_back(put({.kind = Regex::Kind::Jump}));
      regex_.states_[split].other = at();
    }
    for (const std::uint32_t end : ends) regex_.states_[end].next = at();
  }
  void emit_repeat(const Node& node) {
    for (int i = 0; i < node.min && error_.empty(); ++i) emit(node.parts[0]);
    if (node.max == -1) {
      const std::uint32_t split = put({.kind = Regex::Kind::Split, .next = at() + 1});
      emit(node.parts[0]);
      put({.kind = Regex::Kind::Jump, .next = split});
      regex_.states_[split].other = at();
      return;
    }
    std::vector<std::uint32_t> splits;
    for (int i = node.min; i < node.max && error_.empty(); ++i) {
      splits.push_back(put({.kind = Regex::Kind::Split, .next = at() + 1}));
      emit(node.parts[0]);
    }
    for (const std::uint32_t split : splits) regex_.states_[split].other = at();
  }

  std::string_view rest_;
  std::string error_;
  int depth_ = 0;
  std::vector<Node> nodes_;
  Regex regex_;
};

std::expected<Regex, std::string> Regex::parse(std::string_view pattern) {
  return RegexParser(pattern).parse();
}

bool Regex::reads(const State& state, unsigned char byte) const {
  switch (state.kind) {
    case Kind::Byte:
      return state.byte == byte;
    case Kind::Any:
      return byte != '\n';
    case Kind::Set:
      return sets_[state.other][byte];
    default:
      return false;
  }
}

void Regex::follow(std::vector<std::uint32_t>& list, std::vector<std::uint32_t>& seen, std::uint32_t mark,
                   std::uint32_t start, bool at_begin, bool at_end) const {
  std::vector<std::uint32_t> todo = {start};
  while (!todo.empty()) {
    const std::uint32_t index = todo.back();
    todo.pop_back();
    if (seen[index] == mark) continue;
    seen[index] = mark;
    const State& state = states_[index];
    if (state.kind == Kind::Split) {
      todo.push_back(state.other);
      todo.push_back(state.next);
    } else if (state.kind == Kind::Jump) {
      todo.push_back(state.next);
    } else if (state.kind == Kind::Begin || state.kind == Kind::End) {
      if (state.kind == Kind::Begin ? at_begin : at_end) todo.push_back(index + 1);
    } else {
      list.push_back(index);
    }
  }
}

bool Regex::matches(std::string_view text) const {
  std::vector<std::uint32_t> now;
  std::vector<std::uint32_t> next;
  std::vector<std::uint32_t> seen(states_.size(), 0);
  for (std::size_t i = 0; i <= text.size(); ++i) {
    // A match may begin anywhere, so the first state is added at each place.
    const auto mark = static_cast<std::uint32_t>(i + 1);
    const bool at_end = i == text.size();
    std::swap(now, next);
    std::vector<std::uint32_t> reached;
    for (const std::uint32_t index : now) follow(reached, seen, mark, index, i == 0, at_end);
    follow(reached, seen, mark, 0, i == 0, at_end);
    next.clear();
    for (const std::uint32_t index : reached) {
      if (states_[index].kind == Kind::Match) return true;
      if (!at_end && reads(states_[index], static_cast<unsigned char>(text[i]))) next.push_back(index + 1);
    }
  }
  return false;
}

}  // namespace logs
