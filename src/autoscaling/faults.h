#pragma once

#include <string>
#include <string_view>

#include "base/fault.h"

// Application Auto Scaling's refusals.
namespace autoscaling {

using Refusal = std::unexpected<base::Fault>;

Refusal validation(std::string message);
Refusal object_not_found(std::string message);
Refusal limit_exceeded(std::string message);
Refusal invalid_token();
Refusal resource_not_found(std::string_view arn);
Refusal too_many_tags();
// What AWS has and renkei does not; `what` names it: "Predictive scaling policies".
Refusal not_supported(std::string_view what);

}  // namespace autoscaling
