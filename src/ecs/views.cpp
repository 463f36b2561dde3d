#include "ecs/views.h"

#include <array>

#include "ecs/life_spec.h"
#include "ecs/names.h"
#include "ecs/scheduler.h"
#include "ecs/tags.h"

namespace ecs {
namespace {

constexpr const char* kPlatformVersion = "1.4.0";
constexpr const char* kPlatformFamily = "Linux";
constexpr std::int64_t kDefaultStorageGib = 20;

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}
std::optional<base::TimePoint> if_set(base::TimePoint at) {
  return at == base::kNever ? std::nullopt : std::optional<base::TimePoint>(at);
}

const char* health_text(life::Health health) {
  static constexpr std::array<const char*, 3> kTexts{"UNKNOWN", "HEALTHY", "UNHEALTHY"};
  return kTexts[static_cast<std::size_t>(health)];
}

const char* container_status(life::Status status) {
  if (status == life::Status::Running) return "RUNNING";
  return status == life::Status::Stopped ? "STOPPED" : "PENDING";
}

const char* service_status(ServiceStatus status) {
  static constexpr std::array<const char*, 3> kTexts{"ACTIVE", "DRAINING", "INACTIVE"};
  return kTexts[static_cast<std::size_t>(status)];
}

const char* rollout_text(Rollout rollout) {
  static constexpr std::array<const char*, 3> kTexts{"IN_PROGRESS", "COMPLETED", "FAILED"};
  return kTexts[static_cast<std::size_t>(rollout)];
}

std::string shown_platform(const std::string& version) {
  return version.empty() || version == "LATEST" ? kPlatformVersion : version;
}

api::ecs::Deployment view_deployment(const DeploymentRow& row, bool primary, const Tables& tables,
                                     const std::string& service_key) {
  const TaskCounts counts = count_tasks(tables, service_key, &row.id);
  api::ecs::Deployment view;
  view.id = row.id;
  view.status = primary ? "PRIMARY" : "ACTIVE";
  view.task_definition = row.task_definition_arn;
  view.desired_count = primary ? row.desired : counts.running + counts.pending;
  view.pending_count = counts.pending;
  view.running_count = counts.running;
  view.failed_tasks = row.failed_tasks;
  view.created_at = row.created_at;
  view.updated_at = row.updated_at;
  if (row.strategy && !row.strategy->empty()) {
    view.capacity_provider_strategy = row.strategy;
  } else {
    view.launch_type = row.launch_type;
  }
  view.platform_version = shown_platform(row.platform_version);
  view.platform_family = kPlatformFamily;
  view.network_configuration = row.network;
  view.rollout_state = rollout_text(row.rollout);
  view.rollout_state_reason = row.rollout_reason;
  return view;
}

// The agent of ECS Exec goes with its container.
api::ecs::ManagedAgent view_exec_agent(const life::Container& held) {
  api::ecs::ManagedAgent agent;
  agent.name = "ExecuteCommandAgent";
  agent.last_status = container_status(held.status);
  if (held.started_at != base::TimePoint{}) agent.last_started_at = held.started_at;
  return agent;
}

api::ecs::Container view_container(const TaskRow& task, std::size_t index, const TaskDefinitionRow& definition,
                                   const life::Spec& spec, const service::Context& ctx) {
  const auto& defined = (*definition.definition.container_definitions)[index];
  const life::Container& held = task.life.containers[index];
  api::ecs::Container view;
  view.container_arn = container_arn(ctx, task, task.container_ids[index]);
  view.task_arn = task_arn(ctx, task);
  view.name = defined.name;
  view.image = defined.image;
  view.image_digest = unless_empty(held.image_digest);
  view.runtime_id = unless_empty(held.runtime_id);
  view.last_status = container_status(held.status);
  if (held.exit_code) view.exit_code = *held.exit_code;
  view.reason = unless_empty(held.reason);
  view.network_bindings.emplace();
  api::ecs::NetworkInterface& interface = view.network_interfaces.emplace().emplace_back();
  interface.attachment_id = task.attachment_id;
  interface.private_ipv4_address = unless_empty(task.interface.address);
  view.health_status = health_text(spec[index].health ? held.health : life::Health::Unknown);
  if (task.execute_command) view.managed_agents.emplace().push_back(view_exec_agent(held));
  view.cpu = std::to_string(defined.cpu.value_or(0));
  if (defined.memory) view.memory = std::to_string(*defined.memory);
  if (defined.memory_reservation) view.memory_reservation = std::to_string(*defined.memory_reservation);
  return view;
}

const char* attachment_status(const life::State& life) {
  if (life.phase == life::Phase::Stopped) return "DELETED";
  if (life.phase == life::Phase::Deprovisioning) return "DETACHING";
  return life.connected_at == base::kNever ? "ATTACHING" : "ATTACHED";
}

api::ecs::Attachment view_attachment(const TaskRow& task) {
  api::ecs::Attachment view;
  view.id = task.attachment_id;
  view.type_ = "ElasticNetworkInterface";
  view.status = attachment_status(task.life);
  view.details.emplace();
  const TaskInterface& interface = task.interface;
  if (!task.subnet.empty()) view.details->push_back({"subnetId", task.subnet});
  if (interface.id.empty()) return view;
  view.details->push_back({"networkInterfaceId", interface.id});
  view.details->push_back({"macAddress", interface.mac});
  if (interface.named) view.details->push_back({"privateDnsName", interface.dns_name});
  view.details->push_back({"privateIPv4Address", interface.address});
  return view;
}

api::ecs::TaskOverride view_overrides(const TaskRow& task, const TaskDefinitionRow& definition) {
  api::ecs::TaskOverride view = task.overrides;
  auto& containers = view.container_overrides.emplace();
  for (const auto& defined : *definition.definition.container_definitions) {
    api::ecs::ContainerOverride one;
    one.name = defined.name;
    if (task.overrides.container_overrides) {
      for (const auto& given : *task.overrides.container_overrides) {
        if (given.name == defined.name) one = given;
      }
    }
    containers.push_back(std::move(one));
  }
  view.inference_accelerator_overrides.emplace();
  return view;
}

}  // namespace

