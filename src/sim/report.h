#pragma once

#include <string>

#include "base/value.h"
#include "sim/prices.h"
#include "sim/result.h"

// A result as texts and data.
namespace sim {

// For people: a page of numbers, the changes of desired counts, costs and advice.
std::string summary_text(const Result& result, const Prices& prices);
// The same as one tree, and with `series` the samples too.
base::Value to_value(const Result& result, const Prices& prices, bool series);

// One row a sample: time, and for each queue and service what it had then.
std::string series_csv(const Result& result);
// Changes of desired counts, alarm states and activities, one a row, by time.
std::string events_csv(const Result& result);

// Spans' quantiles in seconds that every summary has: 0.5, 0.95, 0.99; then the largest.
base::Value quantiles(const Histogram& histogram);

}  // namespace sim
