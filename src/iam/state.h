#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "api/iam/operations.h"
#include "iam/grants.h"
#include "iam/rows.h"
#include "service/context.h"
#include "service/session.h"
#include "service/table.h"

namespace iam {

// Quotas of an account, as AWS sets them for a new one.
inline constexpr std::size_t kRolesMax = 1000;
inline constexpr std::size_t kPoliciesMax = 1500;
inline constexpr std::size_t kAttachedMax = 10;
inline constexpr std::size_t kVersionsMax = 5;
inline constexpr std::size_t kTagsMax = 50;
inline constexpr std::size_t kTrustBytesMax = 2048;
inline constexpr std::size_t kInlineBytesMax = 10'240;  // of one role, together
inline constexpr std::size_t kPolicyBytesMax = 6144;
inline constexpr std::size_t kSessionsMax = 50'000;  // ours: it bounds memory, at about 1 KiB each
inline constexpr std::int64_t kPageDefault = 100;
inline constexpr std::int64_t kPageMax = 1000;

namespace faults = api::iam::faults;

struct State {
  // `listener` hears of every row of `sessions`.
  explicit State(service::Sessions& listener);

  service::Table<RoleRow> roles;        // account/NAME
  service::Table<PolicyRow> policies;   // account/ARN
  service::Table<SessionRow> sessions;  // access key id
  std::set<std::pair<base::TimePoint, std::string>> sessions_by_end;
  Grants grants;  // parsed from the rows, when somebody asks
};

// Expired sessions are known for a day, so that who still uses one hears that it has expired.
base::TimePoint next_forgetting(const State& state);
void forget_sessions(State& state, service::Context& ctx);

// Everything here is global: no region in the key.
std::string entity_key(const service::Context& ctx, std::string_view name);

base::Outcome<const RoleRow*> find_role(const State& state, const service::Context& ctx, const std::string& name);
// Customer's and AWS's.
base::Outcome<PolicyRow> find_policy(const State& state, const service::Context& ctx, const std::string& arn);
const PolicyRow* find_policy(const State& state, const std::string& account, const std::string& arn);
// Only the customer's can be changed.
base::Outcome<const PolicyRow*> find_own_policy(const State& state, const service::Context& ctx,
                                                const std::string& arn);
const VersionRow* find_version(const PolicyRow& policy, std::string_view id);

// AWS's managed policies that templates like ours name, with their real statements, sorted by ARN.
std::span<const PolicyRow> aws_policies();

// The form of a policy document: JSON of at most `bytes_max`, a known Version, statements with Effect, Action (or
// NotAction), and a Resource in identity policies, a Principal in trust policies. Whitespace does not count.
enum class PolicyKind { Identity, Trust };
base::Outcome<void> check_policy(const std::string& document, PolicyKind kind, std::size_t bytes_max);

// As IAM sends documents: RFC 3986 percent-encoded.
std::string encoded_document(const std::string& document);

base::Outcome<std::map<std::string, std::string>> read_tags(const std::optional<std::vector<api::iam::Tag>>& tags);
base::Outcome<void> merge_tags(std::map<std::string, std::string>& into, const std::vector<api::iam::Tag>& tags);
std::vector<api::iam::Tag> to_tags(const std::map<std::string, std::string>& tags);
// "/" when not given.
base::Outcome<std::string> read_path(const std::optional<std::string>& path);

api::iam::Role to_role(const RoleRow& row, bool with_tags);
api::iam::Policy to_policy(const State& state, const service::Context& ctx, const PolicyRow& row, bool with_tags);
std::int64_t attachments(const State& state, const service::Context& ctx, const std::string& arn);

// "arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION": of a session the parts, else nothing.
struct AssumedRole {
  std::string role;
  std::string session;
};
std::optional<AssumedRole> read_assumed_role(std::string_view principal_arn, std::string_view account);

// A page of `all`, after `marker`; a marker is the last key of the page before, in base64.
template <class Item>
struct Page {
  std::vector<Item> items;
  std::optional<std::string> marker;
};
base::Outcome<std::string> read_marker(const std::optional<std::string>& marker);
std::string write_marker(const std::string& last);

template <class Item, class KeyOf>
base::Outcome<Page<Item>> page_of(const std::vector<Item>& all, const std::optional<std::string>& marker,
                                  const std::optional<std::int64_t>& max_items, KeyOf key_of) {
  TRY(const std::string after, read_marker(marker));
  const auto limit = static_cast<std::size_t>(max_items.value_or(kPageDefault));
  Page<Item> page;
  for (const Item& item : all) {  // sorted by key
    const std::string key = key_of(item);
    if (!after.empty() && key <= after) continue;
    if (page.items.size() == limit) {
      page.marker = write_marker(key_of(page.items.back()));
      break;
    }
    page.items.push_back(item);
  }
  return page;
}

}  // namespace iam
