#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "iam/policy/document.h"

namespace iam::policy {

// Who asks.
struct Asker {
  enum class Kind : std::uint8_t { Root, User, Role, Service };
  Kind kind = Kind::Root;
  std::string account;
  std::string arn;       // of the account's root, of a user, of a role's session; of a service its name
  std::string role_arn;  // of a session
};

// May `asker` do `action` ("sqs:SendMessage") with `resource` (an ARN, or "*")?
struct Question {
  const Asker& asker;
  std::string_view action;
  std::string_view resource;
  const Keys& keys;
};

using Documents = std::span<const Document* const>;

// All policies that have a say in one question, within one account.
struct Policies {
  Documents identity;                  // inline, managed, of groups
  const Document* resource = nullptr;  // of what is asked for
  bool resource_must_allow = false;    // a role's trust: what an identity may do is not enough
  const Document* boundary = nullptr;  // what identity policies may grant at most
  std::optional<Documents> session;    // given to AssumeRole; one of them must allow
  const Document* endpoint = nullptr;  // of the VPC endpoint that the request came through
};

enum class Kind : std::uint8_t { Identity, Resource, Boundary, Session, Endpoint };

struct Decision {
  enum class Verdict : std::uint8_t { Allowed, DeniedExplicitly, NotAllowed };
  Verdict verdict = Verdict::Allowed;
  Kind kind = Kind::Identity;  // of the policy that denies, or does not allow

  bool allowed() const { return verdict == Verdict::Allowed; }
  friend bool operator==(const Decision&, const Decision&) = default;
};

// IAM guide, "Policy evaluation logic", for one account without organizations.
Decision decide(const Question& question, const Policies& policies);

// "because no identity-based policy allows the sqs:SendMessage action", "with an explicit deny in a permissions
// boundary".
std::string reason_text(const Decision& decision, std::string_view action);
// "User: ARN is not authorized to perform: ACTION on resource: ARN because …". An empty resource is left out.
std::string denial_text(std::string_view asker_arn, std::string_view action, std::string_view resource,
                        const Decision& decision);

}  // namespace iam::policy
