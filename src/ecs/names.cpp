#include "ecs/names.h"

#include <algorithm>
#include <charconv>

#include "api/ecs/operations.h"
#include "ecs/tables.h"

namespace ecs {
namespace {

constexpr std::size_t kRevisionDigits = 10;

std::string padded(std::int64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

bool is_arn(std::string_view text) {
  return text.starts_with("arn:");
}

}  // namespace

std::string cluster_arn(const service::Context& ctx, std::string_view cluster) {
  return ctx.arn("ecs", "cluster/" + std::string(cluster));
}

std::string service_arn(const service::Context& ctx, const ServiceRow& service) {
  return ctx.arn("ecs", "service/" + service.cluster + "/" + service.name);
}

std::string task_arn(const service::Context& ctx, const TaskRow& task) {
  return ctx.arn("ecs", "task/" + task.cluster + "/" + task.id);
}

std::string container_arn(const service::Context& ctx, const TaskRow& task, std::string_view container_id) {
  return ctx.arn("ecs", "container/" + task.cluster + "/" + task.id + "/" + std::string(container_id));
}

std::string definition_arn(const service::Context& ctx, std::string_view family, std::int64_t revision) {
  return ctx.arn("ecs", "task-definition/" + std::string(family) + ":" + std::to_string(revision));
}

std::string cluster_name(std::string_view name_or_arn) {
  return last_part(name_or_arn);
}

std::string last_part(std::string_view name_or_arn) {
  const std::size_t slash = name_or_arn.rfind('/');
  return std::string(slash == std::string_view::npos ? name_or_arn : name_or_arn.substr(slash + 1));
}

base::Outcome<std::string> task_id_of(std::string_view name_or_arn) {
  const std::string id = last_part(name_or_arn);
  if (id.size() == 32 || id.size() == 36) return id;
  return base::fault(api::ecs::faults::InvalidParameterException, "taskId length should be one of [32,36]");
}

std::string cluster_key(const service::Context& ctx, std::string_view cluster) {
  return service::key(ctx, {cluster});
}

std::string service_key(const service::Context& ctx, std::string_view cluster, std::string_view service) {
  return service::key(ctx, {cluster, service});
}

std::string task_key(const service::Context& ctx, std::string_view cluster, std::string_view task_id) {
  return service::key(ctx, {cluster, task_id});
}

std::string definition_key(const service::Context& ctx, std::string_view family, std::int64_t revision) {
  return service::key(ctx, {family, padded(revision, kRevisionDigits)});
}

base::Outcome<const ClusterRow*> cluster_or_fault(const Tables& tables, const service::Context& ctx,
                                                  const std::optional<std::string>& name) {
  const std::string wanted = cluster_name(name && !name->empty() ? *name : kDefaultCluster);
  const ClusterRow* cluster = tables.clusters.find(cluster_key(ctx, wanted));
  const bool elsewhere = name && is_arn(*name) && *name != cluster_arn(ctx, wanted);
  if (cluster == nullptr || !cluster->active || elsewhere) {
    return base::fault(api::ecs::faults::ClusterNotFoundException, "Cluster not found.");
  }
  return cluster;
}

const TaskDefinitionRow* find_definition(const Tables& tables, const service::Context& ctx,
                                         std::string_view name_or_arn) {
  const std::string name = last_part(name_or_arn);
  const std::size_t colon = name.rfind(':');
  if (colon != std::string::npos) {
    std::int64_t revision = 0;
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + colon + 1, end, revision);
    if (parsed.ec != std::errc() || parsed.ptr != end || revision <= 0) return nullptr;
    const TaskDefinitionRow* row = tables.definitions.find(definition_key(ctx, name.substr(0, colon), revision));
    if (row != nullptr && is_arn(name_or_arn) && row->definition.task_definition_arn != name_or_arn) return nullptr;
    return row;
  }
  const TaskDefinitionRow* newest = nullptr;
  for (const auto& [key, row] : tables.definitions.with_prefix(service::key(ctx, {name, ""}))) {
    if (row.definition.status == "ACTIVE") newest = &row;
  }
  return newest;
}

// Ten digits that follow from the name (FNV-1a).
std::string metadata_id(std::string_view task_id, std::string_view container) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const char c : container) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  const std::string digits = std::to_string(hash % 10'000'000'000ull);
  return std::string(task_id) + "-" + std::string(10 - digits.size(), '0') + digits;
}

}  // namespace ecs
