#pragma once

#include "linux/process.h"

namespace linux_runtime {

// Whether this machine can make networks of tasks: makes a small one and takes it away again. The error says what is
// missing. Needs root.
Result<void> try_networks();

}  // namespace linux_runtime
