#pragma once

#include <cstdint>
#include <optional>

namespace bench {

using Nanoseconds = std::int64_t;  // of the steady clock

// An open loop's plan: operation i is due at start + i / rate whatever the server does. An operation that is begun late
// is timed from when it was due, so that a stalled server cannot hide by stopping the generator too (coordinated
// omission).
class Pacer {
 public:
  Pacer(double per_second, Nanoseconds start) : interval_(1e9 / per_second), start_(start) {}

  // When the next operation is or was due. Reckoned from the start each time: rounding does not add up.
  Nanoseconds next() const { return start_ + static_cast<Nanoseconds>(interval_ * static_cast<double>(taken_)); }
  // Takes the next operation if it is due; its due time.
  std::optional<Nanoseconds> take(Nanoseconds now) {
    const Nanoseconds due = next();
    if (due > now) return std::nullopt;
    ++taken_;
    return due;
  }
  // How many are due and not taken.
  std::uint64_t behind(Nanoseconds now) const {
    if (now < start_) return 0;
    const auto due = static_cast<std::uint64_t>(static_cast<double>(now - start_) / interval_) + 1;
    return due > taken_ ? due - taken_ : 0;
  }

 private:
  double interval_;  // nanoseconds
  Nanoseconds start_;
  std::uint64_t taken_ = 0;
};

}  // namespace bench
