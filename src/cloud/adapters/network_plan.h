#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "ec2/ports.h"
#include "ec2/state.h"
#include "runtime/runtime.h"

namespace cloud {

// A VPC's rows as the machine has to make them. `vpc_key` names a row that is there.
runtime::Network network_of(const ec2::State& state, const std::string& vpc_key);

// Keeps the plan of all networks, and has the runtime follow it: once what it says is on disk. Only VPCs that changed
// are worked out again.
class NetworkPlan : public ec2::NetworkObserver {
 public:
  // Without `told` the plan is kept, and the runtime hears nothing of it.
  NetworkPlan(runtime::Runtime& runtime, bool told) : runtime_(runtime), told_(told) {}

  void on_networks_changed(const ec2::State& state, const std::set<std::string>& vpcs, service::Context& ctx) override;
  // Says the whole plan: after a restart, when the runtime knows nothing, and waits to hear what may stay.
  void repeat(service::Context& ctx);

  // nullptr if there is none.
  const runtime::Network* find(const std::string& vpc_key) const;

 private:
  using Shared = std::shared_ptr<const runtime::Network>;
  void assign(const std::string& key, Shared network);

  runtime::Runtime& runtime_;
  const bool told_;
  std::map<std::string, Shared> networks_;  // by key of the VPC's row
};

}  // namespace cloud
