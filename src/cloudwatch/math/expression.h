#pragma once

#include <cstdint>
#include <expected>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cloudwatch/math/value.h"

namespace cloudwatch::math {

// A parsed expression: m1 / PERIOD(m1), IF(m2 > 0, m1 / m2, m1), SUM([m1, m2]).
struct Node {
  enum class Kind : std::uint8_t { Number, Text, Word, Id, Negation, Operation, Call, List };
  Kind kind = Kind::Number;
  double number = 0;
  std::string text;            // the text, word, id, operator or function
  std::vector<Node> children;  // operands, arguments, elements
};

// Deepest nesting that is accepted.
inline constexpr int kDepthMax = 64;

std::expected<Node, Problem> parse(std::string_view expression);
// Ids of the queries that the expression names, METRICS() aside.
std::set<std::string> ids_of(const Node& node);
bool calls(const Node& node, std::string_view function);

}  // namespace cloudwatch::math
