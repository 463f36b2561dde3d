#include "ecs/insights.h"

#include <algorithm>

namespace ecs {
namespace {

constexpr std::chrono::minutes kMinute{1};

ServiceCounts counts_of(const Tables& tables, const std::string& key, const ServiceRow& row) {
  ServiceCounts counts;
  counts.cluster = row.cluster;
  counts.service = row.name;
  counts.desired = row.desired;
  counts.deployments = static_cast<std::int64_t>(row.deployments.size());
  for (const std::string& task_key : tables.tasks_of_service(key)) {
    const TaskRow& task = *tables.tasks.find(task_key);
    if (task.life.phase < life::Phase::Running) ++counts.pending;
    if (task.life.phase == life::Phase::Running) ++counts.running;
  }
  return counts;
}

std::int64_t running_tasks(const Tables& tables, const std::string& cluster_key) {
  std::int64_t running = 0;
  for (const auto& [key, task] : tables.tasks.with_prefix(cluster_key + "/")) {
    if (task.life.phase == life::Phase::Running) ++running;
  }
  return running;
}

}  // namespace

bool has_insights(const ClusterRow& cluster) {
  return cluster.active && std::ranges::any_of(cluster.settings, [](const auto& setting) {
           return setting.name == "containerInsights" && setting.value != "disabled";
         });
}

base::TimePoint Insights::deadline() const {
  if (!wanted()) return base::kNever;
  return at_ == base::kNever ? base::TimePoint::min() : at_;  // the first has to be planned
}

void Insights::tick(service::Context& ctx) {
  if (wanted() && at_ <= ctx.now) {
    const base::TimePoint minute = std::chrono::floor<std::chrono::minutes>(ctx.now) - kMinute;
    for (const auto& [key, cluster] : core_.tables.clusters.rows()) {
      if (!has_insights(cluster)) continue;
      const service::Call call = call_of_key(key, ctx.call);
      service::Context there = ctx.as(call);
      measure(key, minute, there);
    }
  }
  if (!wanted()) {
    at_ = base::kNever;
  } else if (at_ == base::kNever || at_ <= ctx.now) {
    at_ = std::chrono::floor<std::chrono::minutes>(ctx.now) + kMinute;
  }
}

void Insights::measure(const std::string& cluster_key, base::TimePoint minute, service::Context& ctx) {
  ClusterCounts cluster;
  cluster.cluster = core_.tables.clusters.find(cluster_key)->name;
  cluster.minute = minute;
  cluster.tasks = running_tasks(core_.tables, cluster_key);
  for (const auto& [key, row] : core_.tables.services.with_prefix(cluster_key + "/")) {
    if (row.status != ServiceStatus::Active) continue;
    ++cluster.services;
    ServiceCounts counts = counts_of(core_.tables, key, row);
    counts.minute = minute;
    core_.metrics.record(counts, ctx);
  }
  core_.metrics.record(cluster, ctx);
}

}  // namespace ecs
