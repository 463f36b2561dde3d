#pragma once

#include <chrono>
#include <cstdint>

namespace base {

// Instants are whole microseconds since the Unix epoch: exact, ordered, the same on every machine,
// so a recorded run replays bit for bit. Floating-point time is banned for that reason.
using Duration = std::chrono::duration<std::int64_t, std::micro>;

// Never `std::chrono::system_clock`: a tag of our own makes an uninjected `now()` a compile error.
struct Timeline {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Timeline>;
  static constexpr bool is_steady = false;
};
using TimePoint = Timeline::time_point;

// "Never": the deadline of something that waits for an event and not for time.
inline constexpr TimePoint kNever = TimePoint::max();

// The only way to learn the time under cloud/. app/ hands in a real one, tests and the simulator their own.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
};

inline std::int64_t unix_seconds(TimePoint at) {
  return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
}
inline std::int64_t unix_millis(TimePoint at) {
  return std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
}
inline TimePoint from_unix_seconds(std::int64_t seconds) {
  return TimePoint(std::chrono::seconds(seconds));
}
inline TimePoint from_unix_millis(std::int64_t millis) {
  return TimePoint(std::chrono::milliseconds(millis));
}
inline double to_seconds(Duration span) {
  return static_cast<double>(span.count()) / 1e6;
}

}  // namespace base
