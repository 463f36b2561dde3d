#pragma once

// Application Auto Scaling of ECS services: scalable targets, target tracking and step scaling policies, scheduled
// actions.

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "autoscaling/ports.h"
#include "service/registry.h"

namespace autoscaling {

class Service : public service::Service {
 public:
  // Whether an alarm may call this ARN: the form of a scaling policy's.
  static bool is_policy_arn(std::string_view action_arn);
  // An alarm is in the state that calls a policy; again every minute while it stays there. `reason_data` is the
  // alarm's StateReasonData as of now. The error is the text for the alarm's history.
  virtual std::expected<void, std::string> on_alarm_action(const std::string& action_arn, const std::string& alarm_name,
                                                           const std::string& reason_data, service::Context& ctx) = 0;
};

// Both must outlive the service; null where nothing mirrors activities, and where there is no time zone but UTC.
std::unique_ptr<Service> make_service(ServiceEvents* events, TimeZones* time_zones = nullptr);

}  // namespace autoscaling
