#include "sqs/policy.h"

#include <algorithm>
#include <array>

#include "base/value.h"
#include "sqs/faults.h"
#include "sqs/queue_url.h"
#include "wire/json.h"

namespace sqs {
namespace {

using base::Value;

constexpr std::size_t kBytesMax = 8'192;
constexpr std::size_t kStatementsMax = 20;
constexpr std::size_t kPrincipalsMax = 50;
constexpr std::size_t kConditionsMax = 10;
constexpr std::size_t kActionsMax = 7;  // of one statement

// What may be granted to others (developer guide, "Amazon SQS API permissions").
constexpr std::array<std::string_view, 9> kGrantable = {
    "*",           "ChangeMessageVisibility",    "DeleteMessage", "GetQueueAttributes",
    "GetQueueUrl", "ListDeadLetterSourceQueues", "PurgeQueue",    "ReceiveMessage",
    "SendMessage",
};
constexpr std::array<std::string_view, 12> kOwnerOnly = {
    "AddPermission",
    "CancelMessageMoveTask",
    "CreateQueue",
    "DeleteQueue",
    "ListMessageMoveTasks",
    "ListQueues",
    "ListQueueTags",
    "RemovePermission",
    "SetQueueAttributes",
    "StartMessageMoveTask",
    "TagQueue",
    "UntagQueue",
};

std::size_t count_of(const Value* value) {
  if (value == nullptr) return 0;
  return value->is_array() ? value->as_array().size() : 1;
}

// {"AWS": one or many, "Service": …}, or "*".
std::size_t principals_of(const Value& statement) {
  const Value* principal = statement.find("Principal");
  if (principal == nullptr || !principal->is_object()) return count_of(principal);
  std::size_t count = 0;
  for (const auto& [kind, names] : principal->as_object()) count += count_of(&names);
  return count;
}

// {"operator": {"key": …}}.
std::size_t conditions_of(const Value& statement) {
  const Value* condition = statement.find("Condition");
  if (condition == nullptr || !condition->is_object()) return 0;
  std::size_t count = 0;
  for (const auto& [name, keys] : condition->as_object()) count += keys.is_object() ? keys.as_object().size() : 1;
  return count;
}

base::Outcome<void> check_count(std::size_t count, std::string_view what, std::size_t max) {
  if (count <= max) return {};
  return base::fault(faults::OverLimit, std::to_string(count) + " " + std::string(what) +
                                            " were found, maximum allowed is " + std::to_string(max) + ".");
}

// A statement alone may stand for a list of one.
Value::Array statements_of(const Value& policy) {
  const Value* statements = policy.find("Statement");
  if (statements == nullptr) return {};
  return statements->is_array() ? statements->as_array() : Value::Array{*statements};
}

base::Outcome<void> check_limits(const Value& policy) {
  const Value::Array statements = statements_of(policy);
  CHECK(check_count(statements.size(), "Statements", kStatementsMax));
  std::size_t principals = 0;
  std::size_t conditions = 0;
  for (const Value& statement : statements) {
    CHECK(check_count(count_of(statement.find("Action")), "Actions", kActionsMax));
    principals += principals_of(statement);
    conditions += conditions_of(statement);
  }
  CHECK(check_count(principals, "Principals", kPrincipalsMax));
  return check_count(conditions, "Conditions", kConditionsMax);
}

base::Outcome<void> check_label(const std::string& label) {
  if (label.empty()) return missing_parameter("Label");
  if (is_plain_name(label)) return {};  // the same alphabet and length
  return invalid_parameter(label, "Label",
                           "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
}

base::Outcome<void> check_actions(const std::vector<std::string>& actions) {
  CHECK(check_count(actions.size(), "Actions", kActionsMax));
  for (const std::string& action : actions) {
    if (std::ranges::find(kGrantable, action) != kGrantable.end()) continue;
    const bool known = std::ranges::find(kOwnerOnly, action) != kOwnerOnly.end();
    return invalid_parameter("SQS:" + action, "ActionName",
                             known ? "Only the queue owner is allowed to invoke this action."
                                   : "Please refer to the appropriate WSDL for a list of valid actions.");
  }
  return {};
}

base::Outcome<void> check_accounts(const std::vector<std::string>& accounts) {
  if (!accounts.empty() && std::ranges::all_of(accounts, is_account)) return {};
  std::string shown;
  for (const std::string& account : accounts) shown.append(shown.empty() ? "" : ", ").append(account);
  return invalid_parameter("[" + shown + "]", "PrincipalId", "Unable to verify.");
}

Value one_or_many(Value::Array items) {
  return items.size() == 1 ? std::move(items.front()) : Value(std::move(items));
}

Value statement_of(const Permission& permission, const std::string& arn) {
  Value::Array principals;
  for (const std::string& account : permission.accounts) principals.emplace_back("arn:aws:iam::" + account + ":root");
  Value::Array actions;
  for (const std::string& action : permission.actions) actions.emplace_back("SQS:" + action);
  return Value::Object{{"Sid", permission.label},
                       {"Effect", "Allow"},
                       {"Principal", Value::Object{{"AWS", one_or_many(std::move(principals))}}},
                       {"Action", one_or_many(std::move(actions))},
                       {"Resource", arn}};
}

bool has_label(const Value& statement, std::string_view label) {
  const Value* sid = statement.find("Sid");
  return sid != nullptr && sid->is_string() && sid->as_string() == label;
}

Value parse_stored(const std::string& policy) {
  return policy.empty() ? Value() : wire::parse_json(policy).value_or(Value());
}

}  // namespace

base::Outcome<void> check_policy(const std::string& text) {
  const auto document = wire::parse_json(text);
  if (!document || !document->is_object() || text.size() > kBytesMax) {
    return base::fault(faults::InvalidAttributeValue, "Invalid value for the parameter Policy.");
  }
  return check_limits(*document);
}

base::Outcome<std::string> with_permission(const QueueRow& queue, const Permission& permission) {
  CHECK(check_label(permission.label));
  CHECK(check_actions(permission.actions));
  CHECK(check_accounts(permission.accounts));
  const std::string arn = queue_arn(queue);
  Value policy = parse_stored(queue.policy);
  if (!policy.is_object()) {
    policy = Value::Object{{"Version", "2008-10-17"}, {"Id", arn + "/SQSDefaultPolicy"}};
  }
  Value::Array statements = statements_of(policy);
  if (std::ranges::any_of(statements, [&](const Value& one) { return has_label(one, permission.label); })) {
    return invalid_parameter(permission.label, "Label", "Already exists.");
  }
  statements.push_back(statement_of(permission, arn));
  policy.set("Statement", std::move(statements));
  CHECK(check_limits(policy));
  std::string text = wire::write_json(policy);
  if (text.size() > kBytesMax) {
    return base::fault(faults::OverLimit, "The policy would be longer than " + std::to_string(kBytesMax) + " bytes.");
  }
  return text;
}

base::Outcome<std::string> without_permission(const QueueRow& queue, const std::string& label) {
  if (label.empty()) return missing_parameter("Label");
  Value policy = parse_stored(queue.policy);
  Value::Array statements = statements_of(policy);
  if (std::erase_if(statements, [&](const Value& one) { return has_label(one, label); }) == 0) {
    return invalid_parameter(label, "Label", "can't find label.");
  }
  if (statements.empty()) return "";
  policy.set("Statement", std::move(statements));
  return wire::write_json(policy);
}

}  // namespace sqs
