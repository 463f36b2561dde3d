#pragma once

#include <vector>

#include "sim/result.h"
#include "sim/workload.h"

namespace sim {

// What a person who knows these systems would say of a run, most serious first; each with what in the run says so.
std::vector<Advice> advise(const Result& result, const Workload& workload);

}  // namespace sim
