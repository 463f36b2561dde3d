#pragma once

#include "ec2/state.h"

namespace ec2 {

// False when the target has gone or can't carry traffic any more: the route is then a "blackhole".
bool is_live(const State& state, const RouteTableRow& table, const RouteRow& route, const service::Context& ctx);

// The table that decides for a subnet: the one that is associated, else its VPC's main table. `scope` begins the keys
// of both: "account/region/".
const RouteTableRow* route_table_of(const State& state, const std::string& scope, const SubnetRow& subnet);

}  // namespace ec2
