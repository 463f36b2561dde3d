#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/fault.h"
#include "ecs/rows.h"
#include "service/context.h"

// ARNs, and the many ways in which callers name things.
namespace ecs {

class Tables;

inline constexpr const char* kDefaultCluster = "default";

std::string cluster_arn(const service::Context& ctx, std::string_view cluster);
std::string service_arn(const service::Context& ctx, const ServiceRow& service);
std::string task_arn(const service::Context& ctx, const TaskRow& task);
std::string container_arn(const service::Context& ctx, const TaskRow& task, std::string_view container_id);
std::string definition_arn(const service::Context& ctx, std::string_view family, std::int64_t revision);

// Names a container to the task metadata endpoint; in the form of Fargate's runtime ids, "TASK-1234567890".
std::string metadata_id(std::string_view task_id, std::string_view container);

// "cluster" or its ARN -> the cluster's name.
std::string cluster_name(std::string_view name_or_arn);
// "id" or an ARN -> the task's id, or InvalidParameterException when it can be none.
base::Outcome<std::string> task_id_of(std::string_view name_or_arn);
// The last part of "name" or "arn:…:kind/cluster/name".
std::string last_part(std::string_view name_or_arn);

std::string cluster_key(const service::Context& ctx, std::string_view cluster);
std::string service_key(const service::Context& ctx, std::string_view cluster, std::string_view service);
std::string task_key(const service::Context& ctx, std::string_view cluster, std::string_view task_id);
std::string definition_key(const service::Context& ctx, std::string_view family, std::int64_t revision);

// The active cluster that a request names (none: "default"), or ClusterNotFoundException.
base::Outcome<const ClusterRow*> cluster_or_fault(const Tables& tables, const service::Context& ctx,
                                                  const std::optional<std::string>& name);

// "family", "family:revision" or an ARN -> the row; without revision the newest ACTIVE one. nullptr if there is none.
const TaskDefinitionRow* find_definition(const Tables& tables, const service::Context& ctx,
                                         std::string_view name_or_arn);

}  // namespace ecs
