#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/fault.h"
#include "ec2/ports.h"
#include "ec2/rows.h"
#include "service/registry.h"

namespace ec2 {

// What a task's network interface is made from.
struct TaskInterface {
  std::string subnet;               // id
  std::vector<std::string> groups;  // none: the VPC's default group
  bool public_address = false;      // whatever the subnet's own setting is
  std::string attachment;           // ARN; the interface's description
};

// EC2, as far as a VPC needs it: VPCs, subnets, route tables, gateways, security groups, endpoints, addresses, tags.
class Ec2Service : public service::Service {
 public:
  // Every row there is. Rows change only in this service.
  virtual const State& state() const = 0;
  // Tells the observer now what it would hear at the next tick.
  virtual void settle(service::Context& ctx) = 0;
  // The fault is that of CreateNetworkInterface: an unknown subnet or group, no address left.
  virtual base::Outcome<InterfaceRow> create_task_interface(const TaskInterface& wanted, service::Context& ctx) = 0;
  // Nothing if it is gone.
  virtual void delete_task_interface(const std::string& id, service::Context& ctx) = 0;
};

// `observer` may be nullptr; it must outlive the service.
std::unique_ptr<Ec2Service> make_service(NetworkObserver* observer = nullptr);

}  // namespace ec2
