#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ec2/resource.h"

namespace ec2 {

// The parts of an endpoint, changed in a row that the caller puts afterwards. Interfaces are made and deleted at once.
// All refuse with faults as EC2 words them.
using Ids = std::vector<std::string>;

// Groups of the same VPC.
base::Outcome<void> add_groups(State& state, EndpointRow& row, const Ids& ids, service::Context& ctx);
// Those of the endpoint's interfaces too. One must stay.
base::Outcome<void> remove_groups(State& state, EndpointRow& row, const Ids& ids, service::Context& ctx);
// One interface in each; at most one subnet in a zone.
base::Outcome<void> add_subnets(State& state, EndpointRow& row, const Ids& ids, service::Context& ctx);
base::Outcome<void> remove_subnets(State& state, EndpointRow& row, const Ids& ids, service::Context& ctx);
// A route table can lead to one endpoint of a service only.
base::Outcome<void> add_route_tables(State& state, EndpointRow& row, const Ids& ids, service::Context& ctx);
base::Outcome<void> remove_route_tables(EndpointRow& row, const Ids& ids);

// Both DNS attributes of the VPC must be on, the service must have a name, and no other endpoint of the VPC may hold
// it.
base::Outcome<void> check_private_dns(const State& state, const EndpointRow& row, const VpcRow& vpc,
                                      const service::Context& ctx);
// The policy, or the one that allows everything if there is none. It must be JSON.
base::Outcome<std::string> policy_text(const std::optional<std::string>& given, std::string_view type);

}  // namespace ec2
