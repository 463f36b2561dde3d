#include "iam/operations/operations.h"

namespace iam {
namespace {

namespace sts = api::sts;

// Base32 characters, as AWS's key ids have.
constexpr std::string_view kKeyAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kSecretAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::unexpected<base::Fault> unsupported(const std::string& parameter) {
  return base::fault(sts::faults::InvalidParameterValue,
                     "The parameter " + parameter + " is not supported by renkei yet.");
}

// "arn:aws:iam::ACCOUNT:role/path/NAME"
std::optional<std::string> name_of(const std::string& arn, const std::string& account) {
  const std::string prefix = "arn:aws:iam::" + account + ":role/";
  if (!arn.starts_with(prefix)) return std::nullopt;
  return arn.substr(arn.rfind('/') + 1);
}

}  // namespace

base::Outcome<sts::GetCallerIdentityResponse> get_caller_identity(State&, const sts::GetCallerIdentityRequest&,
                                                                  service::Context& ctx) {
  sts::GetCallerIdentityResponse out;
  out.account = ctx.call.account;
  out.arn = ctx.call.principal_arn.empty() ? "arn:aws:iam::" + ctx.call.account + ":root" : ctx.call.principal_arn;
  out.user_id = ctx.call.account;
  return out;
}

base::Outcome<sts::AssumeRoleResponse> assume_role(State& state, const sts::AssumeRoleRequest& in,
                                                   service::Context& ctx) {
  // Taking these and not acting on them would pretend a restriction that is not there.
  if (in.policy) return unsupported("Policy");
  if (in.policy_arns) return unsupported("PolicyArns");
  if (in.serial_number || in.token_code) return unsupported("SerialNumber");
  if (in.provided_contexts) return unsupported("ProvidedContexts");
  if (in.tags || in.transitive_tag_keys) return unsupported("Tags");
  const auto name = name_of(in.role_arn, ctx.call.account);
  const RoleRow* role = name ? state.roles.find(entity_key(ctx, *name)) : nullptr;
  if (role == nullptr || role->arn != in.role_arn) {
    const std::string user =
        ctx.call.principal_arn.empty() ? "arn:aws:iam::" + ctx.call.account + ":root" : ctx.call.principal_arn;
    return base::fault(sts::faults::AccessDenied,
                       "User: " + user + " is not authorized to perform: sts:AssumeRole on resource: " + in.role_arn);
  }
  const std::int64_t seconds = in.duration_seconds.value_or(3600);
  if (seconds > role->max_session_seconds) {
    return base::fault(sts::faults::ValidationError,
                       "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  sts::AssumeRoleResponse out;
  out.credentials.emplace();
  out.credentials->access_key_id = "ASIA" + base::draw(ctx.random, kKeyAlphabet, 16);
  out.credentials->secret_access_key = base::draw(ctx.random, kSecretAlphabet, 40);
  out.credentials->session_token = base::draw(ctx.random, kSecretAlphabet, 356);
  out.credentials->expiration = ctx.now + std::chrono::seconds(seconds);
  out.assumed_role_user.emplace();
  out.assumed_role_user->arn =
      "arn:aws:sts::" + ctx.call.account + ":assumed-role/" + role->name + "/" + in.role_session_name;
  out.assumed_role_user->assumed_role_id = role->id + ":" + in.role_session_name;
  out.source_identity = in.source_identity;
  return out;
}

}  // namespace iam
