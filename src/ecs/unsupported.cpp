#include "ecs/unsupported.h"

namespace ecs {
namespace {

template <class T>
bool given(const std::optional<std::vector<T>>& list) {
  return list && !list->empty();
}
bool given(const std::optional<bool>& flag) {
  return flag.value_or(false);
}

// The first name whose condition holds.
std::optional<std::string> first(std::initializer_list<std::pair<const char*, bool>> parts) {
  for (const auto& [name, there] : parts) {
    if (there) return name;
  }
  return std::nullopt;
}

std::optional<std::string> unsupported_log(const api::ecs::LogConfiguration& log) {
  if (log.log_driver != "awslogs") return "logConfiguration.logDriver " + log.log_driver;
  if (given(log.secret_options)) return "logConfiguration.secretOptions";
  if (!log.options) return std::nullopt;
  for (const char* option : {"awslogs-datetime-format", "awslogs-multiline-pattern"}) {
    if (log.options->contains(option)) return std::string("logConfiguration option ") + option;
  }
  return std::nullopt;
}

std::optional<std::string> unsupported_in(const api::ecs::ContainerDefinition& container) {
  const auto part = first({
      {"credentialSpecs", given(container.credential_specs)},
      {"disableNetworking", given(container.disable_networking)},
      {"dnsSearchDomains", given(container.dns_search_domains)},
      {"dnsServers", given(container.dns_servers)},
      {"dockerSecurityOptions", given(container.docker_security_options)},
      {"environmentFiles", given(container.environment_files)},
      {"extraHosts", given(container.extra_hosts)},
      {"firelensConfiguration", container.firelens_configuration.has_value()},
      {"hostname", container.hostname.has_value()},
      {"interactive", given(container.interactive)},
      {"links", given(container.links)},
      {"privileged", given(container.privileged)},
      {"pseudoTerminal", given(container.pseudo_terminal)},
      {"repositoryCredentials", container.repository_credentials.has_value()},
      {"resourceRequirements", given(container.resource_requirements)},
      {"restartPolicy", container.restart_policy && container.restart_policy->enabled},
      {"systemControls", given(container.system_controls)},
      {"volumesFrom", given(container.volumes_from)},
  });
  if (part) return part;
  if (container.log_configuration) return unsupported_log(*container.log_configuration);
  return std::nullopt;
}

std::optional<std::string> unsupported_in(const api::ecs::Volume& volume) {
  return first({
      {"configuredAtLaunch", given(volume.configured_at_launch)},
      {"dockerVolumeConfiguration", volume.docker_volume_configuration.has_value()},
      {"efsVolumeConfiguration", volume.efs_volume_configuration.has_value()},
      {"fsxWindowsFileServerVolumeConfiguration", volume.fsx_windows_file_server_volume_configuration.has_value()},
      {"host.sourcePath", volume.host && volume.host->source_path && !volume.host->source_path->empty()},
      {"s3filesVolumeConfiguration", volume.s3files_volume_configuration.has_value()},
  });
}

std::optional<std::string> unsupported_platform(const std::optional<api::ecs::RuntimePlatform>& platform) {
  if (!platform) return std::nullopt;
  const std::string system = platform->operating_system_family.value_or("LINUX");
  if (system != "LINUX") return "runtimePlatform.operatingSystemFamily " + system;
  const std::string cpu = platform->cpu_architecture.value_or("X86_64");
  if (cpu != "X86_64") return "runtimePlatform.cpuArchitecture " + cpu;
  return std::nullopt;
}

std::optional<std::string> unsupported_deployment(const api::ecs::CreateServiceRequest& request) {
  if (request.deployment_controller && request.deployment_controller->type_ != "ECS") {
    return "deploymentController " + request.deployment_controller->type_;
  }
  if (!request.deployment_configuration) return std::nullopt;
  const auto& configuration = *request.deployment_configuration;
  if (configuration.strategy.value_or("ROLLING") != "ROLLING") {
    return "deploymentConfiguration.strategy " + *configuration.strategy;
  }
  return first({
      {"deploymentConfiguration.bakeTimeInMinutes", configuration.bake_time_in_minutes.value_or(0) != 0},
      {"deploymentConfiguration.lifecycleHooks", given(configuration.lifecycle_hooks)},
      {"deploymentConfiguration.canaryConfiguration", configuration.canary_configuration.has_value()},
      {"deploymentConfiguration.linearConfiguration", configuration.linear_configuration.has_value()},
  });
}

// Only Fargate's own capacity providers exist here.
std::optional<std::string> unsupported_capacity(
    const std::optional<std::string>& launch_type,
    const std::optional<std::vector<api::ecs::CapacityProviderStrategyItem>>& strategy) {
  if (launch_type && *launch_type != "FARGATE") return "launchType " + *launch_type;
  if (!strategy) return std::nullopt;
  for (const auto& item : *strategy) {
    if (item.capacity_provider != "FARGATE" && item.capacity_provider != "FARGATE_SPOT") {
      return "capacityProvider " + item.capacity_provider;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> unsupported_part(const api::ecs::RegisterTaskDefinitionRequest& request) {
  const auto part = first({
      {"enableFaultInjection", given(request.enable_fault_injection)},
      {"inferenceAccelerators", given(request.inference_accelerators)},
      {"ipcMode", request.ipc_mode.has_value()},
      {"pidMode", request.pid_mode.has_value()},
      {"placementConstraints", given(request.placement_constraints)},
      {"proxyConfiguration", request.proxy_configuration.has_value()},
  });
  if (part) return part;
  if (auto platform = unsupported_platform(request.runtime_platform)) return platform;
  if (request.volumes) {
    for (const auto& volume : *request.volumes) {
      if (auto inner = unsupported_in(volume)) return "volumes[" + volume.name.value_or("") + "]." + *inner;
    }
  }
  for (const auto& container : request.container_definitions) {
    if (auto inner = unsupported_in(container)) {
      return "containerDefinitions[" + container.name.value_or("") + "]." + *inner;
    }
  }
  return std::nullopt;
}

std::optional<std::string> unsupported_part(const api::ecs::CreateServiceRequest& request) {
  if (auto capacity = unsupported_capacity(request.launch_type, request.capacity_provider_strategy)) return capacity;
  if (auto deployment = unsupported_deployment(request)) return deployment;
  const auto& connect = request.service_connect_configuration;
  return first({
      {"loadBalancers", given(request.load_balancers)},
      {"monitoring", request.monitoring.has_value()},
      {"placementConstraints", given(request.placement_constraints)},
      {"placementStrategy", given(request.placement_strategy)},
      {"schedulingStrategy DAEMON", request.scheduling_strategy.value_or("REPLICA") != "REPLICA"},
      {"serviceConnectConfiguration", connect && connect->enabled},
      {"serviceRegistries", given(request.service_registries)},
      {"volumeConfigurations", given(request.volume_configurations)},
      {"vpcLatticeConfigurations", given(request.vpc_lattice_configurations)},
  });
}

std::optional<std::string> unsupported_part(const api::ecs::RunTaskRequest& request) {
  if (auto capacity = unsupported_capacity(request.launch_type, request.capacity_provider_strategy)) return capacity;
  const auto part = first({
      {"placementConstraints", given(request.placement_constraints)},
      {"placementStrategy", given(request.placement_strategy)},
      {"volumeConfigurations", given(request.volume_configurations)},
      {"overrides.inferenceAcceleratorOverrides",
       request.overrides && given(request.overrides->inference_accelerator_overrides)},
  });
  if (part || !request.overrides || !request.overrides->container_overrides) return part;
  for (const auto& container : *request.overrides->container_overrides) {
    if (given(container.environment_files)) return "overrides.containerOverrides.environmentFiles";
    if (given(container.resource_requirements)) return "overrides.containerOverrides.resourceRequirements";
  }
  return std::nullopt;
}

}  // namespace ecs
