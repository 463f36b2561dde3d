#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fault.h"
#include "ecs/core.h"
#include "service/context.h"

// What CreateService, UpdateService and RunTask check alike.
namespace ecs {

// An ACTIVE task definition that Fargate can run.
base::Outcome<const TaskDefinitionRow*> runnable_definition(const Tables& tables,
                                                            const std::optional<std::string>& name,
                                                            const service::Context& ctx);

// Subnets and security groups that are there, as awsvpc needs them.
base::Outcome<void> check_network(const std::optional<api::ecs::NetworkConfiguration>& network, service::Context& ctx);

base::Outcome<void> check_platform(const std::optional<std::string>& version);

// Launch type or capacity providers: what the request says, else what the cluster says, else EC2 (which is refused
// later, by name).
struct Capacity {
  std::optional<std::string> launch_type;
  std::optional<std::vector<api::ecs::CapacityProviderStrategyItem>> strategy;
};
base::Outcome<Capacity> choose_capacity(
    const std::optional<std::string>& launch_type,
    const std::optional<std::vector<api::ecs::CapacityProviderStrategyItem>>& strategy, const ClusterRow& cluster);

}  // namespace ecs
