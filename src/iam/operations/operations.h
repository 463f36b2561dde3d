#pragma once

#include "api/sts/operations.h"
#include "iam/state.h"

// One function per operation, registered in service.cpp.
namespace iam {

#define IAM_OPERATION(name, function) \
  base::Outcome<api::iam::name::Output> function(State& state, const api::iam::name::Input& in, service::Context& ctx)

IAM_OPERATION(CreateRole, create_role);
IAM_OPERATION(GetRole, get_role);
IAM_OPERATION(DeleteRole, delete_role);
IAM_OPERATION(ListRoles, list_roles);
IAM_OPERATION(UpdateRole, update_role);
IAM_OPERATION(UpdateRoleDescription, update_role_description);
IAM_OPERATION(UpdateAssumeRolePolicy, update_assume_role_policy);
IAM_OPERATION(TagRole, tag_role);
IAM_OPERATION(UntagRole, untag_role);
IAM_OPERATION(ListRoleTags, list_role_tags);
IAM_OPERATION(PutRolePermissionsBoundary, put_role_permissions_boundary);
IAM_OPERATION(DeleteRolePermissionsBoundary, delete_role_permissions_boundary);
IAM_OPERATION(CreateServiceLinkedRole, create_service_linked_role);

IAM_OPERATION(PutRolePolicy, put_role_policy);
IAM_OPERATION(GetRolePolicy, get_role_policy);
IAM_OPERATION(DeleteRolePolicy, delete_role_policy);
IAM_OPERATION(ListRolePolicies, list_role_policies);
IAM_OPERATION(AttachRolePolicy, attach_role_policy);
IAM_OPERATION(DetachRolePolicy, detach_role_policy);
IAM_OPERATION(ListAttachedRolePolicies, list_attached_role_policies);
IAM_OPERATION(ListEntitiesForPolicy, list_entities_for_policy);

IAM_OPERATION(CreatePolicy, create_policy);
IAM_OPERATION(GetPolicy, get_policy);
IAM_OPERATION(DeletePolicy, delete_policy);
IAM_OPERATION(ListPolicies, list_policies);
IAM_OPERATION(CreatePolicyVersion, create_policy_version);
IAM_OPERATION(GetPolicyVersion, get_policy_version);
IAM_OPERATION(ListPolicyVersions, list_policy_versions);
IAM_OPERATION(DeletePolicyVersion, delete_policy_version);
IAM_OPERATION(SetDefaultPolicyVersion, set_default_policy_version);
IAM_OPERATION(TagPolicy, tag_policy);
IAM_OPERATION(UntagPolicy, untag_policy);
IAM_OPERATION(ListPolicyTags, list_policy_tags);

#undef IAM_OPERATION

base::Outcome<api::sts::GetCallerIdentityResponse> get_caller_identity(State& state,
                                                                       const api::sts::GetCallerIdentityRequest& in,
                                                                       service::Context& ctx);
base::Outcome<api::sts::AssumeRoleResponse> assume_role(State& state, const api::sts::AssumeRoleRequest& in,
                                                        service::Context& ctx);

}  // namespace iam
