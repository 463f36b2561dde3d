#pragma once

#include <string>

#include "cloud/access/access.h"
#include "cloud/adapters/network_plan.h"
#include "ec2/service.h"
#include "ecs/ports.h"

namespace cloud {

// Tasks are in the VPCs of EC2, and may do what IAM says.
class TaskNetwork : public ecs::TaskNetwork {
 public:
  // `attaches`: whether the runtime makes networks.
  TaskNetwork(ec2::Ec2Service& ec2, NetworkPlan& plan, Access& access, bool attaches)
      : ec2_(ec2), plan_(plan), access_(access), attaches_(attaches) {}

  std::string zone_of(const std::string& subnet, service::Context& ctx) const override;
  std::expected<ecs::TaskInterface, std::string> create(const ecs::NewTaskInterface& wanted,
                                                        service::Context& ctx) override;
  void remove(const ecs::TaskInterface& interface, service::Context& ctx) override {
    ec2_.delete_task_interface(interface.id, ctx);
  }
  bool attaches() const override { return attaches_; }
  ecs::Access ask(const ecs::TaskInterface& interface, const ecs::Errand& errand, service::Context& ctx) const override;
  void resume(service::Context& ctx) override;

 private:
  // What the policies say of an errand, once it is known how it gets there.
  ecs::Access permission(const ecs::TaskInterface& interface, const ecs::Errand& errand, const std::string& endpoint,
                         service::Context& ctx) const;

  ec2::Ec2Service& ec2_;
  NetworkPlan& plan_;
  Access& access_;
  const bool attaches_;
};

}  // namespace cloud
