#include "iam/policy/evaluate.h"

#include <algorithm>

#include "iam/policy/condition.h"

namespace iam::policy {
namespace {

// How closely a statement of a resource policy names who asks. What it grants to a session or a user itself needs
// nobody else's leave; what it grants to a role stays within boundary and session policies; what it grants to the
// account is the account's to hand on (IAM guide, "Permissions boundaries", "Evaluating effective permissions").
enum class Closeness : std::uint8_t { Not, Account, Role, Itself };

bool names_account(const std::string& principal, const std::string& account) {
  return principal == account || principal == "arn:aws:iam::" + account + ":root";
}

Closeness closeness(const Principals& principals, const Asker& asker) {
  if (principals.everyone) return Closeness::Itself;
  if (asker.kind == Asker::Kind::Service) {
    return std::ranges::find(principals.services, asker.arn) == principals.services.end() ? Closeness::Not
                                                                                          : Closeness::Itself;
  }
  Closeness closest = Closeness::Not;
  for (const std::string& one : principals.aws) {
    if (one == asker.arn) return Closeness::Itself;
    if (!asker.role_arn.empty() && one == asker.role_arn) closest = std::max(closest, Closeness::Role);
    if (!names_account(one, asker.account)) continue;
    closest = std::max(closest, asker.kind == Asker::Kind::Root ? Closeness::Itself : Closeness::Account);
  }
  return closest;
}

// NotPrincipal spares only whom it names in full: session, role and account (IAM guide, "NotPrincipal with Deny").
bool spares(const Principals& principals, const Asker& asker) {
  if (principals.everyone) return true;
  if (asker.kind == Asker::Kind::Service) return closeness(principals, asker) != Closeness::Not;
  const auto lists = [&](const auto& test) { return std::ranges::any_of(principals.aws, test); };
  const bool account = lists([&](const std::string& one) { return names_account(one, asker.account); });
  if (asker.kind == Asker::Kind::Root) return account;
  const bool self = lists([&](const std::string& one) { return one == asker.arn; });
  const bool role = asker.role_arn.empty() || lists([&](const std::string& one) { return one == asker.role_arn; });
  return account && self && role;
}

Closeness closeness(const Statement& statement, const Asker& asker) {
  if (!statement.principals) return Closeness::Itself;  // an identity's own policy
  if (!statement.not_principals) return closeness(*statement.principals, asker);
  return spares(*statement.principals, asker) ? Closeness::Not : Closeness::Itself;
}

bool any_matches(const std::vector<Pattern>& patterns, std::string_view subject, const Keys& keys) {
  return std::ranges::any_of(patterns, [&](const Pattern& one) { return one.matches(subject, keys); });
}

bool speaks_of(const Statement& statement, const Question& question) {
  if (any_matches(statement.actions, question.action, question.keys) == statement.not_actions) return false;
  const auto& resources = statement.resources;
  if (resources && any_matches(*resources, question.resource, question.keys) == statement.not_resources) return false;
  return std::ranges::all_of(statement.conditions, [&](const Condition& one) { return holds(one, question.keys); });
}

Closeness closest(const Document& document, Effect effect, const Question& question) {
  Closeness found = Closeness::Not;
  for (const Statement& statement : document.statements) {
    if (statement.effect != effect) continue;
    const Closeness close = closeness(statement, question.asker);
    if (close > found && speaks_of(statement, question)) found = close;
  }
  return found;
}

bool says(const Document* document, Effect effect, const Question& question) {
  return document != nullptr && closest(*document, effect, question) != Closeness::Not;
}

bool any_says(Documents documents, Effect effect, const Question& question) {
  return std::ranges::any_of(documents, [&](const Document* one) { return says(one, effect, question); });
}

std::optional<Kind> who_denies(const Question& question, const Policies& policies) {
  if (any_says(policies.identity, Effect::Deny, question)) return Kind::Identity;
  if (says(policies.resource, Effect::Deny, question)) return Kind::Resource;
  if (says(policies.boundary, Effect::Deny, question)) return Kind::Boundary;
  if (policies.session && any_says(*policies.session, Effect::Deny, question)) return Kind::Session;
  if (says(policies.endpoint, Effect::Deny, question)) return Kind::Endpoint;
  return std::nullopt;
}

// Who of those that must allow does not.
std::optional<Kind> who_does_not_allow(const Question& question, const Policies& policies) {
  const Closeness granted =
      policies.resource == nullptr ? Closeness::Not : closest(*policies.resource, Effect::Allow, question);
  if (policies.resource_must_allow && granted == Closeness::Not) return Kind::Resource;
  const bool root = question.asker.kind == Asker::Kind::Root;
  if (granted != Closeness::Itself && !root) {
    const bool identity = any_says(policies.identity, Effect::Allow, question);
    if (granted != Closeness::Role && !identity) return Kind::Identity;
    if (policies.boundary != nullptr && !says(policies.boundary, Effect::Allow, question)) return Kind::Boundary;
    if (policies.session && !any_says(*policies.session, Effect::Allow, question)) return Kind::Session;
  }
  if (policies.endpoint != nullptr && !says(policies.endpoint, Effect::Allow, question)) return Kind::Endpoint;
  return std::nullopt;
}

struct Words {
  std::string_view none;  // "no … allows"
  std::string_view in;    // "an explicit deny in …"
};

Words words_of(Kind kind) {
  switch (kind) {
    case Kind::Identity:
      return {"identity-based policy", "an identity-based policy"};
    case Kind::Resource:
      return {"resource-based policy", "a resource-based policy"};
    case Kind::Boundary:
      return {"permissions boundary", "a permissions boundary"};
    case Kind::Session:
      return {"session policy", "a session policy"};
    case Kind::Endpoint:
      return {"VPC endpoint policy", "a VPC endpoint policy"};
  }
  return {};
}

}  // namespace

Decision decide(const Question& question, const Policies& policies) {
  if (const auto kind = who_denies(question, policies)) return {Decision::Verdict::DeniedExplicitly, *kind};
  if (const auto kind = who_does_not_allow(question, policies)) return {Decision::Verdict::NotAllowed, *kind};
  return {};
}

std::string reason_text(const Decision& decision, std::string_view action) {
  const Words words = words_of(decision.kind);
  std::string text;
  if (decision.verdict == Decision::Verdict::DeniedExplicitly) {
    return text.append("with an explicit deny in ").append(words.in);
  }
  return text.append("because no ").append(words.none).append(" allows the ").append(action).append(" action");
}

std::string denial_text(std::string_view asker_arn, std::string_view action, std::string_view resource,
                        const Decision& decision) {
  std::string text = "User: ";
  text.append(asker_arn).append(" is not authorized to perform: ").append(action);
  if (!resource.empty()) text.append(" on resource: ").append(resource);
  return text.append(" ").append(reason_text(decision, action));
}

}  // namespace iam::policy
