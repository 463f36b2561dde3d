#pragma once

#include <expected>
#include <string>
#include <vector>

#include "sim/model_runtime.h"
#include "sim/names.h"
#include "sim/scenario.h"

namespace sim {

// Whether the workload and what was deployed fit together: every service and queue that the workload names is there,
// and every metric that a scaling policy goes by is one that something here publishes. Alarms that scale nothing and
// watch unknown metrics, and services whose tasks will idle, go to `notes`.
std::expected<void, Failure> check_fit(const Scenario& scenario, Stage& stage, const ModelRuntime& runtime,
                                       std::vector<std::string>& notes);

}  // namespace sim
