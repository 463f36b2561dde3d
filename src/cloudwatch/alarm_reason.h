#pragma once

// The texts that explain an alarm's state, and the JSON that scaling policies read from it.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cloudwatch/alarm_evaluation.h"

namespace cloudwatch {

// What an evaluation went by. Pointers are into `slots`; lists are newest first.
struct Evidence {
  std::span<const Slot> slots;
  std::vector<const Slot*> evaluated;  // at most the evaluation periods
  std::vector<const Slot*> breaching;
  std::vector<const Slot*> good;
  std::int64_t filled = 0;  // periods for which there was no point
};

// StateReason's limit in the API.
inline constexpr std::size_t kReasonLengthMax = 1023;
// StateReasonData's limit in the API.
inline constexpr std::size_t kReasonDataLengthMax = 4000;

std::string reason_text(const AlarmRule& rule, const Evidence& evidence, AlarmState state);
std::string reason_data(const AlarmRule& rule, const Evidence& evidence, base::TimePoint now);

}  // namespace cloudwatch
