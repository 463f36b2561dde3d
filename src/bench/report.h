#pragma once

#include <string>

#include "bench/load.h"
#include "bench/options.h"

namespace bench {

// For people: rates, latencies by operation, errors, processor time.
std::string to_table(const Options& options, const Figures& figures);
// The same for programs. Latencies in microseconds, processor time in seconds.
std::string to_json(const Options& options, const Figures& figures);
// Latency by percentile, both axes as such things are drawn: percentiles by their nines, latency by powers of ten. SVG.
std::string to_picture(const Options& options, const Figures& figures);

}  // namespace bench
