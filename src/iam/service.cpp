#include "iam/service.h"

#include "iam/operations/operations.h"

namespace iam {
namespace {

class Iam : public IamService {
 public:
  explicit Iam(service::Sessions& sessions) : state_(sessions) {}

  void register_operations(service::Registry& registry) override;
  std::vector<service::TableBase*> tables() override { return {&state_.roles, &state_.policies, &state_.sessions}; }
  base::TimePoint deadline() const override { return next_forgetting(state_); }
  void tick(service::Context& ctx) override { forget_sessions(state_, ctx); }

  Standing standing_of(const service::Call& call) override;
  const policy::Document* trust_of(const std::string& account, const std::string& role_arn) override;
  std::string role_arn(const std::string& account, const std::string& name) const override;

 private:
  template <class Op, class F>
  void on(service::Registry& registry, F operation) {
    registry.on<Op>([this, operation](const auto& in, service::Context& ctx) { return operation(state_, in, ctx); });
  }
  void register_roles(service::Registry& registry);
  void register_policies(service::Registry& registry);

  State state_;
};

Standing Iam::standing_of(const service::Call& call) {
  Standing standing;
  standing.asker = {policy::Asker::Kind::Root, call.account, call.principal_arn, ""};
  standing.user_id = call.account;
  const auto assumed = read_assumed_role(call.principal_arn, call.account);
  if (!assumed) return standing;
  standing.asker.kind = policy::Asker::Kind::Role;
  standing.asker.role_arn = role_arn(call.account, assumed->role);
  const std::string key = call.account + "/" + assumed->role;
  if (const RoleRow* role = state_.roles.find(key)) {
    const Grants::OfRole& grants = state_.grants.of_role(state_, key, *role);
    standing.policies.identity = grants.identity;
    standing.policies.boundary = grants.boundary;
    standing.user_id = role->id + ":" + assumed->session;
    standing.tags = &role->tags;
  }
  const SessionRow* session = state_.sessions.find(call.access_key_id);
  if (session != nullptr && !session->policies.empty()) {
    standing.policies.session = state_.grants.of_session(call.access_key_id, *session).documents;
  }
  return standing;
}

const policy::Document* Iam::trust_of(const std::string& account, const std::string& role_arn) {
  const std::string key = account + "/" + role_arn.substr(role_arn.rfind('/') + 1);
  const RoleRow* role = state_.roles.find(key);
  return role == nullptr || role->arn != role_arn ? nullptr : &state_.grants.of_role(state_, key, *role).trust;
}

std::string Iam::role_arn(const std::string& account, const std::string& name) const {
  const RoleRow* role = state_.roles.find(account + "/" + name);
  return role == nullptr ? "arn:aws:iam::" + account + ":role/" + name : role->arn;
}

void Iam::register_roles(service::Registry& registry) {
  on<api::iam::CreateRole>(registry, create_role);
  on<api::iam::GetRole>(registry, get_role);
  on<api::iam::DeleteRole>(registry, delete_role);
  on<api::iam::ListRoles>(registry, list_roles);
  on<api::iam::UpdateRole>(registry, update_role);
  on<api::iam::UpdateRoleDescription>(registry, update_role_description);
  on<api::iam::UpdateAssumeRolePolicy>(registry, update_assume_role_policy);
  on<api::iam::TagRole>(registry, tag_role);
  on<api::iam::UntagRole>(registry, untag_role);
  on<api::iam::ListRoleTags>(registry, list_role_tags);
  on<api::iam::PutRolePermissionsBoundary>(registry, put_role_permissions_boundary);
  on<api::iam::DeleteRolePermissionsBoundary>(registry, delete_role_permissions_boundary);
  on<api::iam::CreateServiceLinkedRole>(registry, create_service_linked_role);
  on<api::iam::PutRolePolicy>(registry, put_role_policy);
  on<api::iam::GetRolePolicy>(registry, get_role_policy);
  on<api::iam::DeleteRolePolicy>(registry, delete_role_policy);
  on<api::iam::ListRolePolicies>(registry, list_role_policies);
  on<api::iam::AttachRolePolicy>(registry, attach_role_policy);
  on<api::iam::DetachRolePolicy>(registry, detach_role_policy);
  on<api::iam::ListAttachedRolePolicies>(registry, list_attached_role_policies);
}

void Iam::register_policies(service::Registry& registry) {
  on<api::iam::ListEntitiesForPolicy>(registry, list_entities_for_policy);
  on<api::iam::CreatePolicy>(registry, create_policy);
  on<api::iam::GetPolicy>(registry, get_policy);
  on<api::iam::DeletePolicy>(registry, delete_policy);
  on<api::iam::ListPolicies>(registry, list_policies);
  on<api::iam::CreatePolicyVersion>(registry, create_policy_version);
  on<api::iam::GetPolicyVersion>(registry, get_policy_version);
  on<api::iam::ListPolicyVersions>(registry, list_policy_versions);
  on<api::iam::DeletePolicyVersion>(registry, delete_policy_version);
  on<api::iam::SetDefaultPolicyVersion>(registry, set_default_policy_version);
  on<api::iam::TagPolicy>(registry, tag_policy);
  on<api::iam::UntagPolicy>(registry, untag_policy);
  on<api::iam::ListPolicyTags>(registry, list_policy_tags);
}

void Iam::register_operations(service::Registry& registry) {
  register_roles(registry);
  register_policies(registry);
  on<api::sts::GetCallerIdentity>(registry, get_caller_identity);
  on<api::sts::AssumeRole>(registry, assume_role);
}

}  // namespace

std::unique_ptr<IamService> make_service(service::Sessions& sessions) {
  return std::make_unique<Iam>(sessions);
}

}  // namespace iam
