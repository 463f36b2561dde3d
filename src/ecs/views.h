#pragma once

#include "ecs/core.h"
#include "service/context.h"

// Rows as the API shows them. The context is in the account and region of the row.
namespace ecs {

enum class With : std::uint8_t { Nothing, AllTags };

api::ecs::Cluster view_cluster(const ClusterRow& row, const Tables& tables, const service::Context& ctx);
api::ecs::Service view_service(const ServiceRow& row, const Tables& tables, const service::Context& ctx, With with);
api::ecs::Task view_task(const TaskRow& row, const Tables& tables, const service::Context& ctx, With with);

std::string_view last_status(life::Phase phase);
// RUNNING and PENDING tasks, as runningCount and pendingCount have them.
struct TaskCounts {
  std::int64_t running = 0;
  std::int64_t pending = 0;
};
TaskCounts count_tasks(const Tables& tables, const std::string& service_key, const std::string* deployment);

}  // namespace ecs
