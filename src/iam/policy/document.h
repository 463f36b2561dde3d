#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "iam/policy/pattern.h"

// IAM policies, without any I/O: parsed here, evaluated in evaluate.h. The grammar is in the IAM guide, "Grammar of the
// IAM JSON policy language".
namespace iam::policy {

// How a condition compares; "Not…" operators are the negation of these.
enum class Comparison : std::uint8_t {
  Text,
  TextIgnoringCase,
  TextLike,
  Number,
  Date,
  Bool,
  Binary,
  Address,
  Arn,
  Null,
};
enum class Relation : std::uint8_t { Equal, Less, LessOrEqual, Greater, GreaterOrEqual };
// Of a key with several values: ForAnyValue, ForAllValues.
enum class Quantifier : std::uint8_t { None, Any, All };

struct Operator {
  Comparison comparison = Comparison::Text;
  Relation relation = Relation::Equal;
  bool negated = false;
  Quantifier quantifier = Quantifier::None;
  bool if_exists = false;
};
// "ForAnyValue:StringNotLikeIfExists". Nothing for a name that IAM does not know.
std::optional<Operator> read_operator(std::string_view name);

struct Condition {
  Operator op;
  std::string key;  // in lower case
  std::vector<Pattern> values;
};

// Who a statement of a resource policy speaks of.
struct Principals {
  bool everyone = false;
  std::vector<std::string> aws;       // ARNs and account ids
  std::vector<std::string> services;  // "ecs-tasks.amazonaws.com"
  std::vector<std::string> others;    // federated and canonical users
};

enum class Effect : bool { Allow, Deny };

struct Statement {
  std::string sid;
  Effect effect = Effect::Deny;
  std::optional<Principals> principals;
  bool not_principals = false;
  std::vector<Pattern> actions;
  bool not_actions = false;
  std::optional<std::vector<Pattern>> resources;  // not there: whatever the policy is attached to
  bool not_resources = false;
  std::vector<Condition> conditions;
};

struct Document {
  std::vector<Statement> statements;
};

// Which elements a document may have.
enum class Form : std::uint8_t {
  Identity,  // no principals
  Trust,     // principals, no resources
  Resource,  // principals, maybe resources: queues, repositories, buckets, endpoints
};

// The error is what IAM says of the document (MalformedPolicyDocument).
std::expected<Document, std::string> parse(std::string_view text, Form form);

}  // namespace iam::policy
