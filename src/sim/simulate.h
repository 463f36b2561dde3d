#pragma once

#include <expected>

#include "sim/result.h"
#include "sim/scenario.h"

namespace sim {

// Deploys the scenario's templates into a cloud of its own and lets its span pass. Everything that is wrong with the
// workload, the templates or how they fit together is a failure that names file and line.
std::expected<Result, Failure> simulate(const Scenario& scenario);

}  // namespace sim
