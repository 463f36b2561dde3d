#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "autoscaling/rows.h"
#include "base/fault.h"

namespace autoscaling {

inline constexpr std::size_t kTagsMax = 50;
inline constexpr std::int64_t kPageSize = 50;        // default and most, of targets and activities
inline constexpr std::int64_t kPolicyPageSize = 10;  // default and most, of policies

// Refuses what is not the desired count of an ECS service.
base::Outcome<ResourceName> resource_of(const std::string& service_namespace, const std::string& resource_id,
                                        const std::string& dimension);
// Refuses namespaces other than ecs, by name.
base::Outcome<void> check_namespace(const std::string& service_namespace);

// "service namespace: ecs, resource ID: service/c/s, scalable dimension: ecs:service:DesiredCount"
std::string described(const ResourceName& resource);

base::Outcome<std::size_t> page_size(const std::optional<std::int64_t>& asked, std::int64_t most);
// Page tokens are the last key of a page, made opaque.
std::string make_token(std::string_view key);
base::Outcome<std::string> read_token(const std::optional<std::string>& token);

}  // namespace autoscaling