std::string_view last_status(life::Phase phase) {
  static constexpr std::array<std::string_view, 6> kTexts{"PROVISIONING", "PENDING",        "RUNNING",
                                                          "STOPPING",     "DEPROVISIONING", "STOPPED"};
  return kTexts[static_cast<std::size_t>(phase)];
}

TaskCounts count_tasks(const Tables& tables, const std::string& service_key, const std::string* deployment) {
  TaskCounts counts;
  for (const std::string& key : tables.tasks_of_service(service_key)) {
    const TaskRow& task = *tables.tasks.find(key);
    if (deployment != nullptr && task.deployment != *deployment) continue;
    if (task.life.phase == life::Phase::Running) ++counts.running;
    if (task.life.phase < life::Phase::Running) ++counts.pending;
  }
  return counts;
}

api::ecs::Cluster view_cluster(const ClusterRow& row, const Tables& tables, const service::Context& ctx) {
  api::ecs::Cluster view;
  view.cluster_arn = cluster_arn(ctx, row.name);
  view.cluster_name = row.name;
  view.status = row.active ? "ACTIVE" : "INACTIVE";
  view.registered_container_instances_count = 0;
  view.running_tasks_count = 0;
  view.pending_tasks_count = 0;
  view.active_services_count = 0;
  const std::string prefix = cluster_key(ctx, row.name) + "/";
  for (const auto& [key, task] : tables.tasks.with_prefix(prefix)) {
    if (task.life.phase == life::Phase::Running) ++*view.running_tasks_count;
    if (task.life.phase < life::Phase::Running) ++*view.pending_tasks_count;
  }
  for (const auto& [key, service] : tables.services.with_prefix(prefix)) {
    if (service.status == ServiceStatus::Active) ++*view.active_services_count;
  }
  view.statistics.emplace();
  view.tags.emplace();
  view.settings = row.settings;
  view.configuration = row.configuration;
  view.capacity_providers = row.capacity_providers;
  view.default_capacity_provider_strategy = row.default_strategy;
  return view;
}

