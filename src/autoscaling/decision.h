#pragma once

// What capacity a policy asks for, and whether it may have it. Pure functions of what was observed.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"

namespace autoscaling {

enum class Direction : std::uint8_t { Out, In };

struct Bounds {
  std::int64_t min = 0;
  std::int64_t max = 0;
};

// The resource as it is now.
struct Observed {
  std::int64_t desired = 0;
  std::int64_t running = 0;
  bool deploying = false;
};

// The last change that a policy made in one direction.
struct Movement {
  std::string activity_id;
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::optional<base::TimePoint> ended_at;  // unset while tasks are still starting or stopping

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.activity_id);
    field(2, row.from);
    field(3, row.to);
    field(4, row.ended_at);
  }
};

// Target tracking: `capacity` tasks at `metric` would be this many at `target`, rounded up in both directions so that
// neither too little is added nor too much removed.
std::int64_t tracked_capacity(std::int64_t capacity, double metric, double target);

// Scaling out from nothing starts with the smallest possible capacity: no metric can be divided among no tasks.
std::int64_t tracked_capacity_out(std::int64_t capacity, double metric, double target, const Bounds& bounds);

enum class Adjustment : std::uint8_t { ChangeInCapacity, PercentChangeInCapacity, ExactCapacity };

struct Step {
  std::optional<double> lower;  // relative to the alarm's threshold
  std::optional<double> upper;
  std::int64_t adjustment = 0;
};

struct StepRule {
  Adjustment adjustment = Adjustment::ChangeInCapacity;
  std::vector<Step> steps;
  std::int64_t min_magnitude = 0;  // percent only
};

// The capacity that the step for `metric - threshold` asks for; nothing if no step covers it.
std::optional<std::int64_t> stepped_capacity(const StepRule& rule, std::int64_t capacity, double difference);

// The capacity that a scale-out is reckoned from: the running tasks, but while an earlier scale-out is under way or
// cooling down, what ran before it, so that what it added counts as part of this one.
std::int64_t base_for_scale_out(const Observed& observed, const std::optional<Movement>& last_out,
                                base::Duration cooldown, base::TimePoint now);

struct Decision {
  enum class Kind : std::uint8_t { Scale, NotScaled, Wait };
  Kind kind = Kind::Wait;
  std::int64_t capacity = 0;  // Scale
  std::string reason;         // NotScaled: the reason's code
};

struct Proposal {
  Direction direction = Direction::Out;
  std::int64_t capacity = 0;
  base::Duration cooldown{};
};

Decision decide(const Proposal& proposal, const Bounds& bounds, const Observed& observed,
                const std::optional<Movement>& last_in, base::TimePoint now);

inline constexpr const char* kAlreadyAtMax = "AlreadyAtMaxCapacity";
inline constexpr const char* kAlreadyAtMin = "AlreadyAtMinCapacity";
inline constexpr const char* kAlreadyAtDesired = "AlreadyAtDesiredCapacity";
inline constexpr const char* kUnscalable = "TargetServicePutResourceAsUnscalable";

// Which aggregate of an alarm's points a policy goes by. AWS documents it for step scaling only (Average unless
// configured) and never for target tracking, which gets the average here too.
enum class Aggregation : std::uint8_t { Average, Minimum, Maximum };
// `points` must not be empty.
double aggregate(std::span<const double> points, Aggregation aggregation);

}  // namespace autoscaling
