#include "ecs/launch.h"

#include <algorithm>
#include <expected>
#include <map>

#include "api/iam/operations.h"
#include "api/iam/types.h"
#include "ecs/credentials.h"
#include "ecs/life_spec.h"

namespace ecs {
namespace {

// First every provider's base, then by weight: the one whose share is furthest behind.
std::optional<std::string> pick_provider(const Launch& launch, const std::vector<const TaskRow*>& earlier) {
  if (!launch.strategy || launch.strategy->empty()) return std::nullopt;
  std::map<std::string, std::int64_t> count;
  for (const TaskRow* task : earlier) ++count[task->capacity_provider.value_or("")];
  for (const auto& item : *launch.strategy) {
    if (count[item.capacity_provider] < item.base.value_or(0)) return item.capacity_provider;
  }
  const api::ecs::CapacityProviderStrategyItem* best = nullptr;
  const auto behind = [&](const auto& a, const auto& b) {
    const std::int64_t of_a = count[a.capacity_provider] - a.base.value_or(0);
    const std::int64_t of_b = count[b.capacity_provider] - b.base.value_or(0);
    return (of_a + 1) * b.weight.value_or(1) < (of_b + 1) * a.weight.value_or(1);
  };
  const bool one_item = launch.strategy->size() == 1;
  for (const auto& item : *launch.strategy) {
    if (item.weight.value_or(1) == 0 && !one_item) continue;
    if (best == nullptr || behind(item, *best)) best = &item;
  }
  return best == nullptr ? launch.strategy->front().capacity_provider : best->capacity_provider;
}

// The zone with fewest tasks; within it the subnet named first, also when it is full (as on AWS).
void place(TaskRow& task, const Launch& launch, const std::vector<const TaskRow*>& earlier, const Core& core,
           service::Context& ctx) {
  if (!launch.network || !launch.network->awsvpc_configuration) return;
  std::map<std::string, std::int64_t> in_zone;
  for (const TaskRow* other : earlier) ++in_zone[other->zone];
  for (const std::string& subnet : launch.network->awsvpc_configuration->subnets) {
    const std::string zone = core.network.zone_of(subnet, ctx);
    if (!task.subnet.empty() && in_zone[zone] >= in_zone[task.zone]) continue;
    task.subnet = subnet;
    task.zone = zone;
  }
}

// The task's interface, or why it has none, in AWS's words.
std::expected<TaskInterface, std::string> attach(const TaskRow& task, const Launch& launch, Core& core,
                                                 service::Context& ctx) {
  if (task.subnet.empty()) return TaskInterface{};
  const api::ecs::AwsVpcConfiguration& given = *launch.network->awsvpc_configuration;
  NewTaskInterface wanted;
  wanted.subnet = task.subnet;
  wanted.groups = given.security_groups.value_or(std::vector<std::string>{});
  wanted.public_address = given.assign_public_ip == "ENABLED";
  wanted.attachment_arn = ctx.arn("ecs", "attachment/" + task.attachment_id);
  auto made = core.network.create(wanted, ctx);
  if (made) return made;
  return std::unexpected("Unexpected EC2 error while attempting to Create Network Interface" +
                         std::string(wanted.public_address ? " with public IP assignment enabled" : "") +
                         " in subnet '" + task.subnet + "': " + made.error());
}

// The role is there, and its trust policy names ecs-tasks. The policy itself is not evaluated yet.
bool ecs_may_assume(const std::string& arn, service::Context& ctx) {
  api::iam::GetRoleRequest request;
  request.role_name = arn.substr(arn.rfind('/') + 1);
  const auto answer = service::call<api::iam::GetRole>(std::move(request), ctx);
  if (!answer) return false;
  const auto& trust = answer->role.assume_role_policy_document;
  return answer->role.arn == arn && trust && trust->find("ecs-tasks.amazonaws.com") != std::string::npos;
}

}  // namespace

std::string role_arn(const std::string& name_or_arn, const service::Context& ctx) {
  if (name_or_arn.starts_with("arn:")) return name_or_arn;
  return "arn:aws:iam::" + ctx.call.account + ":role/" + name_or_arn;
}

std::string execution_role(const TaskRow& task, const api::ecs::TaskDefinition& definition,
                           const service::Context& ctx) {
  const std::string role = task.overrides.execution_role_arn.value_or(definition.execution_role_arn.value_or(""));
  return role.empty() ? "" : role_arn(role, ctx);
}

std::optional<std::string> role_complaint(const api::ecs::TaskDefinition& definition,
                                          const api::ecs::TaskOverride& overrides, service::Context& ctx) {
  const auto given = [](const auto& changed, const auto& defined) { return changed.value_or(defined.value_or("")); };
  for (const std::string& role : {given(overrides.execution_role_arn, definition.execution_role_arn),
                                  given(overrides.task_role_arn, definition.task_role_arn)}) {
    if (role.empty() || ecs_may_assume(role_arn(role, ctx), ctx)) continue;
    return "ECS was unable to assume the role '" + role_arn(role, ctx) +
           "' that was provided for this task. Please verify that the role being passed has the proper trust "
           "relationship and permissions and that your IAM user has permissions to pass this role.";
  }
  return std::nullopt;
}

TaskRow make_task(const Launch& launch, const std::vector<const TaskRow*>& earlier, Core& core, service::Context& ctx) {
  const api::ecs::TaskDefinition& definition = launch.definition->definition;
  TaskRow task;
  task.id = base::hex_id(ctx.random, 32);
  task.cluster = launch.cluster;
  task.service = launch.service;
  task.deployment = launch.deployment;
  task.task_definition_arn = definition.task_definition_arn.value_or("");
  task.overrides = launch.overrides;
  task.started_by = launch.started_by;
  task.group = launch.group;
  task.capacity_provider = pick_provider(launch, earlier);
  task.launch_type = task.capacity_provider ? std::nullopt : std::optional<std::string>("FARGATE");
  task.platform_version = launch.platform_version;
  place(task, launch, earlier, core, ctx);
  task.execute_command = launch.execute_command;
  task.tags = launch.tags;
  task.created_at = ctx.now;
  task.reference_id = launch.reference_id;
  task.attachment_id = base::uuid(ctx.random);
  for (std::size_t i = 0; i < definition.container_definitions->size(); ++i) {
    task.container_ids.push_back(base::uuid(ctx.random));
  }
  const std::string role = launch.overrides.task_role_arn.value_or(definition.task_role_arn.value_or(""));
  if (!role.empty()) task.credentials_id = make_credentials(role_arn(role, ctx), task.id, core, ctx);
  const life::Spec spec = life_spec(definition);
  task.life = life::first_state(spec);
  if (auto interface = attach(task, launch, core, ctx)) {
    task.interface = std::move(*interface);
  } else {
    life::advance(spec, task.life, life::SandboxFailed{interface.error()}, ctx.now);
  }
  return task;
}

}  // namespace ecs
