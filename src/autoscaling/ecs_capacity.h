#pragma once

// The scalable dimension ecs:service:DesiredCount, through the public operations of ECS.

#include <optional>
#include <string>
#include <string_view>

#include "autoscaling/decision.h"
#include "base/fault.h"
#include "service/context.h"

namespace autoscaling {

struct EcsService {
  std::string cluster;
  std::string name;
};
// Of "service/<cluster>/<name>".
std::optional<EcsService> parse_ecs_resource(std::string_view resource_id);

// The error is why it can't be had, as the API words it: "ECS service doesn't exist: service/c/s".
std::expected<Observed, std::string> observe(const std::string& resource_id, service::Context& ctx);
std::expected<void, std::string> set_desired(const std::string& resource_id, std::int64_t count, service::Context& ctx);

}  // namespace autoscaling
