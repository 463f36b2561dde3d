#include "iam/policy/condition.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "wire/text.h"

namespace iam::policy {
namespace {

struct Named {
  std::string_view name;
  Comparison comparison;
  Relation relation = Relation::Equal;
  bool negated = false;
};

constexpr std::array<Named, 27> kOperators = {{
    {"StringEquals", Comparison::Text},
    {"StringNotEquals", Comparison::Text, Relation::Equal, true},
    {"StringEqualsIgnoreCase", Comparison::TextIgnoringCase},
    {"StringNotEqualsIgnoreCase", Comparison::TextIgnoringCase, Relation::Equal, true},
    {"StringLike", Comparison::TextLike},
    {"StringNotLike", Comparison::TextLike, Relation::Equal, true},
    {"NumericEquals", Comparison::Number},
    {"NumericNotEquals", Comparison::Number, Relation::Equal, true},
    {"NumericLessThan", Comparison::Number, Relation::Less},
    {"NumericLessThanEquals", Comparison::Number, Relation::LessOrEqual},
    {"NumericGreaterThan", Comparison::Number, Relation::Greater},
    {"NumericGreaterThanEquals", Comparison::Number, Relation::GreaterOrEqual},
    {"DateEquals", Comparison::Date},
    {"DateNotEquals", Comparison::Date, Relation::Equal, true},
    {"DateLessThan", Comparison::Date, Relation::Less},
    {"DateLessThanEquals", Comparison::Date, Relation::LessOrEqual},
    {"DateGreaterThan", Comparison::Date, Relation::Greater},
    {"DateGreaterThanEquals", Comparison::Date, Relation::GreaterOrEqual},
    {"Bool", Comparison::Bool},
    {"BinaryEquals", Comparison::Binary},
    {"IpAddress", Comparison::Address},
    {"NotIpAddress", Comparison::Address, Relation::Equal, true},
    {"ArnEquals", Comparison::Arn},
    {"ArnLike", Comparison::Arn},
    {"ArnNotEquals", Comparison::Arn, Relation::Equal, true},
    {"ArnNotLike", Comparison::Arn, Relation::Equal, true},
    {"Null", Comparison::Null},
}};

template <class T>
bool stands(const T& value, Relation relation, const T& bound) {
  switch (relation) {
    case Relation::Equal:
      return value == bound;
    case Relation::Less:
      return value < bound;
    case Relation::LessOrEqual:
      return value <= bound;
    case Relation::Greater:
      return value > bound;
    case Relation::GreaterOrEqual:
      return value >= bound;
  }
  return false;
}

// An IPv4 or IPv6 address, maybe with the length of a prefix.
struct Network {
  std::array<unsigned char, 16> bytes{};
  int family = AF_INET;
  int prefix = 32;
};

std::optional<Network> read_network(std::string text) {
  Network network;
  const std::size_t slash = text.find('/');
  std::optional<std::int64_t> prefix;
  if (slash != std::string::npos) {
    prefix = wire::parse_integer(std::string_view(text).substr(slash + 1));
    if (!prefix) return std::nullopt;
    text.resize(slash);
  }
  if (text.starts_with("::ffff:") && text.find('.') != std::string::npos) text.erase(0, 7);  // IPv4 on an IPv6 socket
  network.family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
  const int longest = network.family == AF_INET ? 32 : 128;
  if (::inet_pton(network.family, text.c_str(), network.bytes.data()) != 1) return std::nullopt;
  if (prefix && (*prefix < 0 || *prefix > longest)) return std::nullopt;
  network.prefix = static_cast<int>(prefix.value_or(longest));
  return network;
}

bool is_within(const std::string& address, const std::string& range) {
  const auto inner = read_network(address);
  const auto outer = read_network(range);
  if (!inner || !outer || inner->family != outer->family) return false;
  const auto whole = static_cast<std::size_t>(outer->prefix / 8);
  if (std::memcmp(inner->bytes.data(), outer->bytes.data(), whole) != 0) return false;
  const int rest = outer->prefix % 8;
  if (rest == 0) return true;
  const int mask = 0xff << (8 - rest);
  return (inner->bytes.at(whole) & mask) == (outer->bytes.at(whole) & mask);
}

// Part by part, so that a wildcard stays within its own; the sixth part is all that is left.
bool arn_matches(std::u16string_view glob, std::string_view arn) {
  for (int part = 0; part < 5; ++part) {
    const std::size_t end = glob.find(u':');
    const std::size_t arn_end = arn.find(':');
    // "arn:aws:sns:*": cut short, but its last wildcard stands for the rest.
    if (end == std::u16string_view::npos) return !glob.empty() && matches(glob, arn, Case::Exact);
    if (arn_end == std::string_view::npos) return false;
    if (!matches(glob.substr(0, end), arn.substr(0, arn_end), Case::Exact)) return false;
    glob.remove_prefix(end + 1);
    arn.remove_prefix(arn_end + 1);
  }
  return matches(glob, arn, Case::Exact);
}

bool value_matches(const Operator& op, const Glob& glob, const std::string& value) {
  if (op.comparison == Comparison::TextLike) return matches(glob, value, Case::Exact);
  if (op.comparison == Comparison::Arn) return arn_matches(glob, value);
  const std::string wanted = plain_text(glob);
  switch (op.comparison) {
    case Comparison::TextIgnoringCase:
    case Comparison::Bool:
      return wire::equals_ignoring_case(value, wanted);
    case Comparison::Address:
      return is_within(value, wanted);
    case Comparison::Number: {
      const auto number = wire::parse_double(value);
      const auto bound = wire::parse_double(wanted);
      return number && bound && stands(*number, op.relation, *bound);
    }
    case Comparison::Date: {
      const auto at = wire::parse_timestamp(value);
      const auto bound = wire::parse_timestamp(wanted);
      return at && bound && stands(*at, op.relation, *bound);
    }
    default:
      return value == wanted;
  }
}

bool any_matches(const Condition& condition, const std::string& value, const Keys& keys) {
  return std::ranges::any_of(condition.values, [&](const Pattern& pattern) {
    const auto glob = pattern.glob(keys);
    return glob && value_matches(condition.op, *glob, value);
  });
}

// {"Null": {"key": "true"}}: the key must not be there.
bool null_holds(const Condition& condition, bool present, const Keys& keys) {
  return std::ranges::any_of(condition.values, [&](const Pattern& pattern) {
    const auto glob = pattern.glob(keys);
    return glob && wire::equals_ignoring_case(plain_text(*glob), present ? "false" : "true");
  });
}

}  // namespace

std::optional<Operator> read_operator(std::string_view name) {
  Operator op;
  for (const auto& [prefix, quantifier] :
       {std::pair<std::string_view, Quantifier>{"ForAnyValue:", Quantifier::Any}, {"ForAllValues:", Quantifier::All}}) {
    if (!name.starts_with(prefix)) continue;
    op.quantifier = quantifier;
    name.remove_prefix(prefix.size());
    break;
  }
  constexpr std::string_view kIfExists = "IfExists";
  if (name.ends_with(kIfExists)) {
    op.if_exists = true;
    name.remove_suffix(kIfExists.size());
  }
  const auto found = std::ranges::find(kOperators, name, &Named::name);
  if (found == kOperators.end()) return std::nullopt;
  if (found->comparison == Comparison::Null && (op.if_exists || op.quantifier != Quantifier::None)) return std::nullopt;
  op.comparison = found->comparison;
  op.relation = found->relation;
  op.negated = found->negated;
  return op;
}

bool holds(const Condition& condition, const Keys& keys) {
  const Operator& op = condition.op;
  const auto values = keys.values(condition.key);
  const bool present = values && !values->empty();
  if (op.comparison == Comparison::Null) return null_holds(condition, present, keys);
  if (!present) {
    if (op.if_exists || op.quantifier == Quantifier::All) return true;
    return op.negated && op.quantifier == Quantifier::None;
  }
  // Several values of a policy are alternatives; those of a negated operator must all differ.
  const auto fulfils = [&](const std::string& value) { return any_matches(condition, value, keys) != op.negated; };
  const bool all = op.quantifier == Quantifier::All || (op.quantifier == Quantifier::None && op.negated);
  return all ? std::ranges::all_of(*values, fulfils) : std::ranges::any_of(*values, fulfils);
}

}  // namespace iam::policy
