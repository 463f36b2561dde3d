#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/fault.h"

// CloudWatch's refusals, by the code that clients see.
namespace cloudwatch {

using Refusal = std::unexpected<base::Fault>;

Refusal validation_error(std::string message);     // ValidationError
Refusal invalid_value(std::string message);        // InvalidParameterValue
Refusal invalid_combination(std::string message);  // InvalidParameterCombination
Refusal missing_parameter(std::string message);    // MissingParameter
Refusal invalid_format(std::string message);       // InvalidFormat
Refusal invalid_token();                           // InvalidNextToken
Refusal not_found(std::string message);            // ResourceNotFound
Refusal tagged_resource_not_found(std::string_view arn);
// What AWS has and renkei does not; `what` names it: "Metric math expressions".
Refusal not_supported(std::string_view what);
// The same in other words.
Refusal unsupported(std::string message);
Refusal conflict(std::string message);  // ResourceConflict
// A named limit of this service was reached.
Refusal too_many(std::string_view what, std::size_t limit);
// The disk failed under a read.
Refusal store_failed(std::string_view detail);

}  // namespace cloudwatch
