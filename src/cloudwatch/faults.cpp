#include "cloudwatch/faults.h"

#include "api/cloudwatch/operations.h"

namespace cloudwatch {

namespace faults = api::cloudwatch::faults;

namespace {

constexpr base::FaultShape kNotSupported{"UnsupportedOperation", "UnsupportedOperation", 400, true, ""};

}  // namespace

Refusal validation_error(std::string message) {
  return base::fault(faults::ValidationException, std::move(message));
}
Refusal invalid_value(std::string message) {
  return base::fault(faults::InvalidParameterValueException, std::move(message));
}
Refusal invalid_combination(std::string message) {
  return base::fault(faults::InvalidParameterCombinationException, std::move(message));
}
Refusal missing_parameter(std::string message) {
  return base::fault(faults::MissingRequiredParameterException, std::move(message));
}
Refusal invalid_format(std::string message) {
  return base::fault(faults::InvalidFormatFault, std::move(message));
}
Refusal invalid_token() {
  return base::fault(faults::InvalidNextToken, "The next token specified is invalid.");
}
Refusal not_found(std::string message) {
  return base::fault(faults::ResourceNotFound, std::move(message));
}

Refusal tagged_resource_not_found(std::string_view arn) {
  return base::fault(faults::ResourceNotFoundException, "Unknown resource: " + std::string(arn));
}

Refusal not_supported(std::string_view what) {
  return base::fault(kNotSupported, std::string(what) + " are not supported by renkei yet.");
}

Refusal unsupported(std::string message) {
  return base::fault(kNotSupported, std::move(message));
}

Refusal conflict(std::string message) {
  return base::fault(faults::ResourceConflict, std::move(message));
}

Refusal too_many(std::string_view what, std::size_t limit) {
  return base::fault(faults::LimitExceededFault,
                     "The limit of " + std::to_string(limit) + " " + std::string(what) + " has been reached.");
}

Refusal store_failed(std::string_view) {
  return base::fault(faults::InternalServiceFault, "The request processing has failed due to an internal error.");
}

}  // namespace cloudwatch
