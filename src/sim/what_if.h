#pragma once

#include <expected>
#include <string>
#include <vector>

#include "sim/picture.h"
#include "sim/result.h"
#include "sim/scenario.h"

namespace sim {

// One thing that is varied: "TargetValue=3,5,10".
struct Variation {
  std::string key;
  std::vector<std::string> values;
};

inline constexpr std::size_t kRunsMax = 10'000;

std::expected<Variation, Failure> parse_variation(const std::string& text);

// Every combination of values, the last key fastest; each as long as `variations`. No combination: one empty one.
std::expected<std::vector<std::vector<std::string>>, Failure> combinations(const std::vector<Variation>& variations);

// Changes the scenario where `key` points. In this order it is
//   a path in the workload file       services.worker.consume.time, arrivals.0.poisson, launch.pull, call
//   a parameter of a template         Interval
//   a path from a resource            ScalingPolicy.TargetTrackingScalingPolicyConfiguration.TargetValue,
//                                     or from the stack it is in: ConsumerStack.ScalingPolicy.…
//   the name of a property that only one resource has: TargetValue
std::expected<void, Failure> apply(Scenario& scenario, const std::string& key, const std::string& value);

// What a run of a grid came to, small enough to keep thousands of.
struct Outcome {
  std::vector<std::string> values;  // none: as given
  std::string failure;              // the others are 0 then
  std::uint64_t sent = 0, handled = 0, again = 0, dead_lettered = 0, cut_off = 0, lost = 0;
  std::int64_t left = 0;
  double p50 = 0, p95 = 0, p99 = 0, longest = 0;  // seconds from being sent to the beginning of the work
  double task_hours = 0, busy_share = 0;
  std::uint64_t changes = 0, flaps = 0;
  double cost = 0;
};
Outcome outcome_of(const Result& result, std::vector<std::string> values);

// The cheapest run that waits no longer than the given one, if that is worth telling.
std::vector<Advice> advise_on(const std::vector<Variation>& variations, const std::vector<Outcome>& outcomes);

std::string outcomes_csv(const std::vector<Variation>& variations, const std::vector<Outcome>& outcomes);
std::vector<ComparedRun> compared(const std::vector<Variation>& variations, const std::vector<Outcome>& outcomes);
// "TargetValue=5 MaxCapacity=3", or "as given".
std::string label_of(const std::vector<Variation>& variations, const Outcome& outcome);

}  // namespace sim
