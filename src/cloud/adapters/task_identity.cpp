#include "cloud/adapters/task_identity.h"

#include "base/value.h"
#include "wire/json.h"
#include "wire/text.h"

namespace cloud {

std::optional<std::string> task_credentials_json(const ecs::EcsService& ecs, const std::string& uuid) {
  const auto credentials = ecs.find_credentials(uuid);
  if (!credentials) return std::nullopt;
  base::Value json;
  json.set("RoleArn", credentials->role_arn);
  json.set("AccessKeyId", credentials->access_key_id);
  json.set("SecretAccessKey", credentials->secret_access_key);
  json.set("Token", credentials->token);
  json.set("Expiration", wire::format_date_time(std::chrono::floor<std::chrono::seconds>(credentials->expiration)));
  return wire::write_json(json);
}

}  // namespace cloud
