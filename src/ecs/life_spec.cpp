#include "ecs/life_spec.h"

#include <algorithm>
#include <map>

#include "ecs/linux_parameters.h"
#include "ecs/size.h"

namespace ecs {
namespace {

using std::chrono::seconds;

constexpr std::int64_t kMiB = 1024 * 1024;
// Docker's defaults, which ECS takes over.
constexpr std::int64_t kDefaultCheckInterval = 30;
constexpr std::int64_t kDefaultCheckTimeout = 5;
constexpr std::int64_t kDefaultCheckRetries = 3;

life::Condition condition_of(const std::string& name) {
  if (name == "COMPLETE") return life::Condition::Complete;
  if (name == "SUCCESS") return life::Condition::Success;
  if (name == "HEALTHY") return life::Condition::Healthy;
  return life::Condition::Start;
}

life::ContainerSpec life_spec_of(const api::ecs::ContainerDefinition& container) {
  life::ContainerSpec spec;
  spec.name = container.name.value_or("");
  spec.essential = container.essential.value_or(true);
  if (container.depends_on) {
    for (const auto& one : *container.depends_on) {
      spec.depends_on.push_back({one.container_name, condition_of(one.condition)});
    }
  }
  spec.start_timeout = container.start_timeout ? seconds(*container.start_timeout) : kDefaultStartTimeout;
  spec.stop_timeout = container.stop_timeout ? seconds(*container.stop_timeout) : kDefaultStopTimeout;
  if (const auto& check = container.health_check; check && check->command != std::vector<std::string>{"NONE"}) {
    spec.health = life::HealthSpec{
        .interval = seconds(check->interval.value_or(kDefaultCheckInterval)),
        .timeout = seconds(check->timeout.value_or(kDefaultCheckTimeout)),
        .start_period = seconds(check->start_period.value_or(0)),
        .retries = static_cast<int>(check->retries.value_or(kDefaultCheckRetries)),
    };
  }
  return spec;
}

const api::ecs::ContainerOverride* find_override(const TaskRow& task, const std::string& container) {
  if (!task.overrides.container_overrides) return nullptr;
  for (const auto& one : *task.overrides.container_overrides) {
    if (one.name == container) return &one;
  }
  return nullptr;
}

void add_environment(std::map<std::string, std::string>& environment,
                     const std::optional<std::vector<api::ecs::KeyValuePair>>& pairs) {
  if (!pairs) return;
  for (const auto& pair : *pairs) environment[pair.name.value_or("")] = pair.value.value_or("");
}

// What Fargate sets (Amazon ECS Developer Guide, "Amazon ECS environment variables"), or how a container that shares
// the machine's network finds this cloud.
std::map<std::string, std::string> given_environment(const Surroundings& surroundings) {
  std::map<std::string, std::string> environment{
      {"AWS_EXECUTION_ENV", "AWS_ECS_FARGATE"},
      {"AWS_REGION", surroundings.region},
      {"AWS_DEFAULT_REGION", surroundings.region},
      {"HOSTNAME", surroundings.hostname},
  };
  if (!surroundings.endpoint.empty()) environment["AWS_ENDPOINT_URL"] = surroundings.endpoint;
  if (surroundings.own_network) {
    const std::string service = std::string("http://") + runtime::kTaskServiceAddress;
    environment["ECS_CONTAINER_METADATA_URI_V4"] = service + "/v4/" + surroundings.metadata_id;
    environment["ECS_AGENT_URI"] = service + "/api/" + surroundings.metadata_id;
  }
  if (surroundings.credentials_path.empty()) return environment;
  if (surroundings.own_network) {
    environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = surroundings.credentials_path;
  } else if (!surroundings.endpoint.empty()) {
    environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = surroundings.endpoint + surroundings.credentials_path;
  }
  return environment;
}

}  // namespace

life::Spec life_spec(const api::ecs::TaskDefinition& definition) {
  life::Spec spec;
  if (!definition.container_definitions) return spec;
  for (const auto& container : *definition.container_definitions) spec.push_back(life_spec_of(container));
  return spec;
}

std::int64_t task_cpu_units(const api::ecs::TaskDefinition& definition, const api::ecs::TaskOverride& overrides) {
  return parse_cpu(overrides.cpu.value_or(definition.cpu.value_or(""))).value_or(0);
}

std::int64_t task_memory_mib(const api::ecs::TaskDefinition& definition, const api::ecs::TaskOverride& overrides) {
  return parse_memory(overrides.memory.value_or(definition.memory.value_or(""))).value_or(0);
}

std::string hostname_of(const TaskRow& task, bool own_network) {
  if (own_network) return task.interface.dns_name;
  return "task-" + task.id.substr(0, 12);
}

runtime::SandboxSpec sandbox_spec(const api::ecs::TaskDefinition& definition, const TaskRow& task) {
  return {.cpu_units = task_cpu_units(definition, task.overrides),
          .memory_bytes = task_memory_mib(definition, task.overrides) * kMiB};
}

runtime::ContainerSpec container_spec(const api::ecs::TaskDefinition& definition, const TaskRow& task,
                                      std::size_t index, const Surroundings& surroundings) {
  const api::ecs::ContainerDefinition& container = (*definition.container_definitions)[index];
  const api::ecs::ContainerOverride* changed = find_override(task, container.name.value_or(""));
  runtime::ContainerSpec spec;
  spec.name = container.name.value_or("");
  spec.image_digest = task.life.containers[index].image_digest;
  spec.entry_point = container.entry_point;
  spec.command = changed != nullptr && changed->command ? changed->command : container.command;
  spec.working_directory = container.working_directory.value_or("");
  spec.user = container.user.value_or("");
  spec.environment = given_environment(surroundings);
  add_environment(spec.environment, container.environment);
  if (changed != nullptr) add_environment(spec.environment, changed->environment);
  for (const auto& [name, value] : surroundings.secrets) spec.environment[name] = value;
  spec.cpu_units = changed != nullptr && changed->cpu ? *changed->cpu : container.cpu.value_or(0);
  spec.memory_bytes = (changed != nullptr && changed->memory ? *changed->memory : container.memory.value_or(0)) * kMiB;
  if (container.ulimits) {
    for (const auto& limit : *container.ulimits) {
      spec.ulimits.push_back(
          {limit.name, static_cast<std::uint64_t>(limit.soft_limit), static_cast<std::uint64_t>(limit.hard_limit)});
    }
  }
  if (container.mount_points) {
    for (const auto& mount : *container.mount_points) {
      spec.mounts.push_back(
          {mount.source_volume.value_or(""), mount.container_path.value_or(""), mount.read_only.value_or(false)});
    }
  }
  spec.read_only_root = container.readonly_root_filesystem.value_or(false);
  if (container.linux_parameters) apply_linux(*container.linux_parameters, spec);
  spec.hostname = surroundings.hostname;
  return spec;
}

// ["CMD-SHELL", "text"] runs in a shell, ["CMD", "program", …] and a bare list do not.
runtime::HealthCheck health_check(const api::ecs::HealthCheck& check) {
  runtime::HealthCheck answer;
  answer.timeout = seconds(check.timeout.value_or(kDefaultCheckTimeout));
  const std::vector<std::string>& command = check.command;
  if (command.front() == "CMD-SHELL") {
    answer.argv = {"/bin/sh", "-c", command.size() > 1 ? command[1] : ""};
  } else {
    answer.argv.assign(command.begin() + (command.front() == "CMD" ? 1 : 0), command.end());
  }
  return answer;
}

}  // namespace ecs
