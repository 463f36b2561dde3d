#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "api/ecs/types.h"
#include "runtime/runtime.h"
#include "service/context.h"

// The awslogs log driver: where a container's lines go.
namespace ecs {

struct LogTarget {
  std::string region;
  std::string group;
  std::string stream;  // prefix/container/task id
  bool create_group = false;
};

// Nothing for containers without a log configuration: their lines are dropped, as on Fargate.
std::optional<LogTarget> log_target(const api::ecs::ContainerDefinition& container, const std::string& task_id);

// Makes sure the stream is there before the container starts. The error is the reason for which the task stops.
std::expected<void, std::string> open_log(const LogTarget& target, service::Context& ctx);

// Stores lines, in as many PutLogEvents as its limits ask for. Lines that can't be stored (the group was deleted
// meanwhile) are dropped, like those of a driver in non-blocking mode.
void store_lines(const LogTarget& target, const std::vector<runtime::LogLine>& lines, service::Context& ctx);

}  // namespace ecs
