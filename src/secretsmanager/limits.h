#pragma once

// "AWS Secrets Manager quotas".

#include <chrono>
#include <cstddef>

namespace secretsmanager {

inline constexpr std::size_t kSecretsMax = 500'000;
inline constexpr std::size_t kValueMax = 65'536;  // bytes
inline constexpr std::size_t kVersionsMax = 100;
// Versions without a label may go then, when there are too many.
inline constexpr auto kVersionKept = std::chrono::hours(24);
inline constexpr std::size_t kStagesMax = 20;  // of all versions of a secret
inline constexpr std::size_t kTagsMax = 50;
inline constexpr int kWindowMin = 7;  // days from deletion to the end
inline constexpr int kWindowMax = 30;
inline constexpr int kWindowDefault = 30;

}  // namespace secretsmanager
