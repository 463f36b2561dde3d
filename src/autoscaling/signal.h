#pragma once

// What a scaling policy reads from an alarm that called it.

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace autoscaling {

struct Signal {
  std::vector<double> points;  // oldest first, gaps left out; never empty
  double threshold = 0;
};

// An alarm's data is good for this long after its query (observed: 5.7 s is accepted, 15.6 s is not).
inline constexpr std::chrono::seconds kSignalAgeMax{10};

// `reason_data` is the alarm's StateReasonData. The error is the text for the alarm's history.
std::expected<Signal, std::string> read_signal(std::string_view reason_data, base::TimePoint now);
// The same without a check of its age: what an alarm went by when it last changed.
std::expected<Signal, std::string> read_old_signal(std::string_view reason_data);

}  // namespace autoscaling
