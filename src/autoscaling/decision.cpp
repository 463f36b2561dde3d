#include "autoscaling/decision.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace autoscaling {
namespace {

// Capacities are 32-bit integers in the API; a wild metric must not overflow them.
constexpr double kCapacityMax = 2'147'483'647;

std::int64_t to_capacity(double number) {
  return static_cast<std::int64_t>(std::clamp(number, 0.0, kCapacityMax));
}

bool cooling(const std::optional<Movement>& movement, base::Duration cooldown, base::TimePoint now) {
  if (!movement || cooldown <= base::Duration::zero()) return false;
  return !movement->ended_at || now < *movement->ended_at + cooldown;
}

// Above the threshold a step covers [lower, upper), below it (lower, upper].
bool covers(const Step& step, double difference) {
  if (difference >= 0) {
    return (!step.lower || difference >= *step.lower) && (!step.upper || difference < *step.upper) &&
           (step.upper || step.lower) && !(step.upper && *step.upper <= 0);
  }
  return (!step.lower || difference > *step.lower) && (!step.upper || difference <= *step.upper) &&
         (step.upper || step.lower) && !(step.lower && *step.lower >= 0);
}

// Fractions of a task: between 0 and 1 one task, else toward zero.
std::int64_t round_change(double change) {
  if (change > 0 && change < 1) return 1;
  if (change < 0 && change > -1) return -1;
  return static_cast<std::int64_t>(std::clamp(std::trunc(change), -kCapacityMax, kCapacityMax));
}

std::int64_t percent_change(const StepRule& rule, std::int64_t capacity, std::int64_t percent) {
  const std::int64_t change = round_change(static_cast<double>(capacity) * static_cast<double>(percent) / 100);
  if (percent > 0) return std::max(change, rule.min_magnitude);
  if (percent < 0) return std::min(change, -rule.min_magnitude);
  return 0;
}

}  // namespace

std::int64_t tracked_capacity(std::int64_t capacity, double metric, double target) {
  const double exact = std::clamp(static_cast<double>(capacity) * metric / target, 0.0, kCapacityMax);
  // 3 * 0.1 / 0.1 is a hair above 3: that is not a fourth task.
  constexpr double kNoise = 1e-9;
  return to_capacity(std::ceil(exact - exact * kNoise));
}

std::int64_t tracked_capacity_out(std::int64_t capacity, double metric, double target, const Bounds& bounds) {
  if (capacity == 0) return std::max<std::int64_t>(1, bounds.min);
  return tracked_capacity(capacity, metric, target);
}

std::optional<std::int64_t> stepped_capacity(const StepRule& rule, std::int64_t capacity, double difference) {
  const auto step = std::ranges::find_if(rule.steps, [&](const Step& each) { return covers(each, difference); });
  if (step == rule.steps.end()) return std::nullopt;
  switch (rule.adjustment) {
    case Adjustment::ExactCapacity:
      return step->adjustment;
    case Adjustment::ChangeInCapacity:
      return std::max<std::int64_t>(0, capacity + step->adjustment);
    case Adjustment::PercentChangeInCapacity:
      return std::max<std::int64_t>(0, capacity + percent_change(rule, capacity, step->adjustment));
  }
  return std::nullopt;
}

std::int64_t base_for_scale_out(const Observed& observed, const std::optional<Movement>& last_out,
                                base::Duration cooldown, base::TimePoint now) {
  const bool under_way = last_out && !last_out->ended_at;
  if (!under_way && !cooling(last_out, cooldown, now)) return observed.running;
  return std::min(observed.running, last_out->from);
}

Decision decide(const Proposal& proposal, const Bounds& bounds, const Observed& observed,
                const std::optional<Movement>& last_in, base::TimePoint now) {
  const auto not_scaled = [](const char* code) { return Decision{Decision::Kind::NotScaled, 0, code}; };
  const std::int64_t capacity = std::clamp(proposal.capacity, bounds.min, bounds.max);
  if (proposal.direction == Direction::Out) {
    if (observed.desired >= bounds.max) return not_scaled(kAlreadyAtMax);
    if (capacity <= observed.desired) return not_scaled(kAlreadyAtDesired);
    return {Decision::Kind::Scale, capacity, {}};
  }
  // Scale-in is off while a deployment replaces tasks.
  if (observed.deploying) return not_scaled(kUnscalable);
  if (observed.desired <= bounds.min) return not_scaled(kAlreadyAtMin);
  if (capacity >= observed.desired) return not_scaled(kAlreadyAtDesired);
  if (cooling(last_in, proposal.cooldown, now)) return {};
  return {Decision::Kind::Scale, capacity, {}};
}

double aggregate(std::span<const double> points, Aggregation aggregation) {
  switch (aggregation) {
    case Aggregation::Minimum:
      return *std::ranges::min_element(points);
    case Aggregation::Maximum:
      return *std::ranges::max_element(points);
    case Aggregation::Average:
      break;
  }
  return std::accumulate(points.begin(), points.end(), 0.0) / static_cast<double>(points.size());
}

}  // namespace autoscaling
