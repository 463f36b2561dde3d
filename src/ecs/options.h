#pragma once

#include <chrono>
#include <string>

#include "base/time.h"

namespace ecs {

struct Options {
  // http://host:port at which containers that share the machine's network reach this cloud, "" if they can't.
  std::string endpoint;
  // How long a launch goes on trying what it can't reach. On AWS two to four minutes; nobody wants to wait for that.
  base::Duration unreachable_after = std::chrono::seconds(3);
  // Images in ECR need not be there: the runtime answers for them. For simulations.
  bool images_assumed = false;
};

}  // namespace ecs
