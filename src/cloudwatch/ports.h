#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "cloudwatch/alarm_evaluation.h"
#include "service/context.h"

// What CloudWatch needs of others.
namespace cloudwatch {

// What an alarm tells whom it calls.
struct AlarmSignal {
  std::string alarm_name;
  AlarmState state;
  std::string reason_data;  // JSON, "" when the alarm has none
};

// Runs what an alarm's action ARN names.
class AlarmActions {
 public:
  virtual ~AlarmActions() = default;
  // False refuses the alarm when it is put.
  virtual bool runs(std::string_view action_arn) const = 0;
  // The error is the text for the alarm's history. Called again every minute while the alarm stays in its state.
  virtual std::expected<void, std::string> run(const std::string& action_arn, const AlarmSignal& signal,
                                               service::Context& ctx) = 0;
};

}  // namespace cloudwatch
