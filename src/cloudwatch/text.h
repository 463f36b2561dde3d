#pragma once

#include <string>

#include "base/time.h"

// How CloudWatch words numbers and dates inside alarm reasons and history.
namespace cloudwatch {

// As Java's Double.toString: "100.0", "0.0666851903306472", "1.0E7".
std::string java_double(double number);
// "17/09/26 01:46:00", UTC.
std::string reason_date(base::TimePoint at);
// "Friday 22 July, 2022 15:57:45 UTC"
std::string long_date(base::TimePoint at);
// "2026-09-17T01:47:59.076+0000"
std::string json_date(base::TimePoint at);

}  // namespace cloudwatch
