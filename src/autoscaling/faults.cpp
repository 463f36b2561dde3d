#include "autoscaling/faults.h"

#include "api/autoscaling/operations.h"

namespace autoscaling {

namespace faults = api::autoscaling::faults;

namespace {

constexpr base::FaultShape kNotSupported{"UnsupportedOperation", "UnsupportedOperation", 400, true, ""};

}  // namespace

Refusal validation(std::string message) {
  return base::fault(faults::ValidationException, std::move(message));
}
Refusal object_not_found(std::string message) {
  return base::fault(faults::ObjectNotFoundException, std::move(message));
}
Refusal limit_exceeded(std::string message) {
  return base::fault(faults::LimitExceededException, std::move(message));
}
Refusal invalid_token() {
  return base::fault(faults::InvalidNextTokenException, "The next token is invalid.");
}

Refusal resource_not_found(std::string_view arn) {
  return base::fault(faults::ResourceNotFoundException, "The resource " + std::string(arn) + " doesn't exist.");
}

Refusal too_many_tags() {
  return base::fault(faults::TooManyTagsException, "A scalable target can have at most 50 tags.");
}

Refusal not_supported(std::string_view what) {
  return base::fault(kNotSupported, std::string(what) + " are not supported by renkei yet.");
}

}  // namespace autoscaling
