#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "sim/distribution.h"

// When messages come.
namespace sim {

// How much more or less comes at a time of day and on a day of the week, as factors; cycles in UTC.
struct Tide {
  std::vector<double> daily;   // equal slots of a day, from midnight; empty: always 1
  std::vector<double> weekly;  // seven, Monday first; empty: always 1

  bool flat() const { return daily.empty() && weekly.empty(); }
  double at(base::TimePoint time) const;
  // When the factor may change next.
  base::TimePoint slot_end(base::TimePoint time) const;
};

// A smooth day between two factors, in slots of 15 minutes.
std::vector<double> wave(double low, double high, base::Duration peak);

struct Burst {
  base::Duration at{};  // since the beginning of the simulation
  std::int64_t messages = 0;
  base::Duration over{};                  // evenly
  std::optional<base::Duration> every{};  // again and again
};

struct Trace {
  std::vector<std::pair<base::Duration, std::int64_t>> points;  // since the beginning, rising; how many then
  std::optional<base::Duration> every{};                        // again and again
};

struct Arrival {
  base::TimePoint at{};
  std::int64_t messages = 1;
};

// One source's arrivals, in order.
class ArrivalStream {
 public:
  // Intervals are those at factor 1; with a factor of 2 they pass twice as fast.
  static ArrivalStream of_intervals(Distribution interval, Tide tide, bool first_at_once, base::TimePoint begin);
  static ArrivalStream of_trace(Trace trace, base::TimePoint origin, base::TimePoint begin);
  static ArrivalStream of_burst(Burst burst, base::TimePoint origin, base::TimePoint begin);

  std::optional<Arrival> next(base::Random& random);

 private:
  std::optional<Arrival> next_interval(base::Random& random);
  std::optional<Arrival> next_point();

  Distribution interval_;
  Tide tide_;
  bool at_once_ = false;
  bool by_trace_ = false;
  base::TimePoint now_{};
  Trace trace_;
  base::TimePoint origin_{};  // of this round of the trace
  std::size_t point_ = 0;
};

}  // namespace sim
