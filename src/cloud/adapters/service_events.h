#pragma once

#include <string>

#include "autoscaling/ports.h"
#include "ecs/service.h"

namespace cloud {

// Fulfilled scaling activities show among the events of the ECS service.
class ServiceEvents : public autoscaling::ServiceEvents {
 public:
  // Once, before the first turn: ECS is made after Application Auto Scaling.
  void write_to(ecs::EcsService& ecs) { ecs_ = &ecs; }

  void add(service::Context& ctx, const std::string& cluster, const std::string& service,
           const std::string& message) override {
    if (ecs_ != nullptr) ecs_->add_service_event(cluster, service, message, ctx);
  }

 private:
  ecs::EcsService* ecs_ = nullptr;
};

}  // namespace cloud
