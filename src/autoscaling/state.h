#pragma once

#include <map>
#include <string>

#include "autoscaling/activities.h"
#include "autoscaling/ports.h"
#include "autoscaling/rows.h"
#include "autoscaling/timetable.h"
#include "service/context.h"
#include "service/table.h"

namespace autoscaling {

// All that the operations and the scaler work on.
class State {
 public:
  // Application Auto Scaling's quotas.
  static constexpr std::size_t kTargetsMax = 3000;
  static constexpr std::size_t kPoliciesMax = 50;    // per target
  static constexpr std::size_t kScheduledMax = 200;  // per target

  State(ServiceEvents* service_events, TimeZones* time_zones);

  service::Table<TargetRow> targets;
  service::Table<PolicyRow> policies;
  Timetable timetable;
  Activities activities;
  ServiceEvents* events;  // may be null

  // Key of the policy whose ARN is `arn` or begins with it and ":createdBy/"; nullptr if there is none.
  const std::string* find_policy(std::string_view arn) const;

 private:
  std::map<std::string, std::string, std::less<>> key_by_arn_;
};

std::string target_key(const service::Context& ctx, const ResourceName& resource);
// Begins the keys of all policies of the target. Resource ids of ECS services have a fixed number of parts, so
// policies of one never look like another's.
std::string policy_prefix(const service::Context& ctx, const ResourceName& resource);
std::string policy_key(const service::Context& ctx, const ResourceName& resource, std::string_view policy_name);

}  // namespace autoscaling
