#include <algorithm>
#include <array>
#include <set>

#include "base/fault.h"
#include "base/value.h"
#include "iam/policy/document.h"
#include "wire/json.h"
#include "wire/text.h"

namespace iam::policy {
namespace {

using base::Value;
using Refused = std::unexpected<std::string>;
using Done = std::expected<void, std::string>;
using Texts = std::vector<std::string>;

constexpr const char* kSyntax = "Syntax errors in policy.";
constexpr const char* kLegacy = "The policy failed legacy parsing";
constexpr const char* kNoVendor = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";

constexpr std::array<std::string_view, 9> kStatementMembers = {
    "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"};

constexpr std::array<std::string_view, 13> kIamPaths = {
    "user/", "federated-user/", "role/",    "group/",         "instance-profile/", "mfa/",   "server-certificate/",
    "*",     "policy/",         "sms-mfa/", "saml-provider/", "oidc-provider/",    "report/"};

// A text or a list of texts. Nothing for other things.
std::optional<Texts> texts_of(const Value& value) {
  if (value.is_string()) return Texts{value.as_string()};
  if (!value.is_array()) return std::nullopt;
  Texts texts;
  for (const Value& one : value.as_array()) {
    if (!one.is_string()) return std::nullopt;
    texts.push_back(one.as_string());
  }
  return texts;
}

// Conditions may also hold numbers and booleans.
std::optional<Texts> scalars_of(const Value& value) {
  if (value.is_scalar()) return Texts{value.to_text()};
  if (!value.is_array()) return std::nullopt;
  Texts texts;
  for (const Value& one : value.as_array()) {
    if (!one.is_scalar()) return std::nullopt;
    texts.push_back(one.to_text());
  }
  return texts;
}

bool is_vendor(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

// "service:Action", or "*".
Done check_action(const std::string& text) {
  if (text == "*") return {};
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return Refused(kNoVendor);
  if (text.find(':', colon + 1) != std::string::npos) return Refused("Actions/Condition can contain only one colon.");
  const std::string vendor = text.substr(0, colon);
  if (!is_vendor(vendor)) return Refused("Vendor " + vendor + " is not valid");
  return {};
}

std::vector<std::string> split_arn(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  while (parts.size() < 5) {
    const std::size_t end = text.find(':', start);
    if (end == std::string::npos) break;
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  parts.push_back(text.substr(start));
  return parts;
}

Done check_resource(const std::string& text) {
  if (text == "*") return {};
  const std::vector<std::string> parts = split_arn(text);
  if (parts.size() < 2 || parts[0] != "arn") return Refused("Resource " + text + " must be in ARN format or \"*\".");
  if (parts[1] != "*" && parts[1] != "aws" && !parts[1].starts_with("aws-")) {
    return Refused("Partition \"" + parts[1] + "\" is not valid for resource \"" + text + "\".");
  }
  if (parts.size() == 2 || parts[2].find_first_of("*?") == 0) {
    return Refused("Resource vendor must be fully qualified and cannot contain regexes.");
  }
  // "arn:aws:sqs:*" stands for all that follows; what is cut short otherwise is no ARN.
  if (parts[2].empty() || (parts.size() < 6 && !parts.back().ends_with('*'))) return Refused(kLegacy);
  if (parts.size() < 6 || (parts[2] != "iam" && parts[2] != "s3")) return {};
  if (!parts[3].empty()) {
    return Refused(parts[2] == "iam" ? "IAM resource " + text + " cannot contain region information."
                                     : "Resource " + text + " can not contain region information.");
  }
  if (parts[2] != "iam" || parts[5] == "root") return {};
  if (std::ranges::any_of(kIamPaths, [&](std::string_view path) { return parts[5].starts_with(path); })) return {};
  return Refused(
      "IAM resource path must either be \"*\" or start with user/, federated-user/, role/, group/, instance-profile/, "
      "mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.");
}

// Reads one policy, or one statement of it.
class Reader {
 public:
  Reader(Form form, bool variables) : form_(form), variables_(variables) {}

  std::expected<Statement, std::string> statement(const Value& value) {
    if (!value.is_object()) return Refused(kSyntax);
    for (const auto& [name, member] : value.as_object()) {
      if (std::ranges::find(kStatementMembers, name) == kStatementMembers.end()) return Refused(kSyntax);
    }
    for (const char* name : {"Action", "Resource", "Principal"}) {
      if (value.find(name) != nullptr && value.find(std::string("Not") + name) != nullptr) return Refused(kSyntax);
    }
    Statement out;
    CHECK(sid(value.find("Sid"), out));
    CHECK(effect(value.find("Effect"), out));
    CHECK(conditions(value.find("Condition"), out));
    CHECK(actions(value, out));
    CHECK(resources(value, out));
    CHECK(principals(value, out));
    return out;
  }

 private:
  Done sid(const Value* value, Statement& out) {
    if (value == nullptr) return {};
    if (!value->is_string()) return Refused(kSyntax);
    out.sid = value->as_string();
    if (!out.sid.empty() && !sids_.insert(out.sid).second) {
      return Refused("Statement IDs (SID) in a single policy must be unique.");
    }
    return {};
  }

  Done effect(const Value* value, Statement& out) const {
    if (value == nullptr) return Refused(form_ == Form::Trust ? "Missing required field Effect" : kSyntax);
    if (*value != Value("Allow") && *value != Value("Deny")) {
      return Refused(form_ == Form::Trust ? "Invalid effect: " + value->to_text() : kSyntax);
    }
    out.effect = *value == Value("Allow") ? Effect::Allow : Effect::Deny;
    return {};
  }

  Done actions(const Value& statement, Statement& out) const {
    const Value* value = statement.find("Action");
    out.not_actions = value == nullptr;
    if (value == nullptr) value = statement.find("NotAction");
    if (value == nullptr) {
      return Refused(form_ == Form::Trust ? "Missing required field Action" : "Policy statement must contain actions.");
    }
    const auto texts = texts_of(*value);
    if (!texts) return Refused(kSyntax);
    if (texts->empty()) return Refused("Policy statement must contain actions.");
    for (const std::string& text : *texts) {
      CHECK(check_action(text));
      out.actions.emplace_back(text, variables_, Case::Ignored);
    }
    return {};
  }

  Done resources(const Value& statement, Statement& out) const {
    const Value* value = statement.find("Resource");
    out.not_resources = value == nullptr;
    if (value == nullptr) value = statement.find("NotResource");
    if (form_ == Form::Trust && value != nullptr) return Refused("Has prohibited field Resource");
    if (value == nullptr) {
      if (form_ == Form::Identity) return Refused("Policy statement must contain resources.");
      out.not_resources = false;
      return {};
    }
    const auto texts = texts_of(*value);
    if (!texts) return Refused(kSyntax);
    if (texts->empty()) return Refused("Policy statement must contain resources.");
    out.resources.emplace();
    for (const std::string& text : *texts) {
      CHECK(check_resource(text));
      out.resources->emplace_back(text, variables_);
    }
    return {};
  }

  Done principals(const Value& statement, Statement& out) const {
    const Value* value = statement.find("Principal");
    out.not_principals = value == nullptr;
    if (value == nullptr) value = statement.find("NotPrincipal");
    if (form_ == Form::Identity) {
      if (value != nullptr) return Refused("Policy document should not specify a principal.");
      out.not_principals = false;
      return {};
    }
    if (value == nullptr) return Refused("Missing required field Principal");
    out.principals.emplace();
    if (*value == Value("*")) {
      out.principals->everyone = true;
      return {};
    }
    if (!value->is_object() || value->as_object().empty()) return Refused(kSyntax);
    for (const auto& [kind, names] : value->as_object()) CHECK(principal(kind, names, *out.principals));
    return {};
  }

  Done principal(const std::string& kind, const Value& value, Principals& out) const {
    const auto names = texts_of(value);
    if (!names || names->empty()) return Refused(kSyntax);
    if (kind == "AWS") {
      for (const std::string& name : *names) {
        if (name == "*")
          out.everyone = true;
        else
          out.aws.push_back(name);
      }
      return {};
    }
    if (kind == "Service") {
      for (const std::string& name : *names) {
        if (!name.ends_with(".amazonaws.com") && !name.ends_with(".amazonaws.com.cn")) {
          return Refused("Invalid principal in policy: \"SERVICE\":\"" + name + "\"");
        }
        out.services.push_back(name);
      }
      return {};
    }
    if (kind != "Federated" && kind != "CanonicalUser") return Refused("Unknown principal type in policy: " + kind);
    out.others.insert(out.others.end(), names->begin(), names->end());
    return {};
  }

  Done conditions(const Value* value, Statement& out) const {
    if (value == nullptr) return {};
    if (!value->is_object()) return Refused(kSyntax);
    for (const auto& [name, keys] : value->as_object()) {
      const auto op = read_operator(name);
      if (!op || !keys.is_object()) return Refused(kSyntax);
      for (const auto& [key, values] : keys.as_object()) CHECK(condition(*op, key, values, out));
    }
    return {};
  }

  Done condition(const Operator& op, const std::string& key, const Value& values, Statement& out) const {
    if (key.find(':') == std::string::npos) return Refused(kNoVendor);
    const auto texts = scalars_of(values);
    if (!texts) return Refused(kSyntax);
    Condition made{op, wire::to_lower(key), {}};
    for (const std::string& text : *texts) {
      const bool variable = variables_ && text.find("${") != std::string::npos;
      if (!variable && op.comparison == Comparison::Number && !wire::parse_double(text)) return Refused(kLegacy);
      if (!variable && op.comparison == Comparison::Date && !wire::parse_timestamp(text)) return Refused(kLegacy);
      made.values.emplace_back(text, variables_);
    }
    out.conditions.push_back(std::move(made));
    return {};
  }

  Form form_;
  bool variables_;
  std::set<std::string> sids_;
};

}  // namespace

std::expected<Document, std::string> parse(std::string_view text, Form form) {
  const auto parsed = wire::parse_json(text);
  if (!parsed) return Refused(form == Form::Identity ? kSyntax : "This policy contains invalid Json");
  if (!parsed->is_object()) return Refused(kSyntax);
  bool variables = false;
  for (const auto& [name, value] : parsed->as_object()) {
    if (name == "Version") {
      variables = value == Value("2012-10-17");
      if (!variables && value != Value("2008-10-17")) {
        return Refused(form == Form::Identity ? kSyntax : "The policy must contain a valid version string");
      }
    } else if (name != "Id" && name != "Statement") {
      return Refused(kSyntax);
    }
  }
  const Value* statements = parsed->find("Statement");
  if (statements == nullptr) return Refused(kSyntax);
  Reader reader(form, variables);
  Document document;
  if (statements->is_object()) {
    TRY(Statement alone, reader.statement(*statements));
    document.statements.push_back(std::move(alone));
    return document;
  }
  if (!statements->is_array() || statements->as_array().empty()) return Refused(kSyntax);
  for (const Value& one : statements->as_array()) {
    TRY(Statement statement, reader.statement(one));
    document.statements.push_back(std::move(statement));
  }
  return document;
}

}  // namespace iam::policy
