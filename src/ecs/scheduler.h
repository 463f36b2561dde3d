#pragma once

#include <map>
#include <string>

#include "ecs/core.h"
#include "ecs/task_driver.h"
#include "service/context.h"

namespace ecs {

inline constexpr std::int64_t kMaxServiceEvents = 100;
// A steady service says so again this often.
inline constexpr base::Duration kSteadyRepeat = std::chrono::hours(6);
// AWS takes 7 to 14 s to notice that a task has ended. Tasks that end by themselves soon after they reached RUNNING are
// replaced no faster than this, so that a crash loop does not spin.
inline constexpr base::Duration kCrashPace = std::chrono::seconds(10);
inline constexpr base::Duration kShortLife = std::chrono::minutes(1);
// How often the alarms of a deployment under way are looked at.
inline constexpr base::Duration kAlarmPoll = std::chrono::seconds(10);
// An INACTIVE service can be described for this long.
inline constexpr base::Duration kInactiveServiceLife = std::chrono::hours(1);

// Keeps every service at its desired count, rolls deployments out, and writes the service events.
class Scheduler {
 public:
  Scheduler(Core& core, TaskDriver& driver) : core_(core), driver_(driver) {}

  base::TimePoint deadline() const;
  void tick(service::Context& ctx);
  // After a restart every service is looked at again.
  void resume();

 private:
  void run(const std::string& key, service::Context& ctx);

  Core& core_;
  TaskDriver& driver_;
  std::map<std::string, base::TimePoint> wake_;  // by service key
  Agenda agenda_;
};

// A service's events, newest first.
std::vector<api::ecs::ServiceEvent> service_events(const Tables& tables, const std::string& service_key);
// `number` is the row's next_event, which the caller counts up.
void put_service_event(Core& core, const std::string& service_key, std::int64_t number, ServiceEventRow event,
                       service::Context& ctx);
void erase_service(Core& core, const std::string& service_key, service::Context& ctx);

}  // namespace ecs
