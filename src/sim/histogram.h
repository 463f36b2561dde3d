#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "base/time.h"

namespace sim {

// Spans in buckets of 1/64 of their value, from a millisecond to years: quantiles are right within 2 %, in 20 KiB.
class Histogram {
 public:
  void add(base::Duration span) {
    const auto millis = static_cast<std::uint64_t>(std::max<std::int64_t>(span.count(), 0)) / 1000;
    ++buckets_[bucket_of(millis)];
    ++count_;
    max_ = std::max(max_, span);
    sum_ += base::to_seconds(span);
  }
  std::uint64_t count() const { return count_; }
  base::Duration max() const { return max_; }
  double mean_seconds() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
  // That the fraction q of all spans do not exceed, to the bucket; zero when there are none.
  base::Duration quantile(double q) const {
    if (count_ == 0) return {};
    const auto wanted = static_cast<std::uint64_t>(q * static_cast<double>(count_ - 1)) + 1;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      seen += buckets_[i];
      if (seen >= wanted) return std::min(max_, base::Duration(std::chrono::milliseconds(upper_edge(i))));
    }
    return max_;
  }

 private:
  static constexpr unsigned kSubBits = 6;
  static constexpr std::uint64_t kSub = std::uint64_t{1} << kSubBits;
  static constexpr std::size_t kBuckets = kSub * 40;

  static std::size_t bucket_of(std::uint64_t value) {
    if (value < kSub) return static_cast<std::size_t>(value);
    const auto exponent = static_cast<unsigned>(std::bit_width(value)) - kSubBits - 1;
    return std::min<std::size_t>((exponent << kSubBits) + static_cast<std::size_t>(value >> exponent), kBuckets - 1);
  }
  static std::int64_t upper_edge(std::size_t bucket) {
    if (bucket < kSub) return static_cast<std::int64_t>(bucket);
    const std::uint64_t exponent = (bucket >> kSubBits) - 1;
    return static_cast<std::int64_t>((((bucket & (kSub - 1)) + kSub + 1) << exponent) - 1);
  }

  std::array<std::uint32_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  base::Duration max_{};
  double sum_ = 0;
};

}  // namespace sim
