#pragma once

#include <string>

#include "service/context.h"

// What Application Auto Scaling needs beyond the public operations of ECS and CloudWatch.
namespace autoscaling {

// Where a fulfilled activity is mirrored: the ECS service's own events.
class ServiceEvents {
 public:
  virtual ~ServiceEvents() = default;
  virtual void add(service::Context& ctx, const std::string& cluster, const std::string& service,
                   const std::string& message) = 0;
};

}  // namespace autoscaling
