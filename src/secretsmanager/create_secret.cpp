#include <algorithm>

#include "secretsmanager/limits.h"
#include "secretsmanager/operations.h"
#include "secretsmanager/tags.h"
#include "secretsmanager/version.h"

namespace secretsmanager {
namespace {

constexpr std::size_t kSuffixLength = 6;
constexpr const char* kOwnKey = "alias/aws/secretsmanager";

base::Outcome<void> check_name(const std::string& name) {
  const auto good = [](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || std::string_view("-/_+=.@!").find(c) != std::string_view::npos;
  };
  if (std::ranges::all_of(name, good)) return {};
  return base::fault(faults::ValidationException,
                     "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: "
                     "-/_+=.@!");
}

base::Outcome<void> check_key(const std::optional<std::string>& key) {
  const std::string given = key.value_or("");
  if (given.empty() || given == kOwnKey) return {};
  return not_supported("KMS keys (KmsKeyId " + given + ") other than " + kOwnKey + " are");
}

base::Outcome<void> check_supported(const api::secretsmanager::CreateSecretRequest& input) {
  if (input.add_replica_regions && !input.add_replica_regions->empty()) return not_supported("Replicas of secrets are");
  if (input.type_ && !input.type_->empty()) return not_supported("Managed external secrets (Type) are");
  return check_key(input.kms_key_id);
}

// The same request again, or another one for a name that is taken.
base::Outcome<std::string> taken(const State& state, const SecretRow& held,
                                 const api::secretsmanager::CreateSecretRequest& input, const service::Context& ctx) {
  if (held.deleted_at) {
    return invalid_request(
        "You can't create this secret because a secret with this name is already scheduled for deletion.");
  }
  const VersionRow* version = nullptr;
  if (input.client_request_token) version = state.versions.find(version_key(held, *input.client_request_token, ctx));
  const bool same = version != nullptr && version->text == input.secret_string && version->bytes == input.secret_binary;
  if (same) return version->id;
  return base::fault(faults::ResourceExistsException,
                     "The operation failed because the secret " + held.name + " already exists.");
}

api::secretsmanager::CreateSecretResponse created(const SecretRow& secret, const std::string& version,
                                                  const service::Context& ctx) {
  api::secretsmanager::CreateSecretResponse out;
  out.arn = secret_arn(secret, ctx);
  out.name = secret.name;
  if (!version.empty()) out.version_id = version;
  return out;
}

}  // namespace

SECRETS_OPERATION(create_secret, CreateSecret) {
  CHECK(check_name(input.name));
  CHECK(check_supported(input));
  const NewValue value{input.secret_string, input.secret_binary, input.client_request_token};
  CHECK(check_value(value));
  if (const SecretRow* held = state.secrets.find(service::key(ctx, {input.name}))) {
    TRY(const std::string version, taken(state, *held, input, ctx));
    return created(*held, version, ctx);
  }
  if (state.secrets.rows().size() >= kSecretsMax) {
    return base::fault(faults::LimitExceededException, "You have reached the maximum number of secrets.");
  }
  SecretRow secret;
  secret.name = input.name;
  secret.suffix = base::draw(ctx.random, base::kMixedAlnum, kSuffixLength);
  secret.description = input.description.value_or("");
  secret.created_at = secret.changed_at = ctx.now;
  CHECK(add_tags(secret, input.tags.value_or(std::vector<api::secretsmanager::Tag>{})));
  std::string version;
  if (value.given()) {
    TRY(version, add_version(state, secret, value, {kCurrent}, ctx));
  }
  auto out = created(secret, version, ctx);
  const std::string key = secret_key(secret, ctx);
  state.secrets.put(ctx.change, key, std::move(secret));
  return out;
}

SECRETS_OPERATION(update_secret, UpdateSecret) {
  TRY(const SecretRow* held, live_secret(state, input.secret_id, ctx));
  CHECK(check_key(input.kms_key_id));
  if (input.type_ && !input.type_->empty()) return not_supported("Managed external secrets (Type) are");
  const NewValue value{input.secret_string, input.secret_binary, input.client_request_token};
  CHECK(check_value(value));
  SecretRow secret = *held;
  if (input.description) secret.description = *input.description;
  secret.changed_at = ctx.now;
  api::secretsmanager::UpdateSecret::Output out;
  if (value.given()) {
    TRY(out.version_id, add_version(state, secret, value, {kCurrent}, ctx));
  }
  out.arn = secret_arn(secret, ctx);
  out.name = secret.name;
  const std::string key = secret_key(secret, ctx);
  state.secrets.put(ctx.change, key, std::move(secret));
  return out;
}

}  // namespace secretsmanager
