#include "autoscaling/operations/common.h"

#include "autoscaling/ecs_capacity.h"
#include "autoscaling/faults.h"
#include "wire/text.h"

namespace autoscaling {
namespace {

constexpr std::string_view kDimension = "ecs:service:DesiredCount";

}  // namespace

base::Outcome<void> check_namespace(const std::string& service_namespace) {
  if (service_namespace == "ecs") return {};
  return not_supported("Scalable targets of the service namespace " + service_namespace);
}

base::Outcome<ResourceName> resource_of(const std::string& service_namespace, const std::string& resource_id,
                                        const std::string& dimension) {
  CHECK(check_namespace(service_namespace));
  if (dimension != kDimension || !parse_ecs_resource(resource_id)) {
    return validation("Unsupported service namespace, resource type or scalable dimension");
  }
  return ResourceName{service_namespace, dimension, resource_id};
}

std::string described(const ResourceName& resource) {
  return "service namespace: " + resource.service_namespace + ", resource ID: " + resource.resource_id +
         ", scalable dimension: " + resource.dimension;
}

base::Outcome<std::size_t> page_size(const std::optional<std::int64_t>& asked, std::int64_t most) {
  const std::int64_t size = asked.value_or(most);
  if (size < 1 || size > most) {
    return validation("Maximum results (" + std::to_string(size) + ") must be between 1 and " + std::to_string(most) +
                      ".");
  }
  return static_cast<std::size_t>(size);
}

std::string make_token(std::string_view key) {
  return wire::to_base64(key);
}

base::Outcome<std::string> read_token(const std::optional<std::string>& token) {
  if (!token) return std::string();
  auto key = wire::from_base64(*token);
  if (!key || key->empty()) return invalid_token();
  return std::move(*key);
}

}  // namespace autoscaling
