#include "secretsmanager/tags.h"

#include "secretsmanager/limits.h"
#include "secretsmanager/operations.h"

namespace secretsmanager {

base::Outcome<void> add_tags(SecretRow& secret, const std::vector<api::secretsmanager::Tag>& tags) {
  for (const auto& tag : tags) {
    if (!tag.key) return invalid_parameter("You must provide a key for each tag.");
    secret.tags[*tag.key] = tag.value.value_or("");
  }
  if (secret.tags.size() <= kTagsMax) return {};
  return invalid_parameter("A secret can have no more than 50 tags.");
}

std::vector<api::secretsmanager::Tag> tags_of(const SecretRow& secret) {
  std::vector<api::secretsmanager::Tag> tags;
  for (const auto& [key, value] : secret.tags) tags.push_back({key, value});
  return tags;
}

SECRETS_OPERATION(tag_resource, TagResource) {
  TRY(const SecretRow* held, live_secret(state, input.secret_id, ctx));
  SecretRow secret = *held;
  CHECK(add_tags(secret, input.tags));
  const std::string key = secret_key(secret, ctx);
  state.secrets.put(ctx.change, key, std::move(secret));
  return api::secretsmanager::TagResource::Output{};
}

SECRETS_OPERATION(untag_resource, UntagResource) {
  TRY(const SecretRow* secret, live_secret(state, input.secret_id, ctx));
  state.secrets.modify(ctx.change, secret_key(*secret, ctx), [&](SecretRow& row) {
    for (const std::string& key : input.tag_keys) row.tags.erase(key);
  });
  return api::secretsmanager::UntagResource::Output{};
}

}  // namespace secretsmanager
