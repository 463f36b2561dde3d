// What IAM refuses in a policy document when it is stored. The policy grammar is in the IAM guide, "Grammar of the IAM
// JSON policy language".

#include <algorithm>
#include <array>

#include "iam/state.h"
#include "wire/json.h"

namespace iam {
namespace {

std::unexpected<base::Fault> malformed(std::string message) {
  return base::fault(faults::MalformedPolicyDocumentException, std::move(message));
}

constexpr std::array<std::string_view, 10> kStatementMembers = {
    "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition", ""};

bool is_text_or_texts(const base::Value& value) {
  if (value.is_string()) return true;
  return value.is_array() && !value.as_array().empty() &&
         std::ranges::all_of(value.as_array(), [](const base::Value& one) { return one.is_string(); });
}

template <class Test>
bool each_text(const base::Value& value, Test test) {
  if (value.is_string()) return test(value.as_string());
  return std::ranges::all_of(value.as_array(), [&](const base::Value& one) { return test(one.as_string()); });
}

// "service:Action", or "*".
bool is_action(const std::string& text) {
  const std::size_t colon = text.find(':');
  return text == "*" || (colon != std::string::npos && colon > 0 && colon + 1 < text.size());
}

bool is_resource(const std::string& text) {
  return text == "*" || text.starts_with("arn:");
}

base::Outcome<void> check_principal(const base::Value& principal) {
  if (principal == base::Value("*")) return {};
  if (!principal.is_object() || principal.as_object().empty()) return malformed("Syntax errors in policy.");
  for (const auto& [kind, value] : principal.as_object()) {
    if (kind != "AWS" && kind != "Service" && kind != "Federated" && kind != "CanonicalUser") {
      return malformed("Unknown principal type in policy: " + kind);
    }
    if (!is_text_or_texts(value)) return malformed("Syntax errors in policy.");
    if (kind != "Service") continue;
    const auto is_service = [](const std::string& name) {
      return name.ends_with(".amazonaws.com") || name.ends_with(".amazonaws.com.cn");
    };
    if (!each_text(value, is_service)) {
      const std::string named = value.is_string() ? value.as_string() : value.as_array().front().as_string();
      return malformed("Invalid principal in policy: \"SERVICE\":\"" + named + "\"");
    }
  }
  return {};
}

base::Outcome<void> check_statement(const base::Value& statement, PolicyKind kind) {
  if (!statement.is_object()) return malformed("Syntax errors in policy.");
  for (const auto& [name, value] : statement.as_object()) {
    if (std::ranges::find(kStatementMembers, name) == kStatementMembers.end())
      return malformed("Syntax errors in policy.");
  }
  const base::Value* effect = statement.find("Effect");
  if (effect == nullptr) return malformed("Missing required field Effect");
  if (*effect != base::Value("Allow") && *effect != base::Value("Deny")) {
    return malformed("Invalid effect: " + effect->to_text());
  }
  const base::Value* action = statement.find("Action");
  if (action == nullptr) action = statement.find("NotAction");
  if (action == nullptr) return malformed("Missing required field Action");
  if (!is_text_or_texts(*action)) return malformed("Syntax errors in policy.");
  if (!each_text(*action, is_action)) {
    return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  }
  const base::Value* resource = statement.find("Resource");
  if (resource == nullptr) resource = statement.find("NotResource");
  const base::Value* principal = statement.find("Principal");
  if (principal == nullptr) principal = statement.find("NotPrincipal");
  if (kind == PolicyKind::Trust) {
    if (resource != nullptr) return malformed("Has prohibited field Resource");
    if (principal == nullptr) return malformed("Missing required field Principal");
    return check_principal(*principal);
  }
  if (principal != nullptr) return malformed("Policy document should not specify a principal.");
  if (resource == nullptr) return malformed("Policy statement must contain resources.");
  if (!is_text_or_texts(*resource)) return malformed("Syntax errors in policy.");
  if (!each_text(*resource, is_resource)) return malformed("Resource must be in ARN format or \"*\".");
  return {};
}

}  // namespace

base::Outcome<void> check_policy(const std::string& document, PolicyKind kind, std::size_t bytes_max) {
  const auto is_space = [](unsigned char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  const auto counted = document.size() - static_cast<std::size_t>(std::ranges::count_if(document, is_space));
  if (counted > bytes_max) {
    return base::fault(faults::LimitExceededException,
                       "Cannot exceed quota for " +
                           std::string(kind == PolicyKind::Trust ? "ACLSizePerRole" : "PolicySize") + ": " +
                           std::to_string(bytes_max));
  }
  const auto parsed = wire::parse_json(document);
  if (!parsed) return malformed("This policy contains invalid Json");
  if (!parsed->is_object()) return malformed("Syntax errors in policy.");
  for (const auto& [name, value] : parsed->as_object()) {
    if (name == "Version") {
      if (value != base::Value("2012-10-17") && value != base::Value("2008-10-17")) {
        return malformed("The policy must contain a valid version string");
      }
    } else if (name != "Id" && name != "Statement") {
      return malformed("Syntax errors in policy.");
    }
  }
  const base::Value* statements = parsed->find("Statement");
  if (statements == nullptr) return malformed("Syntax errors in policy.");
  if (statements->is_object()) return check_statement(*statements, kind);
  if (!statements->is_array() || statements->as_array().empty()) return malformed("Syntax errors in policy.");
  for (const base::Value& statement : statements->as_array()) CHECK(check_statement(statement, kind));
  return {};
}

}  // namespace iam
