#pragma once

#include <expected>
#include <map>
#include <string>

#include "sim/result.h"

namespace sim {

// US dollars, as of a day.
struct Prices {
  struct Region {
    double vcpu_hour = 0, gb_hour = 0;              // Fargate, Linux on x86
    double arm_vcpu_hour = 0, arm_gb_hour = 0;      // Linux on ARM
    double standard_million = 0, fifo_million = 0;  // SQS requests
    bool verified = true;                           // false: one of them is from memory or a third party
  };
  std::string date;
  std::string source;
  std::map<std::string, Region> regions;
};

// From JSON as in prices.inc; the error says what is wrong.
std::expected<Prices, std::string> parse_prices(const std::string& text);
const Prices& built_in_prices();

// What the tasks and requests of a run cost in its region; in us-east-1's prices where the region is not in the list.
// The free tier is not taken off.
Cost cost_of(const Result& result, const Prices& prices);
// "Prices of 2026-09-01 for eu-west-1, …"
std::string price_note(const Result& result, const Prices& prices);

}  // namespace sim
