#pragma once

#include "bench/options.h"

namespace bench {

// `renkei bench`: makes the queues, runs the load, reports, and removes the queues. 0: done; 1: it could not run or
// requests failed, and it said why; 2: the options don't fit together.
int run(const Options& options);

}  // namespace bench
