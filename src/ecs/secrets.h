#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>

#include "api/ecs/types.h"
#include "ecs/launch_checks.h"
#include "service/context.h"

// Values from Parameter Store and Secrets Manager that become a container's environment: "secrets" of its definition.
namespace ecs {

// What a valueFrom means.
struct SecretSource {
  enum class Kind : std::uint8_t { Parameter, Secret };
  Kind kind = Kind::Parameter;
  std::string region;      // "": that of the task
  std::string id;          // a parameter's name or ARN; a secret's ARN
  std::string json_key{};  // of a secret: "" for the whole of it
  std::string stage{};
  std::string version_id{};
};
// Nothing when it is neither a parameter's name or ARN nor a secret's ARN, with or without :KEY:STAGE:VERSION.
std::optional<SecretSource> parse_secret_source(const std::string& value_from);

// What RegisterTaskDefinition says of a container's secrets.
std::optional<std::string> secrets_complaint(const api::ecs::ContainerDefinition& container, bool has_execution_role);

// Values by the names of environment variables, fetched with the execution role over the task's interface.
std::expected<std::map<std::string, std::string>, Obstacle> fetch_secrets(
    const Launcher& launcher, const api::ecs::ContainerDefinition& container, service::Context& ctx);
// Of all containers: what Fargate asks for before anything else.
std::optional<Obstacle> secrets_obstacle(const Launcher& launcher, const api::ecs::TaskDefinition& definition,
                                         service::Context& ctx);

}  // namespace ecs
