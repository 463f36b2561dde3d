#pragma once

#include <string>
#include <vector>

#include "sim/result.h"

namespace sim {

// A run over its time as SVG: each busy queue with its consumer's tasks, alarms, scaling activities, cost.
std::string draw(const Result& result, const std::string& title);

// One point of a comparison.
struct ComparedRun {
  std::string label;  // "TargetValue=5 MaxCapacity=3"
  std::string group;  // colours the point: the first key's value
  double cost = 0;    // dollars
  double p95 = 0;     // seconds from being sent to the beginning of the work
  bool base = false;  // the run with nothing varied
};
// What more money buys: cost against p95 of all runs, those that no other beats joined and named.
std::string draw_comparison(const std::vector<ComparedRun>& runs, const std::string& title);
// Indices of the runs that no other beats in both cost and p95, by rising cost.
std::vector<std::size_t> front_of(const std::vector<ComparedRun>& runs);

}  // namespace sim
