// Managed policies and their versions.

#include <algorithm>

#include "iam/operations/operations.h"

namespace iam {
namespace {

api::iam::PolicyVersion to_version(const PolicyRow& policy, const VersionRow& row, bool with_document) {
  api::iam::PolicyVersion version;
  version.version_id = row.id();
  version.is_default_version = row.number == policy.default_version;
  version.create_date = row.created_at;
  if (with_document) version.document = encoded_document(row.document);
  return version;
}

std::unexpected<base::Fault> no_version(const std::string& arn, const std::string& id) {
  return base::fault(faults::NoSuchEntityException,
                     "Policy " + arn + " version " + id + " does not exist or is not attachable.");
}

}  // namespace

base::Outcome<api::iam::CreatePolicyResponse> create_policy(State& state, const api::iam::CreatePolicyRequest& in,
                                                            service::Context& ctx) {
  PolicyRow row;
  row.name = in.policy_name;
  TRY(row.path, read_path(in.path));
  TRY(row.tags, read_tags(in.tags));
  for (const auto& [key, policy] : state.policies.with_prefix(ctx.call.account + "/")) {
    if (policy.name != row.name) continue;  // names are unique in the account, whatever the path
    return base::fault(faults::EntityAlreadyExistsException,
                       "A policy called " + row.name + " already exists. Duplicate names are not allowed.");
  }
  if (state.policies.rows().size() >= kPoliciesMax) {
    return base::fault(faults::LimitExceededException, "Cannot exceed quota for PoliciesPerAccount: 1500");
  }
  CHECK(check_policy(in.policy_document, PolicyKind::Identity, kPolicyBytesMax));
  row.arn = "arn:aws:iam::" + ctx.call.account + ":policy" + row.path + row.name;
  row.id = "ANPA" + base::draw(ctx.random, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17);
  row.description = in.description.value_or("");
  row.created_at = row.updated_at = ctx.now;
  row.versions.push_back({1, in.policy_document, ctx.now});
  api::iam::CreatePolicyResponse out;
  out.policy = to_policy(state, ctx, row, true);
  const std::string key = entity_key(ctx, row.arn);
  state.policies.put(ctx.change, key, std::move(row));
  return out;
}

base::Outcome<api::iam::GetPolicyResponse> get_policy(State& state, const api::iam::GetPolicyRequest& in,
                                                      service::Context& ctx) {
  TRY(const PolicyRow row, find_policy(state, ctx, in.policy_arn));
  api::iam::GetPolicyResponse out;
  out.policy = to_policy(state, ctx, row, true);
  return out;
}

base::Outcome<api::iam::DeletePolicyOutput> delete_policy(State& state, const api::iam::DeletePolicyRequest& in,
                                                          service::Context& ctx) {
  TRY(const PolicyRow* row, find_own_policy(state, ctx, in.policy_arn));
  if (row->versions.size() > 1) {
    return base::fault(faults::DeleteConflictException,
                       "This policy has more than one version. Before you delete a policy, you must delete the "
                       "policy's versions. The default version is deleted with the policy.");
  }
  const api::iam::Policy policy = to_policy(state, ctx, *row, false);
  if (*policy.attachment_count > 0 || *policy.permissions_boundary_usage_count > 0) {
    return base::fault(faults::DeleteConflictException, "Cannot delete a policy attached to entities.");
  }
  state.policies.erase(ctx.change, entity_key(ctx, in.policy_arn));
  return api::iam::DeletePolicyOutput{};
}

base::Outcome<api::iam::ListPoliciesResponse> list_policies(State& state, const api::iam::ListPoliciesRequest& in,
                                                            service::Context& ctx) {
  const std::string scope = in.scope.value_or("All");
  std::vector<api::iam::Policy> all;
  const auto take = [&](const PolicyRow& row) {
    if (!row.path.starts_with(in.path_prefix.value_or("/"))) return;
    api::iam::Policy policy = to_policy(state, ctx, row, false);
    if (in.only_attached.value_or(false) && *policy.attachment_count == 0) return;
    if (in.policy_usage_filter == "PermissionsBoundary" && *policy.permissions_boundary_usage_count == 0) return;
    policy.description.reset();  // ListPolicies leaves it out
    all.push_back(std::move(policy));
  };
  if (scope != "AWS") {
    for (const auto& [key, row] : state.policies.with_prefix(ctx.call.account + "/")) take(row);
  }
  if (scope != "Local") {
    for (const PolicyRow& row : aws_policies()) take(row);
  }
  std::ranges::sort(all, {}, [](const api::iam::Policy& one) { return *one.arn; });
  TRY(auto page, page_of(all, in.marker, in.max_items, [](const api::iam::Policy& one) { return *one.arn; }));
  api::iam::ListPoliciesResponse out;
  out.policies = std::move(page.items);
  out.is_truncated = page.marker.has_value();
  out.marker = std::move(page.marker);
  return out;
}

base::Outcome<api::iam::CreatePolicyVersionResponse> create_policy_version(
    State& state, const api::iam::CreatePolicyVersionRequest& in, service::Context& ctx) {
  TRY(const PolicyRow* held, find_own_policy(state, ctx, in.policy_arn));
  CHECK(check_policy(in.policy_document, PolicyKind::Identity, kPolicyBytesMax));
  if (held->versions.size() >= kVersionsMax) {
    return base::fault(faults::LimitExceededException,
                       "A managed policy can have up to 5 versions. Before you create a new version, you must delete "
                       "an existing version.");
  }
  const PolicyRow& row = state.policies.modify(ctx.change, entity_key(ctx, in.policy_arn), [&](PolicyRow& policy) {
    policy.versions.push_back({++policy.last_version, in.policy_document, ctx.now});
    policy.updated_at = ctx.now;
    if (in.set_as_default.value_or(false)) policy.default_version = policy.last_version;
  });
  api::iam::CreatePolicyVersionResponse out;
  out.policy_version = to_version(row, row.versions.back(), false);
  return out;
}

base::Outcome<api::iam::GetPolicyVersionResponse> get_policy_version(State& state,
                                                                     const api::iam::GetPolicyVersionRequest& in,
                                                                     service::Context& ctx) {
  TRY(const PolicyRow row, find_policy(state, ctx, in.policy_arn));
  const VersionRow* version = find_version(row, in.version_id);
  if (version == nullptr) return no_version(in.policy_arn, in.version_id);
  api::iam::GetPolicyVersionResponse out;
  out.policy_version = to_version(row, *version, true);
  return out;
}

base::Outcome<api::iam::ListPolicyVersionsResponse> list_policy_versions(State& state,
                                                                         const api::iam::ListPolicyVersionsRequest& in,
                                                                         service::Context& ctx) {
  TRY(const PolicyRow row, find_policy(state, ctx, in.policy_arn));
  std::vector<api::iam::PolicyVersion> all;
  for (auto version = row.versions.rbegin(); version != row.versions.rend(); ++version) {
    all.push_back(to_version(row, *version, false));
  }
  // At most five, newest first: never more than a page.
  api::iam::ListPolicyVersionsResponse out;
  out.versions = std::move(all);
  out.is_truncated = false;
  return out;
}

base::Outcome<api::iam::DeletePolicyVersionOutput> delete_policy_version(State& state,
                                                                         const api::iam::DeletePolicyVersionRequest& in,
                                                                         service::Context& ctx) {
  TRY(const PolicyRow* row, find_own_policy(state, ctx, in.policy_arn));
  const VersionRow* version = find_version(*row, in.version_id);
  if (version == nullptr) return no_version(in.policy_arn, in.version_id);
  if (version->number == row->default_version) {
    return base::fault(faults::DeleteConflictException, "Cannot delete the default version of a policy.");
  }
  state.policies.modify(ctx.change, entity_key(ctx, in.policy_arn), [&](PolicyRow& policy) {
    std::erase_if(policy.versions, [&](const VersionRow& one) { return one.id() == in.version_id; });
  });
  return api::iam::DeletePolicyVersionOutput{};
}

base::Outcome<api::iam::SetDefaultPolicyVersionOutput> set_default_policy_version(
    State& state, const api::iam::SetDefaultPolicyVersionRequest& in, service::Context& ctx) {
  TRY(const PolicyRow* row, find_own_policy(state, ctx, in.policy_arn));
  const VersionRow* version = find_version(*row, in.version_id);
  if (version == nullptr) return no_version(in.policy_arn, in.version_id);
  state.policies.modify(ctx.change, entity_key(ctx, in.policy_arn),
                        [number = version->number](PolicyRow& policy) { policy.default_version = number; });
  return api::iam::SetDefaultPolicyVersionOutput{};
}

base::Outcome<api::iam::TagPolicyOutput> tag_policy(State& state, const api::iam::TagPolicyRequest& in,
                                                    service::Context& ctx) {
  TRY(const PolicyRow* row, find_own_policy(state, ctx, in.policy_arn));
  auto tags = row->tags;
  CHECK(merge_tags(tags, in.tags));
  state.policies.modify(ctx.change, entity_key(ctx, in.policy_arn),
                        [&](PolicyRow& policy) { policy.tags = std::move(tags); });
  return api::iam::TagPolicyOutput{};
}

base::Outcome<api::iam::UntagPolicyOutput> untag_policy(State& state, const api::iam::UntagPolicyRequest& in,
                                                        service::Context& ctx) {
  CHECK(find_own_policy(state, ctx, in.policy_arn));
  state.policies.modify(ctx.change, entity_key(ctx, in.policy_arn), [&](PolicyRow& policy) {
    for (const std::string& key : in.tag_keys) policy.tags.erase(key);
  });
  return api::iam::UntagPolicyOutput{};
}

base::Outcome<api::iam::ListPolicyTagsResponse> list_policy_tags(State& state,
                                                                 const api::iam::ListPolicyTagsRequest& in,
                                                                 service::Context& ctx) {
  TRY(const PolicyRow row, find_policy(state, ctx, in.policy_arn));
  TRY(auto page, page_of(to_tags(row.tags), in.marker, in.max_items, [](const api::iam::Tag& tag) { return tag.key; }));
  api::iam::ListPolicyTagsResponse out;
  out.tags = std::move(page.items);
  out.is_truncated = page.marker.has_value();
  out.marker = std::move(page.marker);
  return out;
}

}  // namespace iam
