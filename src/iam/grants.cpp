#include "iam/grants.h"

#include "iam/state.h"

namespace iam {
namespace {

// Documents are checked when they are stored; one that an older version let pass grants nothing.
policy::Document parsed(const std::string& document, policy::Form form) {
  return policy::parse(document, form).value_or(policy::Document{});
}

const policy::Document* keep(std::deque<policy::Document>& held, const std::string& document) {
  return &held.emplace_back(parsed(document, policy::Form::Identity));
}

const std::string* default_document(const State& state, const std::string& account, const std::string& arn) {
  const PolicyRow* policy = find_policy(state, account, arn);
  const VersionRow* version =
      policy == nullptr ? nullptr : find_version(*policy, "v" + std::to_string(policy->default_version));
  return version == nullptr ? nullptr : &version->document;
}

}  // namespace

const Grants::OfRole& Grants::of_role(const State& state, const std::string& key, const RoleRow& row) {
  const auto [entry, fresh] = roles_.try_emplace(key);
  OfRole& role = entry->second;
  if (!fresh) return role;
  const std::string account = key.substr(0, key.find('/'));
  for (const auto& [name, document] : row.inline_policies) role.identity.push_back(keep(role.held, document));
  for (const std::string& arn : row.attached) {
    if (const std::string* document = default_document(state, account, arn)) {
      role.identity.push_back(keep(role.held, *document));
    }
  }
  if (!row.boundary.empty()) {
    const std::string* document = default_document(state, account, row.boundary);
    // A boundary that is not there any more allows nothing.
    role.boundary = document == nullptr ? &role.held.emplace_back() : keep(role.held, *document);
  }
  role.trust = parsed(row.trust, policy::Form::Trust);
  return role;
}

const Grants::OfSession& Grants::of_session(const std::string& access_key_id, const SessionRow& row) {
  const auto [entry, fresh] = sessions_.try_emplace(access_key_id);
  OfSession& session = entry->second;
  if (!fresh) return session;
  for (const std::string& document : row.policies) session.documents.push_back(keep(session.held, document));
  return session;
}

}  // namespace iam
