#include "secretsmanager/operations.h"
#include "secretsmanager/version.h"

namespace secretsmanager {
namespace {

std::unexpected<base::Fault> no_value(const std::string& what) {
  return base::fault(faults::ResourceNotFoundException,
                     "Secrets Manager can't find the specified secret value for " + what);
}

base::Outcome<const VersionRow*> wanted_version(const State& state, const SecretRow& secret,
                                                const api::secretsmanager::GetSecretValueRequest& input,
                                                const service::Context& ctx) {
  if (!input.version_id) {
    const std::string stage = input.version_stage.value_or(kCurrent);
    const VersionRow* version = state.holder_of(secret, stage, ctx);
    if (version == nullptr) return no_value("staging label: " + stage);
    return version;
  }
  const VersionRow* version = state.versions.find(version_key(secret, *input.version_id, ctx));
  if (version == nullptr) return no_value("VersionId: " + *input.version_id);
  if (input.version_stage && !version->stages.contains(*input.version_stage)) {
    return invalid_request("You provided a VersionStage that is not associated to the provided VersionId.");
  }
  return version;
}

// Once a day, so that reading does not write.
void note_access(State& state, const SecretRow& secret, const VersionRow& version, service::Context& ctx) {
  const base::TimePoint today = std::chrono::floor<std::chrono::days>(ctx.now);
  if (secret.accessed_on != today) {
    state.secrets.modify(ctx.change, secret_key(secret, ctx), [&](SecretRow& row) { row.accessed_on = today; });
  }
  if (version.accessed_on != today) {
    state.versions.modify(ctx.change, version_key(secret, version.id, ctx),
                          [&](VersionRow& row) { row.accessed_on = today; });
  }
}

// Why a label can't move like this; nothing if it can.
base::Outcome<void> check_move(const api::secretsmanager::UpdateSecretVersionStageRequest& input,
                               const VersionRow* holder) {
  const std::string& stage = input.version_stage;
  if (!input.move_to_version_id && !input.remove_from_version_id) {
    return invalid_parameter("You must provide a MoveToVersionId, a RemoveFromVersionId, or both.");
  }
  if (stage == kCurrent && !input.move_to_version_id) {
    return invalid_parameter(
        "You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed.");
  }
  if (holder == nullptr && input.remove_from_version_id) {
    return invalid_parameter("Staging label " + stage + " isn't attached to version " + *input.remove_from_version_id +
                             ".");
  }
  if (holder == nullptr || input.remove_from_version_id == holder->id || input.move_to_version_id == holder->id) {
    return {};
  }
  if (!input.remove_from_version_id) {
    return invalid_parameter("The parameter RemoveFromVersionId can't be empty. Staging label " + stage +
                             " is currently attached to version " + holder->id +
                             ", so you must explicitly reference that version in RemoveFromVersionId.");
  }
  return invalid_parameter("Staging label " + stage + " is currently attached to version " + holder->id +
                           ", so you must explicitly reference that version in RemoveFromVersionId.");
}

}  // namespace

SECRETS_OPERATION(get_secret_value, GetSecretValue) {
  TRY(const SecretRow* secret, live_secret(state, input.secret_id, ctx));
  TRY(const VersionRow* version, wanted_version(state, *secret, input, ctx));
  note_access(state, *secret, *version, ctx);
  api::secretsmanager::GetSecretValue::Output out;
  out.arn = secret_arn(*secret, ctx);
  out.name = secret->name;
  out.version_id = version->id;
  out.secret_string = version->text;
  out.secret_binary = version->bytes;
  out.version_stages.emplace(version->stages.begin(), version->stages.end());
  out.created_date = version->created_at;
  return out;
}

SECRETS_OPERATION(put_secret_value, PutSecretValue) {
  TRY(const SecretRow* held, live_secret(state, input.secret_id, ctx));
  if (input.rotation_token) return not_supported("Rotation (RotationToken) is");
  const NewValue value{input.secret_string, input.secret_binary, input.client_request_token};
  if (!value.given()) return invalid_request("You must provide either SecretString or SecretBinary.");
  CHECK(check_value(value));
  std::set<std::string> stages{kCurrent};
  if (input.version_stages) stages = {input.version_stages->begin(), input.version_stages->end()};
  SecretRow secret = *held;
  TRY(const std::string id, add_version(state, secret, value, stages, ctx));
  api::secretsmanager::PutSecretValue::Output out;
  out.arn = secret_arn(secret, ctx);
  out.name = secret.name;
  out.version_id = id;
  const auto& holds = state.versions.find(version_key(secret, id, ctx))->stages;
  out.version_stages.emplace(holds.begin(), holds.end());
  const std::string key = secret_key(secret, ctx);
  state.secrets.put(ctx.change, key, std::move(secret));
  return out;
}

SECRETS_OPERATION(update_secret_version_stage, UpdateSecretVersionStage) {
  TRY(const SecretRow* secret, live_secret(state, input.secret_id, ctx));
  CHECK(check_move(input, state.holder_of(*secret, input.version_stage, ctx)));
  const VersionRow* to = nullptr;
  if (input.move_to_version_id) {
    to = state.versions.find(version_key(*secret, *input.move_to_version_id, ctx));
    if (to == nullptr) return no_value("VersionId: " + *input.move_to_version_id);
  }
  move_stage(state, *secret, input.version_stage, to, ctx);
  state.secrets.modify(ctx.change, secret_key(*secret, ctx), [&](SecretRow& row) { row.changed_at = ctx.now; });
  api::secretsmanager::UpdateSecretVersionStage::Output out;
  out.arn = secret_arn(*secret, ctx);
  out.name = secret->name;
  return out;
}

SECRETS_OPERATION(list_secret_version_ids, ListSecretVersionIds) {
  TRY(const SecretRow* secret, any_secret(state, input.secret_id, ctx));
  std::vector<const VersionRow*> versions;
  for (const VersionRow* version : state.versions_of(*secret, ctx)) {
    if (!version->stages.empty() || input.include_deprecated.value_or(false)) versions.push_back(version);
  }
  TRY(const Page page, page_of(versions.size(), input.max_results, input.next_token));
  api::secretsmanager::ListSecretVersionIds::Output out;
  auto& list = out.versions.emplace();
  for (std::size_t i = page.first; i < page.last; ++i) {
    const VersionRow& version = *versions[i];
    auto& one = list.emplace_back();
    one.version_id = version.id;
    if (!version.stages.empty()) one.version_stages.emplace(version.stages.begin(), version.stages.end());
    one.last_accessed_date = version.accessed_on;
    one.created_date = version.created_at;
    one.kms_key_ids = {"DefaultEncryptionKey"};
  }
  out.next_token = page.next_token;
  out.arn = secret_arn(*secret, ctx);
  out.name = secret->name;
  return out;
}

}  // namespace secretsmanager
