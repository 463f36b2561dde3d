#pragma once

// Faults that the wire itself answers, whatever the service: what is sent is no request of that protocol, or names
// no operation.

#include "base/fault.h"

namespace wire::faults {

inline constexpr base::FaultShape SerializationException{"SerializationException", "MalformedInput", 400, true,
                                                         "com.amazon.coral.service"};
inline constexpr base::FaultShape UnknownOperationException{"UnknownOperationException", "InvalidAction", 400, true,
                                                            "com.amazon.coral.service"};
// SQS answers it with 404 over JSON.
inline constexpr base::FaultShape UnknownOperationOfQueue{"UnknownOperationException", "InvalidAction", 404, true,
                                                          "com.amazon.coral.service"};
// A queue's URL without an action: a page that is not there, rather than an error of the API.
inline constexpr base::FaultShape NoOperation{"UnknownOperationException", "UnknownOperationException", 404, true};
inline constexpr base::FaultShape UnsupportedOperation{"UnsupportedOperation", "UnsupportedOperation", 400, true,
                                                       "com.amazon.coral.service"};
inline constexpr base::FaultShape MissingAction{"MissingAction", "MissingAction", 400, true,
                                                "com.amazon.coral.service"};
inline constexpr base::FaultShape ValidationException{"ValidationException", "ValidationError", 400, true,
                                                      "com.amazon.coral.validate"};
inline constexpr base::FaultShape InternalFailure{"InternalFailure", "InternalFailure", 500, false,
                                                  "com.amazon.coral.service"};
// The rest are S3's.
inline constexpr base::FaultShape MalformedXml{"MalformedXML", "MalformedXML", 400, true};
inline constexpr base::FaultShape MissingRequestBody{"MissingRequestBodyError", "MissingRequestBodyError", 400, true};
inline constexpr base::FaultShape InvalidArgument{"InvalidArgument", "InvalidArgument", 400, true};
inline constexpr base::FaultShape MethodNotAllowed{"MethodNotAllowed", "MethodNotAllowed", 405, true};
inline constexpr base::FaultShape NotImplemented{"NotImplemented", "NotImplemented", 501, true};

}  // namespace wire::faults
