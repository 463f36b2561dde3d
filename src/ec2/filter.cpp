#include "ec2/filter.h"

#include <algorithm>

#include "api/ec2/operations.h"

namespace ec2 {

bool matches_pattern(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // the last '*', and where its run began
  std::size_t run = 0;
  while (t < text.size()) {
    const bool literal = p + 1 < pattern.size() && pattern[p] == '\\';
    if (p < pattern.size() && !literal && pattern[p] == '*') {
      star = p++;
      run = t;
    } else if (p < pattern.size() &&
               (literal ? pattern[p + 1] == text[t] : pattern[p] == '?' || pattern[p] == text[t])) {
      p += literal ? 2 : 1;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++run;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool any_matches(const api::ec2::Filter& filter, const Values& values) {
  if (!filter.values) return false;
  return std::ranges::any_of(*filter.values, [&](const std::string& pattern) {
    return std::ranges::any_of(values, [&](const std::string& value) { return matches_pattern(pattern, value); });
  });
}

std::optional<Values> tag_values(std::string_view filter_name, const std::optional<std::vector<api::ec2::Tag>>& tags) {
  const bool by_key = filter_name.starts_with("tag:");
  if (!by_key && filter_name != "tag-key" && filter_name != "tag-value") return std::nullopt;
  Values values;
  if (!tags) return values;
  for (const api::ec2::Tag& tag : *tags) {
    const std::string key = tag.key.value_or("");
    if (by_key && key != filter_name.substr(4)) continue;
    values.push_back(filter_name == "tag-key" ? key : tag.value.value_or(""));
  }
  return values;
}

base::Fault unknown_filter(std::string_view name) {
  return {&api::ec2::faults::InvalidParameterValue, "The filter '" + std::string(name) + "' is invalid"};
}

}  // namespace ec2
