#include "sqs/faults.h"

namespace sqs {
namespace {

constexpr base::FaultShape kInternalFailure{"InternalFailure", "InternalFailure", 500, false,
                                            "com.amazon.coral.service"};

}  // namespace

std::unexpected<base::Fault> missing_parameter(std::string_view name) {
  return base::fault(faults::MissingRequiredParameterException,
                     "The request must contain the parameter " + std::string(name) + ".");
}

std::unexpected<base::Fault> invalid_parameter(std::string_view value, std::string_view name, std::string_view reason) {
  std::string message = "Value ";
  message.append(value).append(" for parameter ").append(name).append(" is invalid. Reason: ").append(reason);
  return invalid_value(std::move(message));
}

std::unexpected<base::Fault> invalid_value(std::string message) {
  return base::fault(faults::InvalidParameterValueException, std::move(message));
}

std::unexpected<base::Fault> no_such_queue(api::Protocol protocol) {
  const bool query = protocol == api::Protocol::AwsQuery;
  return base::fault(faults::QueueDoesNotExist, query ? "The specified queue does not exist for this wsdl version."
                                                      : "The specified queue does not exist.");
}

std::unexpected<base::Fault> not_supported(std::string_view what) {
  return base::fault(faults::UnsupportedOperation, std::string(what) + " not supported by renkei yet.");
}

std::unexpected<base::Fault> internal_failure() {
  return base::fault(kInternalFailure, "The request processing has failed because of an unknown error.");
}

std::unexpected<base::Fault> store_failure(const store::Error& error) {
  return base::fault(kInternalFailure,
                     "The request processing has failed because of a failure of the store: " + error.message + ".");
}

}  // namespace sqs
