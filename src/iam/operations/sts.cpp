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

constexpr base::FaultShape kThrottling{"Throttling", "Throttling", 400, true};

// A role that assumes a role gets no more (STS API Reference, AssumeRole, "role chaining").
constexpr std::int64_t kChainedSecondsMax = 3600;

std::string caller_of(const service::Context& ctx) {
  return ctx.call.principal_arn.empty() ? "arn:aws:iam::" + ctx.call.account + ":root" : ctx.call.principal_arn;
}

// "arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION": of a session the parts, else nothing.
struct Assumed {
  std::string role;
  std::string session;
};
std::optional<Assumed> assumed_by(const service::Context& ctx) {
  const std::string& arn = ctx.call.principal_arn;
  const std::string prefix = "arn:aws:sts::" + ctx.call.account + ":assumed-role/";
  const std::size_t slash = arn.rfind('/');
  if (!arn.starts_with(prefix) || slash < prefix.size()) return std::nullopt;
  return Assumed{arn.substr(prefix.size(), slash - prefix.size()), arn.substr(slash + 1)};
}

// "arn:aws:iam::ACCOUNT:role/path/NAME"
std::optional<std::string> name_of(const std::string& arn, const std::string& account) {
  const std::string prefix = "arn:aws:iam::" + account + ":role/";
  if (!arn.starts_with(prefix)) return std::nullopt;
  return arn.substr(arn.rfind('/') + 1);
}

sts::Credentials open_session(const std::string& principal_arn, base::Duration life, State& state,
                              service::Context& ctx) {
  sts::Credentials credentials;
  credentials.access_key_id = "ASIA" + base::draw(ctx.random, kKeyAlphabet, 16);
  credentials.secret_access_key = base::draw(ctx.random, kSecretAlphabet, 40);
  credentials.session_token = base::draw(ctx.random, kSecretAlphabet, 356);
  credentials.expiration = ctx.now + life;
  SessionRow row;
  row.secret_access_key = credentials.secret_access_key;
  row.token = credentials.session_token;
  row.principal_arn = principal_arn;
  row.expires_at = credentials.expiration;
  state.sessions.put(ctx.change, credentials.access_key_id, std::move(row));
  return credentials;
}

}  // namespace

base::Outcome<sts::GetCallerIdentityResponse> get_caller_identity(State& state, const sts::GetCallerIdentityRequest&,
                                                                  service::Context& ctx) {
  sts::GetCallerIdentityResponse out;
  out.account = ctx.call.account;
  out.arn = caller_of(ctx);
  out.user_id = ctx.call.account;
  const auto assumed = assumed_by(ctx);
  const RoleRow* role = assumed ? state.roles.find(entity_key(ctx, assumed->role)) : nullptr;
  if (role != nullptr) out.user_id = role->id + ":" + assumed->session;
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
    return base::fault(
        sts::faults::AccessDenied,
        "User: " + caller_of(ctx) + " is not authorized to perform: sts:AssumeRole on resource: " + in.role_arn);
  }
  const std::int64_t seconds = in.duration_seconds.value_or(3600);
  if (seconds > role->max_session_seconds) {
    return base::fault(sts::faults::ValidationError,
                       "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  if (seconds > kChainedSecondsMax && assumed_by(ctx)) {
    return base::fault(sts::faults::ValidationError,
                       "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
                       "chaining");
  }
  if (state.sessions.rows().size() >= kSessionsMax) return base::fault(kThrottling, "Rate exceeded");
  sts::AssumeRoleResponse out;
  out.assumed_role_user.emplace();
  out.assumed_role_user->arn =
      "arn:aws:sts::" + ctx.call.account + ":assumed-role/" + role->name + "/" + in.role_session_name;
  out.assumed_role_user->assumed_role_id = role->id + ":" + in.role_session_name;
  out.credentials = open_session(out.assumed_role_user->arn, std::chrono::seconds(seconds), state, ctx);
  out.source_identity = in.source_identity;
  return out;
}

}  // namespace iam
