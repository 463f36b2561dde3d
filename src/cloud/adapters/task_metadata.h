#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ecs/service.h"

namespace cloud {

// What the task metadata endpoint, version 4, tells of a task (Amazon ECS Developer Guide, "Task metadata endpoint
// version 4 for tasks on Fargate"): made of what DescribeTasks and DescribeTaskDefinition show.

// One of the details of the task's network interface: "privateIPv4Address".
std::optional<std::string> attachment_detail(const api::ecs::Task& task, std::string_view name);

// The task of "<metadata id>[/…]", which is what comes behind "/v4/"; "" if there can be none.
std::string task_of_metadata(std::string_view path);

// The answer to that: JSON. Nothing if the task has no such container, or there is no such page. `subnet_cidr`: "" if
// it isn't known.
std::optional<std::string> task_metadata_json(const ecs::ShownTask& shown, const std::string& subnet_cidr,
                                              std::string_view path);

}  // namespace cloud
