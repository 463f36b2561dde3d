#include "ecs/size.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

namespace ecs {
namespace {

// Memory goes from `least` to `most` MiB in steps; 256 CPU units skip 1536.
struct FargateSize {
  std::int64_t cpu, least, most, step;
};
constexpr std::array<FargateSize, 7> kFargateSizes{{
    {256, 512, 2048, 512},
    {512, 1024, 4096, 1024},
    {1024, 2048, 8192, 1024},
    {2048, 4096, 16384, 1024},
    {4096, 8192, 30720, 1024},
    {8192, 16384, 61440, 4096},
    {16384, 32768, 122880, 8192},
}};
constexpr std::int64_t kGapAt256 = 1536;

std::string lower_without_spaces(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ') out.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  }
  return out;
}

std::optional<std::int64_t> parse_size(std::string_view text, std::string_view unit, std::int64_t per_unit) {
  const std::string plain = lower_without_spaces(text);
  std::string_view number = plain;
  const bool in_units = plain.ends_with(unit);
  if (in_units) number.remove_suffix(unit.size());
  double value = 0;
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), value, std::chars_format::fixed);
  if (parsed.ec != std::errc() || parsed.ptr != number.data() + number.size() || number.empty()) return std::nullopt;
  const double scaled = in_units ? value * static_cast<double>(per_unit) : value;
  if (scaled < 0 || scaled > 1e9 || scaled != std::floor(scaled)) return std::nullopt;
  return static_cast<std::int64_t>(scaled);
}

}  // namespace

std::optional<std::int64_t> parse_cpu(std::string_view text) {
  return parse_size(text, "vcpu", 1024);
}

std::optional<std::int64_t> parse_memory(std::string_view text) {
  return parse_size(text, "gb", 1024);
}

std::optional<std::string> fargate_size_complaint(const std::optional<std::string>& cpu,
                                                  const std::optional<std::string>& memory) {
  if (!cpu) return "Fargate requires that 'cpu' be defined at the task level.";
  if (!memory) return "Fargate requires that 'memory' be defined at the task level.";
  const auto units = parse_cpu(*cpu);
  if (!units) {
    return "Invalid 'cpu' setting for task. For more information, see the Troubleshooting section of the Amazon ECS "
           "Developer Guide.";
  }
  const auto mib = parse_memory(*memory);
  if (!mib) {
    return "Invalid 'memory' setting for task. For more information, see the Troubleshooting section of the Amazon ECS "
           "Developer Guide.";
  }
  const auto size = std::ranges::find(kFargateSizes, *units, &FargateSize::cpu);
  const bool fits = size != kFargateSizes.end() && *mib >= size->least && *mib <= size->most &&
                    (*mib - size->least) % size->step == 0 && !(*units == 256 && *mib == kGapAt256);
  if (fits) return std::nullopt;
  return "No Fargate configuration exists for given values: " + std::to_string(*units) + " CPU, " +
         std::to_string(*mib) + " memory. See the Amazon ECS documentation for the valid values.";
}

}  // namespace ecs
