#include "iam/operations/operations.h"

namespace iam {
namespace {

std::string role_id(base::Random& random) {
  return "AROA" + base::draw(random, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17);
}

base::Outcome<void> check_boundary(const State& state, const service::Context& ctx, const std::string& arn) {
  if (!find_policy(state, ctx, arn)) {
    return base::fault(faults::NoSuchEntityException, "Scope ARN: " + arn + " does not exist or is not attachable.");
  }
  return {};
}

base::Outcome<void> refuse_if_linked(const RoleRow& role) {
  if (!role.path.starts_with("/aws-service-role/")) return {};
  return base::fault(faults::UnmodifiableEntityException, "Cannot perform the operation on the protected role '" +
                                                              role.name + "' - this role is only modifiable by AWS");
}

// The role, if it is there and the caller may change it.
base::Outcome<std::string> own_role(const State& state, const service::Context& ctx, const std::string& name) {
  TRY(const RoleRow* role, find_role(state, ctx, name));
  CHECK(refuse_if_linked(*role));
  return entity_key(ctx, name);
}

}  // namespace

base::Outcome<api::iam::CreateRoleResponse> create_role(State& state, const api::iam::CreateRoleRequest& in,
                                                        service::Context& ctx) {
  const std::string key = entity_key(ctx, in.role_name);
  if (state.roles.find(key) != nullptr) {
    return base::fault(faults::EntityAlreadyExistsException, "Role with name " + in.role_name + " already exists.");
  }
  if (state.roles.rows().size() >= kRolesMax) {
    return base::fault(faults::LimitExceededException, "Cannot exceed quota for RolesPerAccount: 1000");
  }
  CHECK(check_policy(in.assume_role_policy_document, PolicyKind::Trust, kTrustBytesMax));
  if (in.permissions_boundary) CHECK(check_boundary(state, ctx, *in.permissions_boundary));
  RoleRow row;
  row.name = in.role_name;
  TRY(row.path, read_path(in.path));
  TRY(row.tags, read_tags(in.tags));
  row.id = role_id(ctx.random);
  row.arn = "arn:aws:iam::" + ctx.call.account + ":role" + row.path + row.name;
  row.trust = in.assume_role_policy_document;
  row.description = in.description.value_or("");
  row.max_session_seconds = in.max_session_duration.value_or(3600);
  row.boundary = in.permissions_boundary.value_or("");
  row.created_at = ctx.now;
  api::iam::CreateRoleResponse out;
  out.role = to_role(row, true);
  state.roles.put(ctx.change, key, std::move(row));
  return out;
}

base::Outcome<api::iam::GetRoleResponse> get_role(State& state, const api::iam::GetRoleRequest& in,
                                                  service::Context& ctx) {
  TRY(const RoleRow* role, find_role(state, ctx, in.role_name));
  api::iam::GetRoleResponse out;
  out.role = to_role(*role, true);
  out.role.role_last_used.emplace();  // always there, empty while the role was not used
  return out;
}

base::Outcome<api::iam::DeleteRoleOutput> delete_role(State& state, const api::iam::DeleteRoleRequest& in,
                                                      service::Context& ctx) {
  TRY(const RoleRow* role, find_role(state, ctx, in.role_name));
  CHECK(refuse_if_linked(*role));
  if (!role->attached.empty()) {
    return base::fault(faults::DeleteConflictException, "Cannot delete entity, must detach all policies first.");
  }
  if (!role->inline_policies.empty()) {
    return base::fault(faults::DeleteConflictException, "Cannot delete entity, must delete policies first.");
  }
  state.roles.erase(ctx.change, entity_key(ctx, in.role_name));
  return api::iam::DeleteRoleOutput{};
}

base::Outcome<api::iam::ListRolesResponse> list_roles(State& state, const api::iam::ListRolesRequest& in,
                                                      service::Context& ctx) {
  std::vector<api::iam::Role> all;
  for (const auto& [key, role] : state.roles.with_prefix(ctx.call.account + "/")) {
    if (role.path.starts_with(in.path_prefix.value_or("/"))) all.push_back(to_role(role, false));
  }
  TRY(auto page, page_of(all, in.marker, in.max_items, [](const api::iam::Role& role) { return role.role_name; }));
  api::iam::ListRolesResponse out;
  out.roles = std::move(page.items);
  out.is_truncated = page.marker.has_value();
  out.marker = std::move(page.marker);
  return out;
}

base::Outcome<api::iam::UpdateRoleResponse> update_role(State& state, const api::iam::UpdateRoleRequest& in,
                                                        service::Context& ctx) {
  TRY(const std::string key, own_role(state, ctx, in.role_name));
  state.roles.modify(ctx.change, key, [&](RoleRow& row) {
    if (in.description) row.description = *in.description;
    if (in.max_session_duration) row.max_session_seconds = *in.max_session_duration;
  });
  return api::iam::UpdateRoleResponse{};
}

base::Outcome<api::iam::UpdateRoleDescriptionResponse> update_role_description(
    State& state, const api::iam::UpdateRoleDescriptionRequest& in, service::Context& ctx) {
  TRY(const std::string key, own_role(state, ctx, in.role_name));
  const RoleRow& row = state.roles.modify(ctx.change, key, [&](RoleRow& role) { role.description = in.description; });
  api::iam::UpdateRoleDescriptionResponse out;
  out.role = to_role(row, true);
  return out;
}

base::Outcome<api::iam::UpdateAssumeRolePolicyOutput> update_assume_role_policy(
    State& state, const api::iam::UpdateAssumeRolePolicyRequest& in, service::Context& ctx) {
  TRY(const std::string key, own_role(state, ctx, in.role_name));
  CHECK(check_policy(in.policy_document, PolicyKind::Trust, kTrustBytesMax));
  state.roles.modify(ctx.change, key, [&](RoleRow& row) { row.trust = in.policy_document; });
  return api::iam::UpdateAssumeRolePolicyOutput{};
}

base::Outcome<api::iam::TagRoleOutput> tag_role(State& state, const api::iam::TagRoleRequest& in,
                                                service::Context& ctx) {
  TRY(const RoleRow* role, find_role(state, ctx, in.role_name));
  auto tags = role->tags;
  CHECK(merge_tags(tags, in.tags));
  state.roles.modify(ctx.change, entity_key(ctx, in.role_name), [&](RoleRow& row) { row.tags = std::move(tags); });
  return api::iam::TagRoleOutput{};
}

base::Outcome<api::iam::UntagRoleOutput> untag_role(State& state, const api::iam::UntagRoleRequest& in,
                                                    service::Context& ctx) {
  TRY(const RoleRow* role, find_role(state, ctx, in.role_name));
  auto tags = role->tags;
  for (const std::string& key : in.tag_keys) tags.erase(key);
  state.roles.modify(ctx.change, entity_key(ctx, in.role_name), [&](RoleRow& row) { row.tags = std::move(tags); });
  return api::iam::UntagRoleOutput{};
}

base::Outcome<api::iam::ListRoleTagsResponse> list_role_tags(State& state, const api::iam::ListRoleTagsRequest& in,
                                                             service::Context& ctx) {
  TRY(const RoleRow* role, find_role(state, ctx, in.role_name));
  TRY(auto page,
      page_of(to_tags(role->tags), in.marker, in.max_items, [](const api::iam::Tag& tag) { return tag.key; }));
  api::iam::ListRoleTagsResponse out;
  out.tags = std::move(page.items);
  out.is_truncated = page.marker.has_value();
  out.marker = std::move(page.marker);
  return out;
}

base::Outcome<api::iam::PutRolePermissionsBoundaryOutput> put_role_permissions_boundary(
    State& state, const api::iam::PutRolePermissionsBoundaryRequest& in, service::Context& ctx) {
  TRY(const std::string key, own_role(state, ctx, in.role_name));
  CHECK(check_boundary(state, ctx, in.permissions_boundary));
  state.roles.modify(ctx.change, key, [&](RoleRow& row) { row.boundary = in.permissions_boundary; });
  return api::iam::PutRolePermissionsBoundaryOutput{};
}

base::Outcome<api::iam::DeleteRolePermissionsBoundaryOutput> delete_role_permissions_boundary(
    State& state, const api::iam::DeleteRolePermissionsBoundaryRequest& in, service::Context& ctx) {
  TRY(const std::string key, own_role(state, ctx, in.role_name));
  state.roles.modify(ctx.change, key, [](RoleRow& row) { row.boundary.clear(); });
  return api::iam::DeleteRolePermissionsBoundaryOutput{};
}

// Names are AWS's own for the two services whose roles our systems use; others are AWSServiceRoleFor + service.
base::Outcome<api::iam::CreateServiceLinkedRoleResponse> create_service_linked_role(
    State& state, const api::iam::CreateServiceLinkedRoleRequest& in, service::Context& ctx) {
  std::string name;
  if (in.aws_service_name == "ecs.amazonaws.com") {
    name = "AWSServiceRoleForECS";
  } else if (in.aws_service_name == "ecs.application-autoscaling.amazonaws.com") {
    name = "AWSServiceRoleForApplicationAutoScaling_ECSService";
  } else {
    return base::fault(faults::InvalidInputException, "renkei knows no service-linked role of " + in.aws_service_name);
  }
  if (in.custom_suffix) {
    return base::fault(faults::InvalidInputException, "Custom suffix is not allowed for " + in.aws_service_name);
  }
  const std::string key = entity_key(ctx, name);
  if (state.roles.find(key) != nullptr) {
    return base::fault(faults::InvalidInputException, "Service role name " + name +
                                                          " has been taken in this account, please try a different "
                                                          "suffix.");
  }
  RoleRow row;
  row.name = name;
  row.path = "/aws-service-role/" + in.aws_service_name + "/";
  row.id = role_id(ctx.random);
  row.arn = "arn:aws:iam::" + ctx.call.account + ":role" + row.path + name;
  row.trust =
      R"({"Version":"2012-10-17","Statement":[{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"Service":[")" +
      in.aws_service_name + "\"]}}]}";
  row.description = in.description.value_or("");
  row.created_at = ctx.now;
  api::iam::CreateServiceLinkedRoleResponse out;
  out.role = to_role(row, false);
  state.roles.put(ctx.change, key, std::move(row));
  return out;
}

}  // namespace iam
