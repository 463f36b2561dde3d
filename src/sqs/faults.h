#pragma once

#include <string>
#include <string_view>

#include "api/sqs/operations.h"
#include "base/fault.h"
#include "service/context.h"

// The texts of SQS. Each function is one wording that real SQS uses.
namespace sqs {

namespace faults = api::sqs::faults;

// "The request must contain the parameter MessageBody."
std::unexpected<base::Fault> missing_parameter(std::string_view name);
// "Value 901 for parameter DelaySeconds is invalid. Reason: …"
std::unexpected<base::Fault> invalid_parameter(std::string_view value, std::string_view name, std::string_view reason);
// InvalidParameterValue with a text of its own.
std::unexpected<base::Fault> invalid_value(std::string message);
// Worded differently over JSON and over the query protocol.
std::unexpected<base::Fault> no_such_queue(api::Protocol protocol);
std::unexpected<base::Fault> not_supported(std::string_view what);
// What the store holds is not what was put there.
std::unexpected<base::Fault> internal_failure();
// The store failed to read; the caller can only try again.
std::unexpected<base::Fault> store_failure(const store::Error& error);

}  // namespace sqs
