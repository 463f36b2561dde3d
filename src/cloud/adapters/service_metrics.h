#pragma once

#include <string_view>

#include "cloudwatch/service.h"
#include "ecs/ports.h"

namespace cloud {

// What the tasks of an ECS service use goes into the namespace AWS/ECS, and into ECS/ContainerInsights where the
// cluster has that on: by cluster, by service, and by family of task definitions.
class ServiceMetrics : public ecs::MetricSink {
 public:
  explicit ServiceMetrics(cloudwatch::MetricSink& sink) : sink_(sink) {}

  void record(const ecs::TaskUsage& usage, service::Context& ctx) override {
    put("CPUUtilization", usage.cpu_percent, usage, ctx);
    put("MemoryUtilization", usage.memory_percent, usage, ctx);
    if (!usage.insights) return;
    const cloudwatch::Dimensions sets[] = {{{"ClusterName", usage.cluster}},
                                           {{"ClusterName", usage.cluster}, {"ServiceName", usage.service}},
                                           {{"ClusterName", usage.cluster}, {"TaskDefinitionFamily", usage.family}}};
    for (const auto& dimensions : sets) {
      put_insight("CpuUtilized", "None", usage.cpu_units, dimensions, usage.minute, ctx);
      put_insight("CpuReserved", "None", usage.cpu_reserved, dimensions, usage.minute, ctx);
      put_insight("MemoryUtilized", "Megabytes", usage.memory_mib, dimensions, usage.minute, ctx);
      put_insight("MemoryReserved", "Megabytes", usage.memory_reserved, dimensions, usage.minute, ctx);
    }
  }

  void record(const ecs::ServiceCounts& counts, service::Context& ctx) override {
    const cloudwatch::Dimensions dimensions{{"ClusterName", counts.cluster}, {"ServiceName", counts.service}};
    const std::pair<const char*, std::int64_t> all[] = {{"DesiredTaskCount", counts.desired},
                                                        {"RunningTaskCount", counts.running},
                                                        {"PendingTaskCount", counts.pending},
                                                        {"DeploymentCount", counts.deployments},
                                                        {"TaskSetCount", 0}};
    for (const auto& [name, count] : all) {
      put_insight(name, "Count", static_cast<double>(count), dimensions, counts.minute, ctx);
    }
  }

  void record(const ecs::ClusterCounts& counts, service::Context& ctx) override {
    const cloudwatch::Dimensions dimensions{{"ClusterName", counts.cluster}};
    const std::pair<const char*, std::int64_t> all[] = {
        {"ServiceCount", counts.services}, {"TaskCount", counts.tasks}, {"ContainerInstanceCount", 0}};
    for (const auto& [name, count] : all) {
      put_insight(name, "Count", static_cast<double>(count), dimensions, counts.minute, ctx);
    }
  }

 private:
  void put_insight(const char* name, const char* unit, double value, const cloudwatch::Dimensions& dimensions,
                   base::TimePoint minute, service::Context& ctx) {
    (void)sink_.put(ctx, {"ECS/ContainerInsights", name, dimensions}, unit, minute,
                    cloudwatch::StatisticSet::of(value));
  }
  void put(const char* name, double percent, const ecs::TaskUsage& usage, service::Context& ctx) {
    const cloudwatch::Metric metric{"AWS/ECS", name, {{"ClusterName", usage.cluster}, {"ServiceName", usage.service}}};
    // A lost sample is what AWS allows itself too; there is nobody to tell.
    (void)sink_.put(ctx, metric, "Percent", usage.minute, {1, percent, percent, percent});
  }

  cloudwatch::MetricSink& sink_;
};

}  // namespace cloud
