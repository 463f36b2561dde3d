#pragma once

#include <algorithm>

#include "base/time.h"
#include "queue/message.h"

namespace queue {

// A sequence number is the microsecond of its making, or the next free one: rising, never twice, and it tells how old a
// message is without a look at its record. It runs ahead of the clock when a queue takes more than a million messages a
// second, and while a clock that was set back catches up; ages that are told by it are then too small, by as much.
inline base::TimePoint time_of(Sequence number) {
  return base::TimePoint(base::Duration(static_cast<std::int64_t>(number)));
}
inline Sequence number_at(base::TimePoint now) {
  return static_cast<Sequence>(std::max<std::int64_t>(now.time_since_epoch().count(), 1));
}

// Retention ends in whole seconds, so that a busy queue's messages expire a second's worth at a time.
inline base::TimePoint expiry(base::TimePoint kept_since, base::Duration retention) {
  return std::chrono::ceil<std::chrono::seconds>(kept_since + retention);
}

}  // namespace queue
