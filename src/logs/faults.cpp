#include "logs/faults.h"

namespace logs {
namespace {

constexpr base::FaultShape kNotSupported{"UnsupportedOperation", "UnsupportedOperation", 400, true, ""};

}  // namespace

std::unexpected<base::Fault> invalid_parameter(std::string message) {
  return base::fault(faults::InvalidParameterException, std::move(message));
}

std::unexpected<base::Fault> not_supported(std::string_view what) {
  return base::fault(kNotSupported, std::string(what) + " not supported by renkei yet.");
}

std::unexpected<base::Fault> unavailable() {
  return base::fault(faults::ServiceUnavailableException, "The service cannot complete the request.");
}

}  // namespace logs
