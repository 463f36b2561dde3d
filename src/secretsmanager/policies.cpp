#include <algorithm>

#include "secretsmanager/operations.h"
#include "wire/json.h"

namespace secretsmanager {
namespace {

using base::Value;

template <class Op>
typename Op::Output answer(const SecretRow& secret, const service::Context& ctx) {
  typename Op::Output out;
  out.arn = secret_arn(secret, ctx);
  out.name = secret.name;
  return out;
}

bool is_everybody(const Value* principal) {
  if (principal == nullptr) return false;
  if (principal->is_string()) return principal->as_string() == "*";
  const Value* aws = principal->find("AWS");
  if (aws == nullptr) return false;
  if (aws->is_string()) return aws->as_string() == "*";
  return aws->is_array() && std::ranges::find(aws->as_array(), Value("*")) != aws->as_array().end();
}

bool lets_everybody_in(const Value& policy) {
  const Value* statements = policy.find("Statement");
  const auto open = [](const Value& statement) {
    const Value* effect = statement.find("Effect");
    return effect != nullptr && *effect == Value("Allow") && is_everybody(statement.find("Principal")) &&
           statement.find("Condition") == nullptr;
  };
  return statements->is_array() ? std::ranges::any_of(statements->as_array(), open) : open(*statements);
}

}  // namespace

SECRETS_OPERATION(get_resource_policy, GetResourcePolicy) {
  TRY(const SecretRow* secret, live_secret(state, input.secret_id, ctx));
  auto out = answer<api::secretsmanager::GetResourcePolicy>(*secret, ctx);
  if (!secret->policy.empty()) out.resource_policy = secret->policy;
  return out;
}

SECRETS_OPERATION(put_resource_policy, PutResourcePolicy) {
  TRY(const SecretRow* secret, live_secret(state, input.secret_id, ctx));
  const auto policy = wire::parse_json(input.resource_policy);
  if (!policy || policy->find("Statement") == nullptr) {
    return base::fault(faults::MalformedPolicyDocumentException, "This resource policy contains invalid Json.");
  }
  if (input.block_public_policy.value_or(false) && lets_everybody_in(*policy)) {
    return base::fault(faults::PublicPolicyException,
                       "You can't attach a resource policy that grants broad access to the secret.");
  }
  state.secrets.modify(ctx.change, secret_key(*secret, ctx),
                       [&](SecretRow& row) { row.policy = input.resource_policy; });
  return answer<api::secretsmanager::PutResourcePolicy>(*secret, ctx);
}

SECRETS_OPERATION(delete_resource_policy, DeleteResourcePolicy) {
  TRY(const SecretRow* secret, live_secret(state, input.secret_id, ctx));
  state.secrets.modify(ctx.change, secret_key(*secret, ctx), [](SecretRow& row) { row.policy.clear(); });
  return answer<api::secretsmanager::DeleteResourcePolicy>(*secret, ctx);
}

}  // namespace secretsmanager
