#include "cloudwatch/math/evaluate.h"

#include <algorithm>
#include <cmath>

#include "base/fault.h"

namespace cloudwatch::math {
namespace {

struct Operator {
  std::string_view token;
  double (*combine)(double, double);
};
double truth(bool fact) {
  return fact ? 1 : 0;
}
constexpr Operator kOperators[] = {
    {"+", [](double a, double b) { return a + b; }},
    {"-", [](double a, double b) { return a - b; }},
    {"*", [](double a, double b) { return a * b; }},
    {"/", [](double a, double b) { return a / b; }},
    {"^", [](double a, double b) { return std::pow(a, b); }},
    {"==", [](double a, double b) { return truth(a == b); }},
    {"!=", [](double a, double b) { return truth(a != b); }},
    {"<=", [](double a, double b) { return truth(a <= b); }},
    {">=", [](double a, double b) { return truth(a >= b); }},
    {"<", [](double a, double b) { return truth(a < b); }},
    {">", [](double a, double b) { return truth(a > b); }},
    {"AND", [](double a, double b) { return truth(a != 0 && b != 0); }},
    {"OR", [](double a, double b) { return truth(a != 0 || b != 0); }},
};

void add_finite(Series& series, base::TimePoint at, double value) {
  if (std::isfinite(value)) series.points.push_back({at, value});
}

// At every timestamp at which either has a point.
Series merged(const Series& left, const Series& right, double (*combine)(double, double)) {
  Series out{left.label, std::max(left.period_seconds, right.period_seconds), {}};
  auto a = left.points.begin();
  auto b = right.points.begin();
  while (a != left.points.end() || b != right.points.end()) {
    const bool take_a = b == right.points.end() || (a != left.points.end() && a->at <= b->at);
    const bool take_b = a == left.points.end() || (b != right.points.end() && b->at <= a->at);
    const base::TimePoint at = take_a ? a->at : b->at;
    add_finite(out, at, combine(take_a ? a->value : kMissingOperand, take_b ? b->value : kMissingOperand));
    if (take_a) ++a;
    if (take_b) ++b;
  }
  return out;
}

template <class Combine>
Series changed(const Series& series, Combine combine) {
  Series out{series.label, series.period_seconds, {}};
  for (const Point& point : series.points) add_finite(out, point.at, combine(point.value));
  return out;
}

// One operand is a series, the other a series or a number.
Series combined_pair(const Value& left, const Value& right, double (*combine)(double, double)) {
  if (const auto* number = std::get_if<double>(&left)) {
    return changed(std::get<Series>(right), [&](double value) { return combine(*number, value); });
  }
  if (const auto* number = std::get_if<double>(&right)) {
    return changed(std::get<Series>(left), [&](double value) { return combine(value, *number); });
  }
  return merged(std::get<Series>(left), std::get<Series>(right), combine);
}

bool is_list(const Value& value) {
  return std::holds_alternative<SeriesList>(value);
}

std::expected<std::vector<Value>, Problem> values_of(const std::vector<Node>& nodes, const Scope& scope) {
  std::vector<Value> values;
  for (const Node& node : nodes) {
    TRY(Value value, evaluate(node, scope));
    values.push_back(std::move(value));
  }
  return values;
}

Evaluated list_of(const Node& node, const Scope& scope) {
  TRY(std::vector<Value> values, values_of(node.children, scope));
  SeriesList list;
  for (Value& value : values) {
    if (auto* one = std::get_if<Series>(&value)) {
      list.push_back(std::move(*one));
    } else if (auto* many = std::get_if<SeriesList>(&value)) {
      for (Series& each : *many) list.push_back(std::move(each));
    } else {
      return problem("an array can only hold time series.");
    }
  }
  return list;
}

}  // namespace

Evaluated combined(const Value& left, const Value& right, double (*combine)(double, double), std::string_view name) {
  if (std::holds_alternative<Text>(left) || std::holds_alternative<Text>(right)) {
    return problem("the operator " + std::string(name) + " can't be used with text.");
  }
  if (is_list(left) && is_list(right)) {
    return problem("the operator " + std::string(name) + " can't be used with two arrays of time series.");
  }
  if (std::holds_alternative<double>(left) && std::holds_alternative<double>(right)) {
    return combine(std::get<double>(left), std::get<double>(right));
  }
  if (!is_list(left) && !is_list(right)) return combined_pair(left, right, combine);
  SeriesList out;
  for (const Series& each : std::get<SeriesList>(is_list(left) ? left : right)) {
    out.push_back(is_list(left) ? combined_pair(each, right, combine) : combined_pair(left, each, combine));
    out.back().label = each.label;
  }
  return out;
}

Evaluated each_series(Value value, const std::function<void(Series&)>& change, std::string_view name) {
  if (auto* one = std::get_if<Series>(&value)) {
    change(*one);
  } else if (auto* many = std::get_if<SeriesList>(&value)) {
    std::ranges::for_each(*many, change);
  } else {
    return problem(std::string(name) + " needs a time series or an array of time series.");
  }
  return value;
}

Evaluated evaluate(const Node& node, const Scope& scope) {
  switch (node.kind) {
    case Node::Kind::Number:
      return node.number;
    case Node::Kind::Text:
    case Node::Kind::Word:
      return Text{node.text};
    case Node::Kind::Id: {
      const Value* value = scope.find(node.text);
      if (value == nullptr) return problem("there is no query with the id " + node.text + ".");
      return *value;
    }
    case Node::Kind::Negation: {
      TRY(const Value value, evaluate(node.children[0], scope));
      return combined(0.0, value, [](double, double b) { return -b; }, "-");
    }
    case Node::Kind::Operation: {
      TRY(const std::vector<Value> sides, values_of(node.children, scope));
      const auto* known = std::ranges::find(kOperators, std::string_view(node.text), &Operator::token);
      return combined(sides[0], sides[1], known->combine, known->token);
    }
    case Node::Kind::List:
      return list_of(node, scope);
    case Node::Kind::Call: {
      TRY(std::vector<Value> arguments, values_of(node.children, scope));
      return call_function(node.text, std::move(arguments), scope);
    }
  }
  return problem("");
}

}  // namespace cloudwatch::math
