#pragma once

// The rule of a composite alarm: ALARM("cpu") AND NOT (OK(disk) OR FALSE).

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cloudwatch/alarm_evaluation.h"

namespace cloudwatch {

class CompositeRule {
 public:
  // "An AlarmRule expression can specify as many as 100 child alarms and have as many as 500 elements": children, TRUE
  // and FALSE, and pairs of parentheses.
  static constexpr std::size_t kChildrenMax = 100;
  static constexpr std::size_t kElementsMax = 500;

  static std::expected<CompositeRule, std::string> parse(std::string_view text);

  // Names of the alarms that it watches; of those given as ARNs too.
  const std::set<std::string>& children() const { return children_; }
  // `state_of` says what a child is. One that does not exist any more is in no state.
  using StateOf = std::function<std::optional<AlarmState>(const std::string& name)>;
  bool holds(const StateOf& state_of) const { return holds(root_, state_of); }

  struct Node {
    enum class Kind : std::uint8_t { Constant, Child, Not, And, Or };
    Kind kind = Kind::Constant;
    bool value = false;  // Constant
    std::string name;    // Child
    AlarmState state{};  // Child
    std::vector<Node> parts;
  };

 private:
  static bool holds(const Node& node, const StateOf& state_of);

  Node root_;
  std::set<std::string> children_;
};

// "cpu" of "arn:aws:cloudwatch:us-east-1:000000000000:alarm:cpu", or the text itself.
std::string alarm_name_of(std::string_view name_or_arn);

}  // namespace cloudwatch
