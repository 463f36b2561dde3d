#pragma once

#include <string_view>

#include "cloudwatch/service.h"
#include "ecs/ports.h"

namespace cloud {

// What the tasks of an ECS service use goes into the namespace AWS/ECS.
class ServiceMetrics : public ecs::MetricSink {
 public:
  explicit ServiceMetrics(cloudwatch::MetricSink& sink) : sink_(sink) {}

  void record(const ecs::TaskUsage& usage, service::Context& ctx) override {
    put("CPUUtilization", usage.cpu_percent, usage, ctx);
    put("MemoryUtilization", usage.memory_percent, usage, ctx);
  }

 private:
  void put(const char* name, double percent, const ecs::TaskUsage& usage, service::Context& ctx) {
    const cloudwatch::Metric metric{"AWS/ECS", name, {{"ClusterName", usage.cluster}, {"ServiceName", usage.service}}};
    // A lost sample is what AWS allows itself too; there is nobody to tell.
    (void)sink_.put(ctx, metric, "Percent", usage.minute, {1, percent, percent, percent});
  }

  cloudwatch::MetricSink& sink_;
};

}  // namespace cloud
