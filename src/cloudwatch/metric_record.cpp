#include "cloudwatch/metric_record.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "base/random.h"

namespace cloudwatch::record {
namespace {

constexpr std::size_t kDigits = 16;
// Seconds before 1970 sort before those after it.
constexpr std::uint64_t kSign = 1ULL << 63;

void put_double(std::string& out, double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(bits >> shift));
}

double take_double(std::string_view& in) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof bits; ++i)
    bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(in[i])) << (8 * i);
  in.remove_prefix(sizeof bits);
  return std::bit_cast<double>(bits);
}

// Counts are small whole numbers, but for those that PutMetricData was given: 0 stands before a double.
void put_value(std::string& out, double value, double count) {
  put_double(out, value);
  const bool small = count >= 1 && count <= 255 && count == std::floor(count);
  out.push_back(static_cast<char>(small ? static_cast<unsigned char>(count) : 0));
  if (!small) put_double(out, count);
}

bool take_value(std::string_view& in, std::pair<double, double>& value) {
  if (in.size() < sizeof(double) + 1) return false;
  value.first = take_double(in);
  value.second = static_cast<unsigned char>(in[0]);
  in.remove_prefix(1);
  if (value.second != 0) return true;
  if (in.size() < sizeof(double)) return false;
  value.second = take_double(in);
  return true;
}

}  // namespace

std::string hex(std::uint64_t number) {
  std::string text(kDigits, '0');
  for (std::size_t i = kDigits; i-- > 0; number >>= 4) text[i] = base::kHexDigits[number & 0xf];
  return text;
}

std::string prefix(std::uint64_t series) {
  return "cloudwatch.data/" + hex(series) + "/";
}

std::string prefix(std::uint64_t series, int tier) {
  return prefix(series) + static_cast<char>('0' + tier) + "/";
}

std::string end(std::uint64_t series) {
  std::string text = prefix(series);
  ++text.back();
  return text;
}

std::string key(std::uint64_t series, int tier, std::int64_t start) {
  return prefix(series, tier) + hex(static_cast<std::uint64_t>(start) ^ kSign);
}

std::int64_t start_of(std::string_view key) {
  std::uint64_t number = 0;
  const std::string_view digits = key.substr(key.rfind('/') + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return static_cast<std::int64_t>(number ^ kSign);
}

std::string encode(const StatisticSet& samples) {
  std::string bytes;
  put_double(bytes, samples.sum);
  if (samples == StatisticSet::of(samples.sum)) return bytes;
  put_double(bytes, samples.count);
  put_double(bytes, samples.minimum);
  put_double(bytes, samples.maximum);
  for (const auto& [value, count] : samples.values) put_value(bytes, value, count);
  return bytes;
}

std::optional<StatisticSet> decode(std::string_view bytes) {
  if (bytes.size() == sizeof(double)) return StatisticSet::of(take_double(bytes));
  if (bytes.size() < 4 * sizeof(double)) return std::nullopt;
  StatisticSet samples;
  samples.sum = take_double(bytes);
  samples.count = take_double(bytes);
  samples.minimum = take_double(bytes);
  samples.maximum = take_double(bytes);
  while (!bytes.empty()) {
    if (!take_value(bytes, samples.values.emplace_back())) return std::nullopt;
  }
  return samples;
}

}  // namespace cloudwatch::record
