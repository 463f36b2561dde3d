#pragma once

#include <map>
#include <string>

#include "api/ecs/types.h"
#include "ecs/rows.h"
#include "ecs/task_life.h"
#include "runtime/runtime.h"

// From a registered (so: valid) task definition to what the state machine and the runtime need.
namespace ecs {

inline constexpr base::Duration kDefaultStopTimeout = std::chrono::seconds(30);
// Fargate gives up on a dependency after three minutes unless startTimeout says otherwise.
inline constexpr base::Duration kDefaultStartTimeout = std::chrono::minutes(3);

life::Spec life_spec(const api::ecs::TaskDefinition& definition);

// Task sizes: the override, else the definition. "256" or "0.25 vCPU" -> 256; "512", "0.5 GB" -> 512. 0 if there is
// none.
std::int64_t task_cpu_units(const api::ecs::TaskDefinition& definition, const api::ecs::TaskOverride& overrides);
std::int64_t task_memory_mib(const api::ecs::TaskDefinition& definition, const api::ecs::TaskOverride& overrides);

// What a container learns about where it runs.
struct Surroundings {
  std::string region;
  bool own_network = false;      // as on Fargate: services have their own names, and tasks their link-local one
  std::string endpoint;          // else: http://host:port of this cloud, "" if containers can't reach it
  std::string credentials_path;  // "" without a task role
  std::string metadata_id;       // names the container to the task's own endpoints
  std::string hostname;
  std::map<std::string, std::string> secrets;  // by environment variable
};

runtime::SandboxSpec sandbox_spec(const api::ecs::TaskDefinition& definition, const TaskRow& task);
// `index` is the container's place in the task definition.
runtime::ContainerSpec container_spec(const api::ecs::TaskDefinition& definition, const TaskRow& task,
                                      std::size_t index, const Surroundings& surroundings);
runtime::HealthCheck health_check(const api::ecs::HealthCheck& check);
// As on Fargate, if the task has a network; else short, so that it fits beside the machine's own.
std::string hostname_of(const TaskRow& task, bool own_network);

}  // namespace ecs
