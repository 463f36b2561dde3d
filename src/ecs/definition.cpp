#include "ecs/definition.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "api/ecs/operations.h"
#include "ecs/linux_parameters.h"
#include "ecs/secrets.h"
#include "ecs/size.h"
#include "ecs/unsupported.h"

namespace ecs {
namespace {

using api::ecs::ContainerDefinition;
using Request = api::ecs::RegisterTaskDefinitionRequest;
using Complaint = std::optional<std::string>;

constexpr std::size_t kMaxNameLength = 255;
constexpr std::int64_t kMaxFargateStopTimeout = 120;  // seconds
constexpr std::int64_t kLeastStorageGib = 20;
constexpr std::int64_t kMostStorageGib = 200;

bool is_name(const std::string& text) {
  if (text.empty() || text.size() > kMaxNameLength) return false;
  return std::ranges::all_of(text,
                             [](unsigned char c) { return c < 128 && (std::isalnum(c) != 0 || c == '-' || c == '_'); });
}

bool outside(const std::optional<std::int64_t>& value, std::int64_t least, std::int64_t most) {
  return value && (*value < least || *value > most);
}

std::string range_text(const std::string& what, std::int64_t least, std::int64_t most) {
  return what + " must be between " + std::to_string(least) + " and " + std::to_string(most) + ".";
}

Complaint health_check_complaint(const api::ecs::HealthCheck& check) {
  if (check.command.empty()) return "Health check command must not be empty.";
  const std::string& form = check.command.front();
  if (form != "CMD" && form != "CMD-SHELL" && form != "NONE") {
    return "Health check command must begin with CMD or CMD-SHELL.";
  }
  if (form != "NONE" && check.command.size() < 2) return "Health check command must name a program after " + form + ".";
  if (outside(check.interval, 5, 300)) return range_text("Health check interval", 5, 300);
  if (outside(check.timeout, 2, 60)) return range_text("Health check timeout", 2, 60);
  if (outside(check.retries, 1, 10)) return range_text("Health check retries", 1, 10);
  if (outside(check.start_period, 0, 300)) return range_text("Health check startPeriod", 0, 300);
  return std::nullopt;
}

Complaint log_complaint(const api::ecs::LogConfiguration& log, bool fargate) {
  const auto has = [&](const char* option) {
    return log.options && log.options->contains(option) && !log.options->at(option).empty();
  };
  if (!has("awslogs-group") || !has("awslogs-region")) {
    return "Log driver awslogs requires options: awslogs-group, awslogs-region";
  }
  if (fargate && !has("awslogs-stream-prefix")) return "Log driver awslogs requires options: awslogs-stream-prefix";
  static const std::set<std::string> known{"awslogs-group",        "awslogs-region", "awslogs-stream-prefix",
                                           "awslogs-create-group", "mode",           "max-buffer-size"};
  for (const auto& [option, value] : *log.options) {
    if (!known.contains(option)) return "Log driver awslogs disallows options: " + option;
  }
  return std::nullopt;
}

Complaint mount_complaint(const ContainerDefinition& container, const Request& request) {
  if (!container.mount_points) return std::nullopt;
  for (const auto& mount : *container.mount_points) {
    const bool known = request.volumes && std::ranges::any_of(*request.volumes, [&](const auto& volume) {
                         return volume.name == mount.source_volume;
                       });
    if (!known) return "Unknown volume '" + mount.source_volume.value_or("") + "'.";
    if (!mount.container_path || !mount.container_path->starts_with('/')) {
      return "Container.mountPoints.containerPath must be an absolute path.";
    }
  }
  return std::nullopt;
}

Complaint container_complaint(const ContainerDefinition& container, const Request& request, bool fargate) {
  if (!container.name || container.name->empty()) return "Container.name should not be null or empty.";
  if (!is_name(*container.name)) return "Container.name contains invalid characters.";
  if (!container.image || container.image->empty()) return "Container.image should not be null or empty.";
  if (container.image->find_first_of(" \t\n") != std::string::npos)
    return "Container.image contains invalid characters.";
  const std::string prefix = "Invalid setting for container '" + *container.name + "'. ";
  if (!request.memory && !container.memory && !container.memory_reservation) {
    return prefix + "At least one of 'memory' or 'memoryReservation' must be specified.";
  }
  if (outside(container.memory, 4, INT32_MAX)) return prefix + "'memory' must be at least 4 MiB.";
  if (container.memory && container.memory_reservation && *container.memory < *container.memory_reservation) {
    return prefix + "'memory' must be greater than or equal to 'memoryReservation'.";
  }
  if (fargate && outside(container.stop_timeout, 2, kMaxFargateStopTimeout)) {
    return prefix + range_text("The 'stopTimeout' for tasks using the Fargate launch type", 2, kMaxFargateStopTimeout);
  }
  if (fargate && outside(container.start_timeout, 2, kMaxFargateStopTimeout)) {
    return prefix + range_text("The 'startTimeout' for tasks using the Fargate launch type", 2, kMaxFargateStopTimeout);
  }
  if (container.environment) {
    for (const auto& pair : *container.environment) {
      if (!pair.name || pair.name->empty()) return prefix + "Environment variable names must not be empty.";
    }
  }
  const bool has_role = request.execution_role_arn && !request.execution_role_arn->empty();
  if (auto text = secrets_complaint(container, has_role)) return text;
  if (container.port_mappings && request.network_mode == "awsvpc") {
    for (const auto& port : *container.port_mappings) {
      if (port.host_port && *port.host_port != port.container_port.value_or(0)) {
        return "When networkMode=awsvpc, the host ports and container ports in port mappings must match.";
      }
    }
  }
  if (container.linux_parameters) {
    if (auto text = linux_complaint(*container.linux_parameters)) return prefix + *text;
  }
  if (container.health_check) {
    if (auto text = health_check_complaint(*container.health_check)) return prefix + *text;
  }
  if (container.log_configuration && container.log_configuration->log_driver == "awslogs") {
    if (auto text = log_complaint(*container.log_configuration, fargate)) return text;
  }
  return mount_complaint(container, request);
}

bool has_health_check(const ContainerDefinition& container) {
  return container.health_check && container.health_check->command.front() != "NONE";
}

// Dependencies name other containers, can be met, and have no cycle.
Complaint dependency_complaint(const std::vector<ContainerDefinition>& containers) {
  std::map<std::string, const ContainerDefinition*> by_name;
  for (const auto& container : containers) by_name[*container.name] = &container;
  for (const auto& container : containers) {
    if (!container.depends_on) continue;
    for (const auto& dependency : *container.depends_on) {
      const auto target = by_name.find(dependency.container_name);
      if (target == by_name.end() || target->second == &container) {
        return "Container '" + *container.name + "' depends on container '" + dependency.container_name +
               "', which is not another container of this task definition.";
      }
      const bool must_end = dependency.condition == "COMPLETE" || dependency.condition == "SUCCESS";
      if (must_end && target->second->essential.value_or(true)) {
        return "A dependency with condition " + dependency.condition + " can't be on the essential container '" +
               dependency.container_name + "'.";
      }
      if (dependency.condition == "HEALTHY" && !has_health_check(*target->second)) {
        return "A dependency with condition HEALTHY needs a health check in container '" + dependency.container_name +
               "'.";
      }
    }
  }
  std::set<std::string> free;  // containers whose dependencies are all free
  for (bool moved = true; moved;) {
    moved = false;
    for (const auto& container : containers) {
      const bool ready = !container.depends_on || std::ranges::all_of(*container.depends_on, [&](const auto& one) {
        return free.contains(one.container_name);
      });
      if (ready && free.insert(*container.name).second) moved = true;
    }
  }
  if (free.size() < containers.size()) return "The dependencies between containers form a cycle.";
  return std::nullopt;
}

bool uses_ecr(const ContainerDefinition& container) {
  const std::string host = container.image->substr(0, container.image->find('/'));
  return host.find(".dkr.ecr.") != std::string::npos;
}

// What keeps the definition from running on Fargate.
Complaint fargate_complaint(const Request& request) {
  if (request.network_mode != "awsvpc") return "Fargate only supports network mode ‘awsvpc’.";
  if (auto text = fargate_size_complaint(request.cpu, request.memory)) return text;
  const bool has_role = request.execution_role_arn && !request.execution_role_arn->empty();
  if (request.ephemeral_storage &&
      outside(request.ephemeral_storage->size_in_gi_b, kLeastStorageGib, kMostStorageGib)) {
    return range_text("ephemeralStorage.sizeInGiB", kLeastStorageGib, kMostStorageGib);
  }
  for (const auto& container : request.container_definitions) {
    if (!container.linux_parameters) continue;
    if (auto text = fargate_linux_complaint(*container.linux_parameters)) return text;
  }
  for (const auto& container : request.container_definitions) {
    if (has_role) break;
    if (container.image && uses_ecr(container)) {
      return "Fargate requires task definition to have execution role ARN to support ECR images.";
    }
    if (container.log_configuration && container.log_configuration->log_driver == "awslogs") {
      return "Fargate requires task definition to have execution role ARN to support log driver awslogs.";
    }
  }
  return std::nullopt;
}

Complaint sum_complaint(const Request& request) {
  std::int64_t cpu = 0;
  std::int64_t reserved = 0;
  for (const auto& container : request.container_definitions) {
    cpu += container.cpu.value_or(0);
    reserved += container.memory_reservation.value_or(container.memory.value_or(0));
  }
  const auto task_cpu = request.cpu ? parse_cpu(*request.cpu) : std::nullopt;
  const auto task_memory = request.memory ? parse_memory(*request.memory) : std::nullopt;
  if (task_cpu && cpu > *task_cpu) {
    return "The sum of the containers' 'cpu' (" + std::to_string(cpu) + ") exceeds the task's (" +
           std::to_string(*task_cpu) + ").";
  }
  if (task_memory && reserved > *task_memory) {
    return "The sum of the containers' memory (" + std::to_string(reserved) + " MiB) exceeds the task's (" +
           std::to_string(*task_memory) + " MiB).";
  }
  return std::nullopt;
}

Complaint complaint_about(const Request& request, bool fargate) {
  if (!is_name(request.family)) return "Family contains invalid characters.";
  const auto& containers = request.container_definitions;
  if (containers.empty()) return "Container list cannot be empty.";
  if (containers.size() > kMaxContainersPerTask) {
    return "A task definition can have at most " + std::to_string(kMaxContainersPerTask) + " containers.";
  }
  if (fargate) {
    if (auto text = fargate_complaint(request)) return text;
  }
  std::set<std::string> names;
  bool any_essential = false;
  for (const auto& container : containers) {
    if (auto text = container_complaint(container, request, fargate)) return text;
    if (!names.insert(*container.name).second) return "Container name '" + *container.name + "' is used twice.";
    any_essential = any_essential || container.essential.value_or(true);
  }
  if (!any_essential) return "Invalid 'essential' settings for task definition: one container must be essential.";
  if (auto text = dependency_complaint(containers)) return text;
  return sum_complaint(request);
}

// What DescribeTaskDefinition shows although nobody said it.
ContainerDefinition with_defaults(ContainerDefinition container, bool awsvpc) {
  if (!container.cpu) container.cpu = 0;
  if (!container.essential) container.essential = true;
  if (!container.environment) container.environment.emplace();
  if (!container.mount_points) container.mount_points.emplace();
  if (!container.volumes_from) container.volumes_from.emplace();
  if (!container.port_mappings) container.port_mappings.emplace();
  if (!container.system_controls) container.system_controls.emplace();
  for (auto& port : *container.port_mappings) {
    if (!port.protocol) port.protocol = "tcp";
    if (awsvpc && !port.host_port) port.host_port = port.container_port;
  }
  if (auto& check = container.health_check) {
    if (!check->interval) check->interval = 30;
    if (!check->timeout) check->timeout = 5;
    if (!check->retries) check->retries = 3;
  }
  return container;
}

}  // namespace

base::Outcome<api::ecs::TaskDefinition> define_task(const Request& request) {
  const auto refuse = [](std::string text) { return base::fault(api::ecs::faults::ClientException, std::move(text)); };
  const auto wants = [&](const char* launch_type) {
    return request.requires_compatibilities && std::ranges::count(*request.requires_compatibilities, launch_type) > 0;
  };
  const bool fargate = wants("FARGATE");
  if (auto text = complaint_about(request, fargate)) return refuse(*text);
  if (auto part = unsupported_part(request)) return refuse("renkei does not support " + *part + " yet.");

  api::ecs::TaskDefinition definition;
  definition.family = request.family;
  definition.container_definitions.emplace();
  for (const auto& container : request.container_definitions) {
    definition.container_definitions->push_back(with_defaults(container, request.network_mode == "awsvpc"));
  }
  if (request.cpu) definition.cpu = std::to_string(parse_cpu(*request.cpu).value_or(0));
  if (request.memory) definition.memory = std::to_string(parse_memory(*request.memory).value_or(0));
  definition.task_role_arn = request.task_role_arn;
  definition.execution_role_arn = request.execution_role_arn;
  definition.network_mode = request.network_mode;
  definition.volumes = request.volumes.value_or(std::vector<api::ecs::Volume>{});
  definition.placement_constraints.emplace();
  definition.requires_compatibilities = request.requires_compatibilities;
  definition.runtime_platform = request.runtime_platform;
  definition.ephemeral_storage = request.ephemeral_storage;
  definition.compatibilities = std::vector<std::string>{"EC2"};
  if (!fargate_complaint(request)) definition.compatibilities->push_back("FARGATE");
  definition.status = "ACTIVE";
  return definition;
}

}  // namespace ecs
