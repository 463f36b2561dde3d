#pragma once

#include <string>
#include <string_view>

#include "api/logs/operations.h"
#include "base/fault.h"

namespace logs {

namespace faults = api::logs::faults;

std::unexpected<base::Fault> invalid_parameter(std::string message);
// "Log groups with a KMS key are not supported by renkei yet."
std::unexpected<base::Fault> not_supported(std::string_view what);
// The store failed to read; the caller can only try again.
std::unexpected<base::Fault> unavailable();

}  // namespace logs
