#include "ssm/filter.h"

#include <algorithm>

namespace ssm {
namespace {

std::string listed(const std::set<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) text.append(text.empty() ? "" : ", ").append(name);
  return "[" + text + "]";
}

std::set<std::string_view> options_of(std::string_view key) {
  if (key == "Name") return {"BeginsWith", "Contains", "Equals"};
  if (key == "Path") return {"OneLevel", "Recursive"};
  if (key == "Type" || key == "KeyId") return {"BeginsWith", "Equals"};
  return {"Equals"};
}

std::string option_of(const api::ssm::ParameterStringFilter& filter) {
  return filter.option.value_or(filter.key == "Path" ? "OneLevel" : "Equals");
}

base::Outcome<void> check_filter(const api::ssm::ParameterStringFilter& filter,
                                 const std::set<std::string_view>& keys) {
  const bool tag = filter.key.starts_with("tag:");
  if (!keys.contains(tag ? "tag:" : std::string_view(filter.key))) {
    return base::fault(faults::InvalidFilterKey, "The following filter key is not valid: " + filter.key +
                                                     ". Valid filter keys include: " + listed(keys) + ".");
  }
  const auto options = options_of(filter.key);
  if (!options.contains(option_of(filter))) {
    return base::fault(faults::InvalidFilterOption, "The following filter option is not valid: " + option_of(filter) +
                                                        ". Valid options include: " + listed(options) + ".");
  }
  if (!tag && (!filter.values || filter.values->empty())) {
    return base::fault(faults::InvalidFilterValue,
                       "The following filter values are missing: null for filter key " + filter.key);
  }
  if (filter.key == "Path") {
    for (const std::string& path : *filter.values) CHECK(check_path(path));
  }
  return {};
}

bool matches(const std::string& option, const std::string& value, const std::string& wanted) {
  if (option == "BeginsWith") return value.starts_with(wanted);
  if (option == "Contains") return value.find(wanted) != std::string::npos;
  return value == wanted;
}

// Without the slash that names of one part may have or not.
std::string_view bare(std::string_view name) {
  return name.starts_with('/') ? name.substr(1) : name;
}

bool passes(const api::ssm::ParameterStringFilter& filter, const Candidate& candidate) {
  if (filter.key == "Label") return true;
  const std::string option = option_of(filter);
  const std::vector<std::string> values = filter.values.value_or(std::vector<std::string>{});
  const auto any = [&](auto holds) { return std::ranges::any_of(values, holds); };
  if (filter.key.starts_with("tag:")) {
    const auto tag = candidate.parameter.tags.find(filter.key.substr(4));
    if (tag == candidate.parameter.tags.end()) return false;
    return values.empty() || any([&](const std::string& wanted) { return tag->second == wanted; });
  }
  if (filter.key == "Path") {
    return any(
        [&](const std::string& path) { return is_below(candidate.parameter.name, path, option == "Recursive"); });
  }
  if (filter.key == "Name") {
    return any([&](const std::string& wanted) {
      return matches(option, std::string(bare(candidate.parameter.name)), std::string(bare(wanted)));
    });
  }
  const VersionRow& version = candidate.version;
  const std::string& value = filter.key == "Type"    ? version.type
                             : filter.key == "KeyId" ? version.key_id
                             : filter.key == "Tier"  ? version.tier
                                                     : version.data_type;
  return any([&](const std::string& wanted) { return matches(option, value, wanted); });
}

}  // namespace

base::Outcome<void> check_filters(const std::optional<Filters>& filters, const std::set<std::string_view>& keys) {
  if (!filters) return {};
  for (const auto& filter : *filters) CHECK(check_filter(filter, keys));
  return {};
}

bool passes(const std::optional<Filters>& filters, const Candidate& candidate) {
  if (!filters) return true;
  return std::ranges::all_of(*filters, [&](const auto& filter) { return passes(filter, candidate); });
}

bool is_below(std::string_view name, std::string_view path, bool recursive) {
  std::string prefix(path);
  if (!prefix.ends_with('/')) prefix += '/';
  // Names without a slash are at the root.
  const std::string full = name.starts_with('/') ? std::string(name) : "/" + std::string(name);
  if (!full.starts_with(prefix)) return false;
  return recursive || full.find('/', prefix.size()) == std::string::npos;
}

}  // namespace ssm
