#pragma once

#include <cmath>

#include "base/time.h"

namespace linux_runtime {

// How the cloud's time follows from the machine's: cloud = cloud_origin + (real - real_origin) * speed.
struct ClockMap {
  base::TimePoint real_origin{};
  base::TimePoint cloud_origin{};
  double speed = 1;

  base::TimePoint to_cloud(base::TimePoint real) const { return cloud_origin + scale(real - real_origin, speed); }
  base::Duration to_real(base::Duration cloud) const { return scale(cloud, 1 / speed); }
  base::Duration to_cloud(base::Duration real) const { return scale(real, speed); }

 private:
  static base::Duration scale(base::Duration span, double by) {
    return by == 1 ? span : base::Duration(std::llround(static_cast<double>(span.count()) * by));
  }
};

}  // namespace linux_runtime
