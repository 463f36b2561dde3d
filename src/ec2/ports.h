#pragma once

#include <set>
#include <string>

#include "service/context.h"

// What EC2 needs of the rest of the cloud. Implemented in cloud/.
namespace ec2 {

struct State;

// Hears of VPCs in which something changed that may decide where a packet gets: once for all changes of some turns, in
// a turn of its own or, with Ec2Service::settle(), in one that needs it sooner.
class NetworkObserver {
 public:
  virtual ~NetworkObserver() = default;
  // `vpcs`: keys of their rows, which may be gone.
  virtual void on_networks_changed(const State& state, const std::set<std::string>& vpcs, service::Context& ctx) = 0;
};

}  // namespace ec2
