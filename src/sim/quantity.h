#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

// What people write for spans, rates and sizes.
namespace sim {

// "60s", "250ms", "1m30s", "2h", "7d"; a bare number is seconds. At most 1000 years, not negative.
std::optional<base::Duration> parse_span(std::string_view text);
// Per second: "5/s", "300/min", "10/h", "2000/d"; a bare number is per second.
std::optional<double> parse_rate(std::string_view text);
// Bytes: "512", "100KB", "128MiB", "1GiB"; units are powers of 1024.
std::optional<std::int64_t> parse_size(std::string_view text);
// Finite; "5%" is 0.05.
std::optional<double> parse_number(std::string_view text);

// "1 d 2 h", "4 min 10 s", "0.25 s": two units at most.
std::string span_text(base::Duration span);
// At most `digits` behind the point, no trailing zeros.
std::string number_text(double number, int digits = 2);
// "2026-01-05T00:00:00Z".
std::string time_text(base::TimePoint at);
// The same back; also without seconds or zone (UTC), and dates alone.
std::optional<base::TimePoint> parse_time(std::string_view text);

}  // namespace sim
