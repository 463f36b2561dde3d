#pragma once

#include "ec2/state.h"

namespace ec2 {

// False when the target has gone or can't carry traffic any more: the route is then a "blackhole".
bool is_live(const State& state, const RouteTableRow& table, const RouteRow& route, const service::Context& ctx);

}  // namespace ec2