api::ecs::Service view_service(const ServiceRow& row, const Tables& tables, const service::Context& ctx, With with) {
  const std::string key = service_key(ctx, row.cluster, row.name);
  const TaskCounts counts = count_tasks(tables, key, nullptr);
  api::ecs::Service view;
  view.service_arn = service_arn(ctx, row);
  view.service_name = row.name;
  view.cluster_arn = cluster_arn(ctx, row.cluster);
  view.load_balancers.emplace();
  view.service_registries.emplace();
  view.status = service_status(row.status);
  view.desired_count = row.desired;
  view.running_count = counts.running;
  view.pending_count = counts.pending;
  if (row.config.capacity_provider_strategy && !row.config.capacity_provider_strategy->empty()) {
    view.capacity_provider_strategy = row.config.capacity_provider_strategy;
  } else {
    view.launch_type = row.config.launch_type;
  }
  view.platform_version = row.config.platform_version.value_or("LATEST");
  view.platform_family = kPlatformFamily;
  view.task_definition = row.config.task_definition;
  view.deployment_configuration = row.config.deployment_configuration;
  view.deployments.emplace();
  for (std::size_t i = 0; i < row.deployments.size(); ++i) {
    view.deployments->push_back(view_deployment(row.deployments[i], i == 0, tables, key));
  }
  view.role_arn = "arn:aws:iam::" + ctx.call.account + ":role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";
  view.events = service_events(tables, key);
  view.created_at = row.created_at;
  view.placement_constraints.emplace();
  view.placement_strategy.emplace();
  view.network_configuration = row.config.network_configuration;
  view.health_check_grace_period_seconds = row.config.health_check_grace_period_seconds;
  view.scheduling_strategy = "REPLICA";
  view.deployment_controller.emplace().type_ = "ECS";
  view.created_by = unless_empty(row.created_by);
  view.enable_ecs_managed_tags = row.config.enable_ecs_managed_tags.value_or(false);
  view.propagate_tags = row.config.propagate_tags.value_or("NONE");
  view.enable_execute_command = row.config.enable_execute_command.value_or(false);
  view.availability_zone_rebalancing = row.config.availability_zone_rebalancing.value_or("ENABLED");
  if (with == With::AllTags) view.tags = tag_list(row.tags);
  return view;
}

api::ecs::Task view_task(const TaskRow& row, const Tables& tables, const service::Context& ctx, With with) {
  const TaskDefinitionRow& definition = *tables.find_definition(row.task_definition_arn);
  const life::Spec spec = life_spec(definition.definition);
  const life::State& life = row.life;
  api::ecs::Task view;
  view.attachments.emplace().push_back(view_attachment(row));
  view.attributes.emplace();
  api::ecs::Attribute& architecture = view.attributes->emplace_back();
  architecture.name = "ecs.cpu-architecture";
  architecture.value = "x86_64";
  view.availability_zone = unless_empty(row.zone);
  view.cluster_arn = cluster_arn(ctx, row.cluster);
  if (life.connected_at != base::kNever) view.connectivity = "CONNECTED";
  view.connectivity_at = if_set(life.connected_at);
  view.containers.emplace();
  for (std::size_t i = 0; i < spec.size(); ++i) {
    view.containers->push_back(view_container(row, i, definition, spec, ctx));
  }
  view.cpu = row.overrides.cpu ? row.overrides.cpu : definition.definition.cpu;
  view.memory = row.overrides.memory ? row.overrides.memory : definition.definition.memory;
  view.created_at = row.created_at;
  view.desired_status = life.stop_wanted ? "STOPPED" : "RUNNING";
  view.enable_execute_command = row.execute_command;
  view.execution_stopped_at = if_set(life.execution_stopped_at);
  view.group = unless_empty(row.group);
  view.health_status = health_text(life::task_health(spec, life));
  view.last_status = last_status(life.phase);
  view.launch_type = row.launch_type.value_or("FARGATE");
  view.capacity_provider_name = row.capacity_provider;
  view.overrides = view_overrides(row, definition);
  view.platform_version = shown_platform(row.platform_version);
  view.platform_family = kPlatformFamily;
  view.pull_started_at = if_set(life.pull_started_at);
  view.pull_stopped_at = if_set(life.pull_stopped_at);
  view.started_at = if_set(life.started_at);
  view.started_by = unless_empty(row.started_by);
  view.stop_code = unless_empty(life.stop_code);
  view.stopped_at = if_set(life.stopped_at);
  view.stopped_reason = unless_empty(life.stopped_reason);
  view.stopping_at = if_set(life.stopping_at);
  view.tags.emplace();
  if (with == With::AllTags) view.tags = tag_list(row.tags);
  view.task_arn = task_arn(ctx, row);
  view.task_definition_arn = row.task_definition_arn;
  view.version = life.version;
  const auto& storage = definition.definition.ephemeral_storage;
  view.ephemeral_storage.emplace().size_in_gi_b = storage ? storage->size_in_gi_b : kDefaultStorageGib;
  view.fargate_ephemeral_storage.emplace().size_in_gi_b = view.ephemeral_storage->size_in_gi_b;
  return view;
}

}  // namespace ecs
