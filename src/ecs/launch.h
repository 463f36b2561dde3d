#pragma once

#include <string>

#include "ecs/core.h"
#include "service/context.h"

namespace ecs {

// What a new task is made from.
struct Launch {
  std::string cluster;
  std::string service;     // "" for RunTask
  std::string deployment;  // ""
  const TaskDefinitionRow* definition = nullptr;
  api::ecs::TaskOverride overrides{};
  std::string started_by{};
  std::string group{};
  std::optional<std::string> launch_type{};
  std::optional<std::vector<api::ecs::CapacityProviderStrategyItem>> strategy{};
  std::string platform_version{};
  std::optional<api::ecs::NetworkConfiguration> network{};
  bool execute_command = false;
  Tags tags{};
  std::string reference_id{};
};

// Mints a task: ids, credentials for its task role and a network interface (stored at once), capacity provider, subnet
// and zone. `earlier` are the tasks among which it is spread. The caller hands it to TaskDriver::add(); a task that got
// no interface has failed already.
TaskRow make_task(const Launch& launch, const std::vector<const TaskRow*>& earlier, Core& core, service::Context& ctx);

// Why the task's roles can't be used, in AWS's words; nothing if they can.
std::optional<std::string> role_complaint(const api::ecs::TaskDefinition& definition,
                                          const api::ecs::TaskOverride& overrides, service::Context& ctx);

// "name" or an ARN -> the ARN.
std::string role_arn(const std::string& name_or_arn, const service::Context& ctx);
// ARN of the role with which Fargate acts for the task, "" if it has none.
std::string execution_role(const TaskRow& task, const api::ecs::TaskDefinition& definition,
                           const service::Context& ctx);

}  // namespace ecs
