#pragma once

#include "api/ecs/types.h"
#include "base/fault.h"

namespace ecs {

inline constexpr std::size_t kMaxContainersPerTask = 10;  // Amazon ECS service quotas

// The task definition that a request asks for, checked and with AWS's defaults filled in; without ARN, revision and
// times. A ClientException names what is wrong, or what renkei can't run: nothing is accepted that would be ignored.
base::Outcome<api::ecs::TaskDefinition> define_task(const api::ecs::RegisterTaskDefinitionRequest& request);

}  // namespace ecs
