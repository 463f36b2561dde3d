#pragma once

#include <string>
#include <string_view>

#include "autoscaling/service.h"
#include "cloudwatch/ports.h"

namespace cloud {

// Alarms call scaling policies.
class AlarmActions : public cloudwatch::AlarmActions {
 public:
  explicit AlarmActions(autoscaling::Service& autoscaling) : autoscaling_(autoscaling) {}

  bool runs(std::string_view action_arn) const override { return autoscaling::Service::is_policy_arn(action_arn); }
  std::expected<void, std::string> run(const std::string& action_arn, const cloudwatch::AlarmSignal& signal,
                                       service::Context& ctx) override {
    return autoscaling_.on_alarm_action(action_arn, signal.alarm_name, signal.reason_data, ctx);
  }

 private:
  autoscaling::Service& autoscaling_;
};

}  // namespace cloud
