// Policies of roles: inline ones, and managed ones attached.

#include <algorithm>
#include <numeric>

#include "iam/operations/operations.h"

namespace iam {
namespace {

std::unexpected<base::Fault> no_inline(const std::string& name) {
  return base::fault(faults::NoSuchEntityException, "The role policy with name " + name + " cannot be found.");
}

}  // namespace

base::Outcome<api::iam::PutRolePolicyOutput> put_role_policy(State& state, const api::iam::PutRolePolicyRequest& in,
                                                             service::Context& ctx) {
  TRY(const RoleRow* role, find_role(state, ctx, in.role_name));
  CHECK(check_policy(in.policy_document, PolicyKind::Identity, kInlineBytesMax));
  std::size_t bytes = in.policy_document.size();
  for (const auto& [name, document] : role->inline_policies) bytes += name == in.policy_name ? 0 : document.size();
  if (bytes > kInlineBytesMax) {
    return base::fault(faults::LimitExceededException,
                       "Maximum policy size of 10240 bytes exceeded for role " + in.role_name);
  }
  state.roles.modify(ctx.change, entity_key(ctx, in.role_name),
                     [&](RoleRow& row) { row.inline_policies[in.policy_name] = in.policy_document; });
  return api::iam::PutRolePolicyOutput{};
}

base::Outcome<api::iam::GetRolePolicyResponse> get_role_policy(State& state, const api::iam::GetRolePolicyRequest& in,
                                                               service::Context& ctx) {
  TRY(const RoleRow* role, find_role(state, ctx, in.role_name));
  const auto found = role->inline_policies.find(in.policy_name);
  if (found == role->inline_policies.end()) return no_inline(in.policy_name);
  api::iam::GetRolePolicyResponse out;
  out.role_name = in.role_name;
  out.policy_name = in.policy_name;
  out.policy_document = encoded_document(found->second);
  return out;
}

base::Outcome<api::iam::DeleteRolePolicyOutput> delete_role_policy(State& state,
                                                                   const api::iam::DeleteRolePolicyRequest& in,
                                                                   service::Context& ctx) {
  TRY(const RoleRow* role, find_role(state, ctx, in.role_name));
  if (!role->inline_policies.contains(in.policy_name)) return no_inline(in.policy_name);
  state.roles.modify(ctx.change, entity_key(ctx, in.role_name),
                     [&](RoleRow& row) { row.inline_policies.erase(in.policy_name); });
  return api::iam::DeleteRolePolicyOutput{};
}

base::Outcome<api::iam::ListRolePoliciesResponse> list_role_policies(State& state,
                                                                     const api::iam::ListRolePoliciesRequest& in,
                                                                     service::Context& ctx) {
  TRY(const RoleRow* role, find_role(state, ctx, in.role_name));
  std::vector<std::string> names;
  for (const auto& [name, document] : role->inline_policies) names.push_back(name);
  TRY(auto page, page_of(names, in.marker, in.max_items, [](const std::string& name) { return name; }));
  api::iam::ListRolePoliciesResponse out;
  out.policy_names = std::move(page.items);
  out.is_truncated = page.marker.has_value();
  out.marker = std::move(page.marker);
  return out;
}

base::Outcome<api::iam::AttachRolePolicyOutput> attach_role_policy(State& state,
                                                                   const api::iam::AttachRolePolicyRequest& in,
                                                                   service::Context& ctx) {
  TRY(const RoleRow* role, find_role(state, ctx, in.role_name));
  if (!find_policy(state, ctx, in.policy_arn)) {
    return base::fault(faults::NoSuchEntityException,
                       "Policy " + in.policy_arn + " does not exist or is not attachable.");
  }
  if (role->attached.size() >= kAttachedMax && !role->attached.contains(in.policy_arn)) {
    return base::fault(faults::LimitExceededException, "Cannot exceed quota for PoliciesPerRole: 10");
  }
  state.roles.modify(ctx.change, entity_key(ctx, in.role_name),
                     [&](RoleRow& row) { row.attached.insert(in.policy_arn); });
  return api::iam::AttachRolePolicyOutput{};
}

base::Outcome<api::iam::DetachRolePolicyOutput> detach_role_policy(State& state,
                                                                   const api::iam::DetachRolePolicyRequest& in,
                                                                   service::Context& ctx) {
  TRY(const RoleRow* role, find_role(state, ctx, in.role_name));
  if (!role->attached.contains(in.policy_arn)) {
    return base::fault(faults::NoSuchEntityException, "Policy " + in.policy_arn + " was not found.");
  }
  state.roles.modify(ctx.change, entity_key(ctx, in.role_name),
                     [&](RoleRow& row) { row.attached.erase(in.policy_arn); });
  return api::iam::DetachRolePolicyOutput{};
}

base::Outcome<api::iam::ListAttachedRolePoliciesResponse> list_attached_role_policies(
    State& state, const api::iam::ListAttachedRolePoliciesRequest& in, service::Context& ctx) {
  TRY(const RoleRow* role, find_role(state, ctx, in.role_name));
  std::vector<api::iam::AttachedPolicy> all;
  for (const std::string& arn : role->attached) {
    TRY(const PolicyRow policy, find_policy(state, ctx, arn));
    if (!policy.path.starts_with(in.path_prefix.value_or("/"))) continue;
    all.emplace_back();
    all.back().policy_arn = arn;
    all.back().policy_name = policy.name;
  }
  TRY(auto page,
      page_of(all, in.marker, in.max_items, [](const api::iam::AttachedPolicy& one) { return *one.policy_arn; }));
  api::iam::ListAttachedRolePoliciesResponse out;
  out.attached_policies = std::move(page.items);
  out.is_truncated = page.marker.has_value();
  out.marker = std::move(page.marker);
  return out;
}

base::Outcome<api::iam::ListEntitiesForPolicyResponse> list_entities_for_policy(
    State& state, const api::iam::ListEntitiesForPolicyRequest& in, service::Context& ctx) {
  CHECK(find_policy(state, ctx, in.policy_arn));
  const bool boundaries = in.policy_usage_filter.value_or("PermissionsPolicy") == "PermissionsBoundary";
  const std::string filter = in.entity_filter.value_or("Role");
  std::vector<api::iam::PolicyRole> all;
  for (const auto& [key, role] : state.roles.with_prefix(ctx.call.account + "/")) {
    const bool uses = boundaries ? role.boundary == in.policy_arn : role.attached.contains(in.policy_arn);
    if (!uses || filter != "Role" || !role.path.starts_with(in.path_prefix.value_or("/"))) continue;
    all.emplace_back();
    all.back().role_name = role.name;
    all.back().role_id = role.id;
  }
  TRY(auto page, page_of(all, in.marker, in.max_items, [](const api::iam::PolicyRole& one) { return *one.role_name; }));
  api::iam::ListEntitiesForPolicyResponse out;
  out.policy_roles = std::move(page.items);
  out.policy_groups.emplace();
  out.policy_users.emplace();
  out.is_truncated = page.marker.has_value();
  out.marker = std::move(page.marker);
  return out;
}

}  // namespace iam
