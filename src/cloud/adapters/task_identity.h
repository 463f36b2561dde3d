#pragma once

#include <optional>
#include <string>

#include "ecs/service.h"

namespace cloud {

// What a task's credentials endpoint answers: JSON as the SDKs' container provider reads it.
std::optional<std::string> task_credentials_json(const ecs::EcsService& ecs, const std::string& uuid);

}  // namespace cloud
