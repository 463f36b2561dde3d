#pragma once

#include "store/store.h"

namespace store {

// What every store holds a batch to before it touches anything: limits, and room in at most one more segment. Stops the
// process when the batch was planned for another tail.
std::expected<void, Error> check(const Batch& batch, const Tail& tail);

}  // namespace store
