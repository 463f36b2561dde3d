#pragma once

// Parameter Store quotas ("AWS Systems Manager endpoints and quotas") and what PutParameter says of names.

#include <cstddef>
#include <cstdint>

namespace ssm {

inline constexpr std::size_t kStandardParametersMax = 10'000;  // for each account and region
inline constexpr std::size_t kAdvancedParametersMax = 100'000;
inline constexpr std::size_t kStandardValueMax = 4096;  // characters
inline constexpr std::size_t kAdvancedValueMax = 8192;
inline constexpr std::int64_t kVersionsMax = 100;
inline constexpr std::size_t kLabelsMax = 10;  // of a version
inline constexpr std::size_t kLevelsMax = 15;  // of a hierarchy
inline constexpr std::size_t kNameMax = 1011;  // "1011 characters, with the part of the ARN before the name"
inline constexpr std::size_t kTagsMax = 50;

}  // namespace ssm
