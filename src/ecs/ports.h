#pragma once

#include <string>

#include "base/time.h"
#include "service/context.h"

// What ECS needs of the rest of the cloud beyond public operations. Implemented in cloud/.
namespace ecs {

// What one running task of a service used in a minute, in percent of its size: a sample of AWS/ECS CPUUtilization and
// MemoryUtilization with dimensions ClusterName and ServiceName. A service's samples of a minute add up, so their
// SampleCount is its number of running tasks.
struct TaskUsage {
  std::string cluster;
  std::string service;
  base::TimePoint minute{};  // its start
  double cpu_percent = 0;
  double memory_percent = 0;
};

class MetricSink {
 public:
  virtual ~MetricSink() = default;
  // In the account and region of the context.
  virtual void record(const TaskUsage& usage, service::Context& ctx) = 0;
};

}  // namespace ecs
