#include "autoscaling/ecs_capacity.h"

#include <algorithm>

#include "api/ecs/operations.h"

namespace autoscaling {
namespace {

std::unexpected<std::string> missing(const std::string& resource_id) {
  return std::unexpected("ECS service doesn't exist: " + resource_id);
}

bool deploying(const api::ecs::Service& service) {
  if (!service.deployments) return false;
  return service.deployments->size() > 1 || std::ranges::any_of(*service.deployments, [](const auto& deployment) {
           return deployment.rollout_state == "IN_PROGRESS";
         });
}

}  // namespace

std::optional<EcsService> parse_ecs_resource(std::string_view resource_id) {
  constexpr std::string_view kPrefix = "service/";
  if (!resource_id.starts_with(kPrefix)) return std::nullopt;
  resource_id.remove_prefix(kPrefix.size());
  const auto slash = resource_id.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == resource_id.size()) return std::nullopt;
  if (resource_id.find('/', slash + 1) != std::string_view::npos) return std::nullopt;
  return EcsService{std::string(resource_id.substr(0, slash)), std::string(resource_id.substr(slash + 1))};
}

std::expected<Observed, std::string> observe(const std::string& resource_id, service::Context& ctx) {
  const auto name = parse_ecs_resource(resource_id);
  if (!name) return missing(resource_id);
  api::ecs::DescribeServicesRequest request;
  request.cluster = name->cluster;
  request.services = {name->name};
  const auto answer = service::call<api::ecs::DescribeServices>(std::move(request), ctx);
  if (!answer || !answer->services || answer->services->empty()) return missing(resource_id);
  const api::ecs::Service& found = answer->services->front();
  if (found.status == "INACTIVE") return missing(resource_id);
  return Observed{found.desired_count.value_or(0), found.running_count.value_or(0), deploying(found)};
}

std::expected<void, std::string> set_desired(const std::string& resource_id, std::int64_t count,
                                             service::Context& ctx) {
  const auto name = parse_ecs_resource(resource_id);
  if (!name) return missing(resource_id);
  api::ecs::UpdateServiceRequest request;
  request.cluster = name->cluster;
  request.service = name->name;
  request.desired_count = count;
  const auto answer = service::call<api::ecs::UpdateService>(std::move(request), ctx);
  if (!answer) return std::unexpected(answer.error().message);
  return {};
}

}  // namespace autoscaling
