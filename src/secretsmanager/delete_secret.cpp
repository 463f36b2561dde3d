#include "secretsmanager/limits.h"
#include "secretsmanager/operations.h"

namespace secretsmanager {
namespace {

base::Outcome<void> check_window(const api::secretsmanager::DeleteSecretRequest& input) {
  if (!input.recovery_window_in_days) return {};
  if (input.force_delete_without_recovery.value_or(false)) {
    return invalid_parameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  }
  if (*input.recovery_window_in_days >= kWindowMin && *input.recovery_window_in_days <= kWindowMax) return {};
  return invalid_parameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
}

}  // namespace

// By force it is gone at once, and one that is not there is no error (DeleteSecret, API reference).
SECRETS_OPERATION(delete_secret, DeleteSecret) {
  CHECK(check_window(input));
  const bool force = input.force_delete_without_recovery.value_or(false);
  api::secretsmanager::DeleteSecret::Output out;
  const SecretRow* secret = state.find(input.secret_id, ctx);
  if (force) {
    out.name = secret == nullptr ? input.secret_id : secret->name;
    out.arn = secret == nullptr ? ctx.arn("secretsmanager", "secret:" + input.secret_id) : secret_arn(*secret, ctx);
    out.deletion_date = ctx.now;
    if (secret != nullptr) state.erase(*out.name, ctx);
    return out;
  }
  CHECK(live_secret(state, input.secret_id, ctx));
  const auto days = std::chrono::days(input.recovery_window_in_days.value_or(kWindowDefault));
  state.secrets.modify(ctx.change, secret_key(*secret, ctx), [&](SecretRow& row) {
    row.deleted_at = ctx.now;
    row.erase_at = ctx.now + days;
  });
  out.name = secret->name;
  out.arn = secret_arn(*secret, ctx);
  out.deletion_date = ctx.now + days;
  return out;
}

SECRETS_OPERATION(restore_secret, RestoreSecret) {
  TRY(const SecretRow* secret, any_secret(state, input.secret_id, ctx));
  state.secrets.modify(ctx.change, secret_key(*secret, ctx), [](SecretRow& row) {
    row.deleted_at.reset();
    row.erase_at.reset();
  });
  api::secretsmanager::RestoreSecret::Output out;
  out.arn = secret_arn(*secret, ctx);
  out.name = secret->name;
  return out;
}

}  // namespace secretsmanager
