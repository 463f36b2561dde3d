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

// "arn:aws:iam::ACCOUNT:role/path/NAME"
std::optional<std::string> name_of(const std::string& arn, const std::string& account) {
  const std::string prefix = "arn:aws:iam::" + account + ":role/";
  if (!arn.starts_with(prefix)) return std::nullopt;
  return arn.substr(arn.rfind('/') + 1);
}

// The policies that AssumeRole is given for the session: they limit it, together, to what one of them allows.
base::Outcome<std::vector<std::string>> session_policies(const State& state, const sts::AssumeRoleRequest& in,
                                                         const service::Context& ctx) {
  std::vector<std::string> documents;
  if (in.policy) documents.push_back(*in.policy);
  for (const auto& given : in.policy_arns.value_or(std::vector<sts::PolicyDescriptorType>{})) {
    const std::string arn = given.arn.value_or("");
    const PolicyRow* policy = find_policy(state, ctx.call.account, arn);
    if (policy == nullptr) {
      return base::fault(sts::faults::ValidationError, "Policy " + arn + " does not exist or is not attachable.");
    }
    documents.push_back(find_version(*policy, "v" + std::to_string(policy->default_version))->document);
  }
  if (!in.policy) return documents;
  auto parsed = policy::parse(*in.policy, policy::Form::Identity);
  if (!parsed) return base::fault(sts::faults::MalformedPolicyDocumentException, std::move(parsed.error()));
  return documents;
}

sts::Credentials open_session(SessionRow row, base::Duration life, State& state, service::Context& ctx) {
  sts::Credentials credentials;
  credentials.access_key_id = "ASIA" + base::draw(ctx.random, kKeyAlphabet, 16);
  credentials.secret_access_key = base::draw(ctx.random, kSecretAlphabet, 40);
  credentials.session_token = base::draw(ctx.random, kSecretAlphabet, 356);
  credentials.expiration = ctx.now + life;
  row.secret_access_key = credentials.secret_access_key;
  row.token = credentials.session_token;
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
  const auto assumed = read_assumed_role(ctx.call.principal_arn, ctx.call.account);
  const RoleRow* role = assumed ? state.roles.find(entity_key(ctx, assumed->role)) : nullptr;
  if (role != nullptr) out.user_id = role->id + ":" + assumed->session;
  return out;
}

base::Outcome<sts::AssumeRoleResponse> assume_role(State& state, const sts::AssumeRoleRequest& in,
                                                   service::Context& ctx) {
  // Taking these and not acting on them would pretend a restriction that is not there.
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
  const bool chained = read_assumed_role(ctx.call.principal_arn, ctx.call.account).has_value();
  const std::int64_t seconds = in.duration_seconds.value_or(3600);
  if (seconds > role->max_session_seconds) {
    return base::fault(sts::faults::ValidationError,
                       "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  if (seconds > kChainedSecondsMax && chained) {
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
  SessionRow session;
  session.principal_arn = out.assumed_role_user->arn;
  TRY(session.policies, session_policies(state, in, ctx));
  // Sessions that STS did not open are those of tasks.
  const SessionRow* own = state.sessions.find(ctx.call.access_key_id);
  session.of_task = own == nullptr ? chained : own->of_task;
  out.credentials = open_session(std::move(session), std::chrono::seconds(seconds), state, ctx);
  out.source_identity = in.source_identity;
  return out;
}

}  // namespace iam
