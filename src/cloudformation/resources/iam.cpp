#include "api/iam/operations.h"
#include "base/fault.h"
#include "cloudformation/resources/common.h"

namespace cloudformation {
namespace {

using base::Value;
namespace iam = api::iam;

constexpr UpdateBehavior kReplace = UpdateBehavior::Replace;
constexpr UpdateBehavior kUnsupported = UpdateBehavior::Unsupported;

constexpr PropertySchema kInlineMembers[] = {
    {.name = "PolicyName", .required = true},
    {.name = "PolicyDocument", .kind = PropertyKind::Json, .required = true},
};
constexpr PropertySchema kRoleProperties[] = {
    {.name = "AssumeRolePolicyDocument", .kind = PropertyKind::Json, .required = true},
    {.name = "Description"},
    {.name = "ManagedPolicyArns", .kind = PropertyKind::TextList, .unordered = true},
    {.name = "MaxSessionDuration", .kind = PropertyKind::Integer},
    {.name = "Path", .update = kReplace},
    {.name = "PermissionsBoundary"},
    {.name = "Policies", .kind = PropertyKind::ObjectList, .members = kInlineMembers, .unordered = true},
    {.name = "RoleName", .update = kReplace},
    {.name = "Tags", .kind = PropertyKind::TagList},
};
constexpr std::string_view kRoleAttributes[] = {"Arn", "RoleId"};
constexpr TypeSchema kRole{.name = "AWS::IAM::Role",
                           .properties = kRoleProperties,
                           .attributes = kRoleAttributes,
                           .name_property = "RoleName",
                           .needs_iam_capability = true};

const Value kNothing{Value::Object{}};
const Value& before_of(const Job& job) {
  return job.before == nullptr ? kNothing : job.before->properties;
}

std::expected<void, Failure> sync_managed(const Job& job, const std::string& role, const Value* after,
                                          const Value* before) {
  for (const Value& arn : missing_from(before, after)) {
    CHECK(invoke_gone(job, iam::DetachRolePolicy::operation(), object({{"RoleName", role}, {"PolicyArn", arn}})));
  }
  for (const Value& arn : missing_from(after, before)) {
    CHECK(invoke(job, iam::AttachRolePolicy::operation(), object({{"RoleName", role}, {"PolicyArn", arn}})));
  }
  return {};
}

std::expected<void, Failure> sync_inline(const Job& job, const std::string& role, const Value* after,
                                         const Value* before) {
  const auto has = [](const Value* list, const std::string& name) {
    if (list == nullptr) return false;
    for (const Value& item : list->as_array()) {
      if (text_at(item, "PolicyName") == name) return true;
    }
    return false;
  };
  for (const Value& policy : missing_from(before, after)) {
    const std::string name = text_at(policy, "PolicyName");
    if (has(after, name)) continue;
    CHECK(invoke_gone(job, iam::DeleteRolePolicy::operation(), object({{"RoleName", role}, {"PolicyName", name}})));
  }
  for (const Value& policy : missing_from(after, before)) {
    CHECK(invoke(job, iam::PutRolePolicy::operation(),
                 object({{"RoleName", role},
                         {"PolicyName", text_at(policy, "PolicyName")},
                         {"PolicyDocument", document(*policy.find("PolicyDocument"))}})));
  }
  return {};
}

Step create_role(const Job& job) {
  const std::string name = name_of(job, "RoleName", 64);
  Value input =
      object({{"RoleName", name}, {"AssumeRolePolicyDocument", document(*job.property("AssumeRolePolicyDocument"))}});
  copy(input, job.properties, {"Description", "MaxSessionDuration", "Path", "PermissionsBoundary"});
  if (const Tags tags = merged_tags(job); !tags.empty()) input.set("Tags", tag_list(tags));
  TRY(const Value made, invoke(job, iam::CreateRole::operation(), input));
  CHECK(sync_managed(job, name, job.property("ManagedPolicyArns"), nullptr));
  CHECK(sync_inline(job, name, job.property("Policies"), nullptr));
  return done(name, object({{"Arn", text_at(made, "Role.Arn")}, {"RoleId", text_at(made, "Role.RoleId")}}));
}

Step update_role(const Job& job) {
  const std::string& role = job.physical_id;
  const Value& before = before_of(job);
  const auto changed = [&](const char* name) {
    const Value* old = before.find(name);
    const Value* now = job.property(name);
    return (old == nullptr) != (now == nullptr) || (old != nullptr && !(*old == *now));
  };
  if (changed("AssumeRolePolicyDocument")) {
    CHECK(
        invoke(job, iam::UpdateAssumeRolePolicy::operation(),
               object({{"RoleName", role}, {"PolicyDocument", document(*job.property("AssumeRolePolicyDocument"))}})));
  }
  if (changed("Description") || changed("MaxSessionDuration")) {
    Value input = object({{"RoleName", role}, {"Description", ""}, {"MaxSessionDuration", 3600}});
    copy(input, job.properties, {"Description", "MaxSessionDuration"});
    CHECK(invoke(job, iam::UpdateRole::operation(), input));
  }
  if (changed("PermissionsBoundary")) {
    if (const Value* boundary = job.property("PermissionsBoundary")) {
      CHECK(invoke(job, iam::PutRolePermissionsBoundary::operation(),
                   object({{"RoleName", role}, {"PermissionsBoundary", *boundary}})));
    } else {
      CHECK(invoke(job, iam::DeleteRolePermissionsBoundary::operation(), object({{"RoleName", role}})));
    }
  }
  CHECK(sync_managed(job, role, job.property("ManagedPolicyArns"), before.find("ManagedPolicyArns")));
  CHECK(sync_inline(job, role, job.property("Policies"), before.find("Policies")));
  const TagChange tags = tag_change(job);
  if (!tags.removed.empty()) {
    CHECK(invoke(job, iam::UntagRole::operation(), object({{"RoleName", role}, {"TagKeys", tags.removed}})));
  }
  if (!tags.set.empty()) {
    CHECK(invoke(job, iam::TagRole::operation(), object({{"RoleName", role}, {"Tags", tag_list(tags.set)}})));
  }
  return done(role);
}

Step remove_role(const Job& job) {
  const std::string& role = job.physical_id;
  CHECK(sync_managed(job, role, nullptr, job.property("ManagedPolicyArns")));
  CHECK(sync_inline(job, role, nullptr, job.property("Policies")));
  CHECK(invoke_gone(job, iam::DeleteRole::operation(), object({{"RoleName", role}})));
  return done(role);
}

constexpr PropertySchema kPolicyProperties[] = {
    {.name = "PolicyName", .required = true},
    {.name = "PolicyDocument", .kind = PropertyKind::Json, .required = true},
    {.name = "Roles", .kind = PropertyKind::TextList, .unordered = true},
    {.name = "Users", .update = kUnsupported},
    {.name = "Groups", .update = kUnsupported},
};
constexpr std::string_view kIdOnly[] = {"Id"};
constexpr TypeSchema kPolicy{
    .name = "AWS::IAM::Policy", .properties = kPolicyProperties, .attributes = kIdOnly, .needs_iam_capability = true};

std::expected<void, Failure> put_on_roles(const Job& job) {
  const Value* roles = job.property("Roles");
  if (roles == nullptr || roles->as_array().empty()) {
    return std::unexpected(
        handler_failure(job, "At least one of [Groups,Roles,Users] must be non-empty.", "InvalidRequest"));
  }
  for (const Value& role : roles->as_array()) {
    CHECK(invoke(job, iam::PutRolePolicy::operation(),
                 object({{"RoleName", role},
                         {"PolicyName", job.text("PolicyName")},
                         {"PolicyDocument", document(*job.property("PolicyDocument"))}})));
  }
  return {};
}

std::expected<void, Failure> delete_from(const Job& job, const Value::Array& roles, const std::string& name) {
  for (const Value& role : roles) {
    CHECK(invoke_gone(job, iam::DeleteRolePolicy::operation(), object({{"RoleName", role}, {"PolicyName", name}})));
  }
  return {};
}

Step create_policy(const Job& job) {
  CHECK(put_on_roles(job));
  const std::string id = physical_name(job.stack.name, job.logical_id, NameStyle::Mixed, 128, job.ctx.random);
  return done(id, object({{"Id", id}}));
}

Step update_policy(const Job& job) {
  CHECK(put_on_roles(job));
  const Value& before = before_of(job);
  const std::string old_name = text_at(before, "PolicyName");
  const Value* old_roles = before.find("Roles");
  if (old_name != job.text("PolicyName")) {
    CHECK(delete_from(job, missing_from(old_roles, nullptr), old_name));
  } else {
    CHECK(delete_from(job, missing_from(old_roles, job.property("Roles")), old_name));
  }
  return done(job.physical_id);
}

Step remove_policy(const Job& job) {
  CHECK(delete_from(job, missing_from(job.property("Roles"), nullptr), job.text("PolicyName")));
  return done(job.physical_id);
}

constexpr PropertySchema kManagedProperties[] = {
    {.name = "PolicyDocument", .kind = PropertyKind::Json, .required = true},
    {.name = "Description", .update = kReplace},
    {.name = "ManagedPolicyName", .update = kReplace},
    {.name = "Path", .update = kReplace},
    {.name = "Roles", .kind = PropertyKind::TextList, .unordered = true},
    {.name = "Users", .update = kUnsupported},
    {.name = "Groups", .update = kUnsupported},
};
constexpr std::string_view kManagedAttributes[] = {"PolicyArn", "PolicyId", "DefaultVersionId"};
constexpr TypeSchema kManaged{.name = "AWS::IAM::ManagedPolicy",
                              .properties = kManagedProperties,
                              .attributes = kManagedAttributes,
                              .name_property = "ManagedPolicyName",
                              .needs_iam_capability = true};

std::expected<void, Failure> sync_roles(const Job& job, const std::string& arn, const Value* after,
                                        const Value* before) {
  for (const Value& role : missing_from(before, after)) {
    CHECK(invoke_gone(job, iam::DetachRolePolicy::operation(), object({{"RoleName", role}, {"PolicyArn", arn}})));
  }
  for (const Value& role : missing_from(after, before)) {
    CHECK(invoke(job, iam::AttachRolePolicy::operation(), object({{"RoleName", role}, {"PolicyArn", arn}})));
  }
  return {};
}

Step create_managed(const Job& job) {
  Value input = object({{"PolicyName", name_of(job, "ManagedPolicyName", 128)},
                        {"PolicyDocument", document(*job.property("PolicyDocument"))}});
  copy(input, job.properties, {"Description", "Path"});
  TRY(const Value made, invoke(job, iam::CreatePolicy::operation(), input));
  const std::string arn = text_at(made, "Policy.Arn");
  CHECK(sync_roles(job, arn, job.property("Roles"), nullptr));
  return done(arn, object({{"PolicyArn", arn},
                           {"PolicyId", text_at(made, "Policy.PolicyId")},
                           {"DefaultVersionId", text_at(made, "Policy.DefaultVersionId")}}));
}

// IAM keeps five versions: all but the default go first.
std::expected<void, Failure> delete_versions(const Job& job) {
  TRY(const auto listed,
      invoke_found(job, iam::ListPolicyVersions::operation(), object({{"PolicyArn", job.physical_id}})));
  const Value* versions = listed ? listed->find("Versions") : nullptr;
  if (versions == nullptr) return {};
  for (const Value& version : versions->as_array()) {
    if (text_at(version, "IsDefaultVersion") == "true") continue;
    CHECK(invoke_gone(job, iam::DeletePolicyVersion::operation(),
                      object({{"PolicyArn", job.physical_id}, {"VersionId", text_at(version, "VersionId")}})));
  }
  return {};
}

Step update_managed(const Job& job) {
  const Value& before = before_of(job);
  Value attributes = job.before->attributes;
  if (const Value* old = before.find("PolicyDocument"); old == nullptr || !(*old == *job.property("PolicyDocument"))) {
    CHECK(delete_versions(job));
    TRY(const Value made, invoke(job, iam::CreatePolicyVersion::operation(),
                                 object({{"PolicyArn", job.physical_id},
                                         {"PolicyDocument", document(*job.property("PolicyDocument"))},
                                         {"SetAsDefault", true}})));
    attributes.set("DefaultVersionId", text_at(made, "PolicyVersion.VersionId"));
  }
  CHECK(sync_roles(job, job.physical_id, job.property("Roles"), before.find("Roles")));
  return done(job.physical_id, std::move(attributes));
}

Step remove_managed(const Job& job) {
  CHECK(sync_roles(job, job.physical_id, nullptr, job.property("Roles")));
  CHECK(delete_versions(job));
  CHECK(invoke_gone(job, iam::DeletePolicy::operation(), object({{"PolicyArn", job.physical_id}})));
  return done(job.physical_id);
}

}  // namespace

void add_iam(ProviderSet& providers) {
  add(providers, {&kRole, create_role, update_role, remove_role});
  add(providers, {&kPolicy, create_policy, update_policy, remove_policy});
  add(providers, {&kManaged, create_managed, update_managed, remove_managed});
}

}  // namespace cloudformation
