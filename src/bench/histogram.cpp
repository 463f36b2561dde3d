#include "bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace bench {

// Values below 2^kSubBits have a bucket each; above, every power of two is cut into 2^kSubBits buckets.
std::size_t Histogram::bucket_of(std::uint64_t value) {
  constexpr std::uint64_t kSub = std::uint64_t{1} << kSubBits;
  if (value < kSub) return value;
  const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kSubBits;
  const std::size_t bucket = (static_cast<std::size_t>(shift + 1) << kSubBits) + ((value >> shift) - kSub);
  return std::min(bucket, kBuckets - 1);
}

std::uint64_t Histogram::upper_edge(std::size_t bucket) {
  constexpr std::uint64_t kSub = std::uint64_t{1} << kSubBits;
  if (bucket < kSub) return bucket;
  const unsigned shift = static_cast<unsigned>(bucket >> kSubBits) - 1;
  return (((bucket & (kSub - 1)) + kSub + 1) << shift) - 1;
}

void Histogram::add(std::uint64_t value) {
  ++buckets_[bucket_of(value)];
  ++count_;
  sum_ += value;
  max_ = std::max(max_, value);
}

std::uint64_t Histogram::quantile(double fraction) const {
  if (count_ == 0) return 0;
  const auto wanted = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += buckets_[bucket];
    if (seen >= wanted) return std::min(upper_edge(bucket), max_);
  }
  return max_;
}

}  // namespace bench
