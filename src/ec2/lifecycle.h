#pragma once

#include "ec2/state.h"

namespace ec2 {

// AWS takes one to two minutes for each; templates wait for the outcome, people need not.
inline constexpr base::Duration kEndpointDelay = std::chrono::seconds(2);
inline constexpr base::Duration kNatGatewayDelay = std::chrono::seconds(3);
// How long a deleted or failed NAT gateway can still be described.
inline constexpr base::Duration kNatGatewayAfterlife = std::chrono::hours(1);

// When an endpoint or NAT gateway changes its state by itself next.
base::TimePoint next_change(const State& state);
void make_due_changes(State& state, service::Context& ctx);

}  // namespace ec2
