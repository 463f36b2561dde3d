#pragma once

#include "logs/state.h"

namespace logs {

// Removes events past the retention of their group, a slice per call; sets state.next_expiry. Reads hide them at once,
// so it may come late: once an hour looks again, and at once while some are left.
void remove_expired(State& state, service::Context& ctx);

}  // namespace logs
