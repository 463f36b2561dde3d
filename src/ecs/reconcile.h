#pragma once

#include <string>
#include <vector>

#include "base/time.h"

namespace ecs {

// A running task without a container health check counts as healthy this long after it reached RUNNING
// (Amazon ECS Developer Guide, "Amazon ECS deployment failure detection and health").
inline constexpr base::Duration kHealthyAfter = std::chrono::seconds(40);

// What a service should look like.
struct ServiceGoal {
  int desired = 0;
  std::string deployment;         // id of the PRIMARY deployment
  int min_healthy_percent = 100;  // of desired, rounded up
  int max_percent = 200;          // of desired, rounded down
  bool may_start = true;          // false once the circuit breaker has failed the deployment
};

// What a task of the service looks like. Tasks that have been told to stop are not listed: they count for nothing.
struct TaskView {
  std::string id;
  std::string deployment;
  std::string zone;  // availability zone
  base::TimePoint created_at{};
  bool running = false;
  base::TimePoint healthy_at = base::kNever;  // from then on it counts as healthy
  bool sick = false;                          // its container health checks have failed
  base::TimePoint protected_until{};          // it is not stopped before, unless it is sick
};

struct ServicePlan {
  int start = 0;                        // tasks to launch from the PRIMARY deployment
  std::vector<std::string> stop;        // scale-in, outdated tasks, sick tasks that have been replaced
  bool blocked = false;                 // a deployment that the percentages forbid to move at all
  std::string held;                     // the deployment whose protected tasks are more than it should have, "" if none
  base::TimePoint wake = base::kNever;  // look again by then, even if nothing else happens

  bool idle() const { return start == 0 && stop.empty(); }
};

int healthy_floor(const ServiceGoal& goal);
int total_ceiling(const ServiceGoal& goal);

// What to do next. Mints no ids and reads no clock: equal inputs give equal plans. Never plans more live tasks than
// the ceiling allows, and never stops a serving task below the floor.
ServicePlan reconcile(const ServiceGoal& goal, const std::vector<TaskView>& tasks, base::TimePoint launch_not_before,
                      base::TimePoint now);

// How long the scheduler waits after the `failures`-th launch in a row that never reached RUNNING. AWS does not publish
// its curve; ours doubles from 10 s up to the documented 15 minutes. 0 failures: no wait.
base::Duration launch_back_off(int failures);

// Failures that trip the deployment circuit breaker: half of desired, but 3 to 200.
int circuit_breaker_threshold(int desired);

}  // namespace ecs
