#pragma once

#include "ec2/state.h"

namespace ec2 {

// pending -> available or failed; deleting -> deleted; deleted or failed -> gone. Each step sets the next one's time.
void settle_nat_gateway(State& state, const std::string& key, service::Context& ctx);

}  // namespace ec2
