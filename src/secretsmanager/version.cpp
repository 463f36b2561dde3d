#include "secretsmanager/version.h"

#include <algorithm>

#include "secretsmanager/limits.h"

namespace secretsmanager {
namespace {

base::Outcome<void> check_size(const std::optional<std::string>& value, const std::string& name) {
  if (!value || (!value->empty() && value->size() <= kValueMax)) return {};
  const std::string bound = value->empty() ? "greater than or equal to 1" : "less than or equal to 65536";
  return base::fault(faults::ValidationException, "1 validation error detected: Value at '" + name +
                                                      "' failed to satisfy constraint: Member must have length " +
                                                      bound);
}

// Versions without a label that are a day old make room, the oldest first.
base::Outcome<void> make_room(State& state, const SecretRow& secret, service::Context& ctx) {
  const auto versions = state.versions_of(secret, ctx);
  std::size_t count = versions.size();
  std::vector<std::string> keys;
  for (const VersionRow* version : versions) {
    if (count < kVersionsMax) break;
    if (!version->stages.empty() || version->created_at + kVersionKept > ctx.now) continue;
    keys.push_back(version_key(secret, version->id, ctx));
    --count;
  }
  for (const std::string& key : keys) state.versions.erase(ctx.change, key);
  if (count < kVersionsMax) return {};
  return base::fault(faults::LimitExceededException,
                     "The secret has 100 versions, and none that is older than a day and has no staging label.");
}

base::Outcome<void> check_stage_count(const State& state, const SecretRow& secret, std::set<std::string> stages,
                                      const service::Context& ctx) {
  for (const VersionRow* version : state.versions_of(secret, ctx)) {
    stages.insert(version->stages.begin(), version->stages.end());
  }
  if (stages.size() <= kStagesMax) return {};
  return base::fault(faults::LimitExceededException, "A secret can have no more than 20 staging labels.");
}

void drop_stage(State& state, const SecretRow& secret, const std::string& stage, service::Context& ctx) {
  const VersionRow* holder = state.holder_of(secret, stage, ctx);
  if (holder == nullptr) return;
  state.versions.modify(ctx.change, version_key(secret, holder->id, ctx),
                        [&](VersionRow& row) { row.stages.erase(stage); });
}

void add_stage(State& state, const SecretRow& secret, const std::string& stage, const std::string& id,
               service::Context& ctx) {
  state.versions.modify(ctx.change, version_key(secret, id, ctx), [&](VersionRow& row) { row.stages.insert(stage); });
}

}  // namespace

base::Outcome<void> check_value(const NewValue& value) {
  if (!value.given()) return {};
  if (value.text && value.bytes) {
    return invalid_parameter(
        "You can't specify both a binary secret value and a string secret value in the same secret.");
  }
  if (!value.token) {
    return invalid_request("You must provide a ClientRequestToken value. We recommend a UUID-type value.");
  }
  CHECK(check_size(value.text, "secretString"));
  CHECK(check_size(value.bytes, "secretBinary"));
  return {};
}

void move_stage(State& state, const SecretRow& secret, const std::string& stage, const VersionRow* to,
                service::Context& ctx) {
  const VersionRow* from = state.holder_of(secret, stage, ctx);
  if (from == to) return;
  if (from != nullptr) {
    if (stage == kCurrent) {
      const std::string id = from->id;
      drop_stage(state, secret, kPrevious, ctx);
      add_stage(state, secret, kPrevious, id, ctx);
    }
    drop_stage(state, secret, stage, ctx);
  }
  if (to == nullptr) return;
  // What is current is not what was before.
  if (stage == kCurrent && to->stages.contains(kPrevious)) drop_stage(state, secret, kPrevious, ctx);
  add_stage(state, secret, stage, to->id, ctx);
}

base::Outcome<std::string> add_version(State& state, SecretRow& secret, const NewValue& value,
                                       std::set<std::string> stages, service::Context& ctx) {
  const std::string key = version_key(secret, *value.token, ctx);
  if (const VersionRow* held = state.versions.find(key)) {
    if (held->text == value.text && held->bytes == value.bytes) return held->id;
    return base::fault(faults::ResourceExistsException, "You can't use ClientRequestToken " + *value.token +
                                                            " because that value is already in use for a version of "
                                                            "secret " +
                                                            secret_arn(secret, ctx) + ".");
  }
  if (secret.last_version == 0) stages.insert(kCurrent);
  CHECK(check_stage_count(state, secret, stages, ctx));
  CHECK(make_room(state, secret, ctx));
  VersionRow version;
  version.id = *value.token;
  version.number = ++secret.last_version;
  version.created_at = ctx.now;
  version.text = value.text;
  version.bytes = value.bytes;
  state.versions.put(ctx.change, key, std::move(version));
  for (const std::string& stage : stages) move_stage(state, secret, stage, state.versions.find(key), ctx);
  secret.changed_at = ctx.now;
  return *value.token;
}

}  // namespace secretsmanager
