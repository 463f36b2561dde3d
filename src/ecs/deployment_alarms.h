#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "service/context.h"

namespace ecs {

// What the CloudWatch alarms of a deployment say now. Alarms that are not there say nothing.
struct AlarmsSeen {
  bool in_alarm = false;
  // For how long they are watched on when the deployment's tasks are all there. AWS computes that from the alarms and
  // does not say how; ours is the longest time that one of them looks back.
  base::Duration bake{};
};
AlarmsSeen look_at_alarms(const std::vector<std::string>& names, service::Context& ctx);

}  // namespace ecs
