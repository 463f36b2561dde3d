#pragma once

// The durable form of one data point: small, because a metric makes one every minute.
// Key: cloudwatch.data/<series, 16 hex digits>/<tier>/<start second, 16 hex digits>: 51 bytes, of which blocks on disk
// keep the 3 that differ from the key before. Value: one double (8 bytes) when all samples were the same single value;
// count, sum, minimum, maximum (32 bytes) when no more is known or needed; else these four, then each value and its
// count (9 bytes and more each), for percentiles.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cloudwatch/statistic.h"

namespace cloudwatch::record {

std::string hex(std::uint64_t number);
std::string prefix(std::uint64_t series);
std::string prefix(std::uint64_t series, int tier);
// The first key behind all records of the series.
std::string end(std::uint64_t series);
std::string key(std::uint64_t series, int tier, std::int64_t start);
std::int64_t start_of(std::string_view key);

std::string encode(const StatisticSet& samples);
std::optional<StatisticSet> decode(std::string_view bytes);

}  // namespace cloudwatch::record
