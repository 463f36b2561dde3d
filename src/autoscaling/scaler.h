#pragma once

// Carries out what policies and bounds ask for, and follows it until it is fulfilled.

#include <cstdint>
#include <expected>
#include <map>
#include <string>

#include "autoscaling/signal.h"
#include "autoscaling/state.h"
#include "service/context.h"

namespace autoscaling {

class Scaler {
 public:
  explicit Scaler(State& state) : state_(state) {}

  // See Service::on_alarm_action.
  std::expected<void, std::string> on_alarm(const std::string& action_arn, const std::string& alarm_name,
                                            const std::string& reason_data, service::Context& ctx);
  // Moves the capacity into the target's bounds after they were set. Ignores cooldowns.
  void keep_bounds(service::Context& ctx, const ResourceName& resource, const Observed& observed);
  // Runs the scheduled actions that are due.
  void run_scheduled(service::Context& ctx);
  // Looks at the activities under way that are due.
  void poll(service::Context& ctx);

 private:
  // An alarm's call of a policy.
  struct Call {
    const PolicyRow& policy;
    const TargetRow& target;
    std::string alarm_name;
    Signal signal;
    Observed observed;
  };

  std::optional<Proposal> track(service::Context& ctx, const Call& call);
  std::optional<Proposal> track_in(service::Context& ctx, const Call& call);
  std::optional<Proposal> step(service::Context& ctx, const Call& call);
  // The capacity that another policy's low alarm asks for; nothing when it is not in ALARM.
  std::optional<std::int64_t> capacity_of_other(service::Context& ctx, const std::string& key, const PolicyRow& policy,
                                                std::int64_t running);
  void carry_out(service::Context& ctx, const Call& call, const Proposal& proposal);
  // Sets the capacity and starts its activity; the activity's id, or nothing when ECS refused.
  std::optional<std::string> set_capacity(service::Context& ctx, const ResourceName& resource, std::int64_t capacity,
                                          const std::string& cause);
  void run_action(service::Context& ctx, const std::string& key);
  void set_bounds(service::Context& ctx, const TargetRow& target, const ScheduledRow& action);
  void poll_one(service::Context& ctx, const std::string& key);
  void close_movement(service::Context& ctx, const ActivityRow& activity, bool successful);

  State& state_;
  // What each policy's low alarm last said, so that several policies can be weighed against each other. Not durable:
  // alarms repeat themselves every minute.
  struct Heard {
    double metric;
    base::TimePoint at;
  };
  std::map<std::string, Heard> heard_low_;  // by policy key
};

}  // namespace autoscaling
