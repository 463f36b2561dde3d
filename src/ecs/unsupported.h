#pragma once

#include <optional>
#include <string>

#include "api/ecs/types.h"

// Names the first thing in a request that AWS knows and renkei can't do. It is refused, not ignored.
namespace ecs {

std::optional<std::string> unsupported_part(const api::ecs::RegisterTaskDefinitionRequest& request);
std::optional<std::string> unsupported_part(const api::ecs::CreateServiceRequest& request);
std::optional<std::string> unsupported_part(const api::ecs::RunTaskRequest& request);

}  // namespace ecs
