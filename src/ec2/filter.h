#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/ec2/types.h"
#include "base/fault.h"

namespace ec2 {

using Values = std::vector<std::string>;
using Filters = std::optional<std::vector<api::ec2::Filter>>;

// '*' is any run, '?' any one character, '\' takes the next literally; case matters.
bool matches_pattern(std::string_view pattern, std::string_view text);

// One filter of a Describe operation, and the values that a resource has for it.
template <class Shape>
struct FilterField {
  std::string_view name;
  Values (*values)(const Shape& shape);
};

inline Values one(const std::optional<std::string>& value) {
  return value ? Values{*value} : Values{};
}
inline Values one(const std::optional<bool>& value) {
  return value ? Values{*value ? "true" : "false"} : Values{};
}
inline Values one(const std::optional<std::int64_t>& value) {
  return value ? Values{std::to_string(*value)} : Values{};
}

bool any_matches(const api::ec2::Filter& filter, const Values& values);
// tag:KEY, tag-key and tag-value, which every taggable resource has. Nothing for other names.
std::optional<Values> tag_values(std::string_view filter_name, const std::optional<std::vector<api::ec2::Tag>>& tags);
base::Fault unknown_filter(std::string_view name);

inline const auto& tags_of(const api::ec2::NetworkInterface& shape) {
  return shape.tag_set;
}
template <class Shape>
const std::optional<std::vector<api::ec2::Tag>>& tags_of(const Shape& shape) {
  if constexpr (requires { shape.tags; }) {
    return shape.tags;
  } else {
    static const std::optional<std::vector<api::ec2::Tag>> kNone;
    return kNone;
  }
}

// Every filter must match, by any of its values. An unknown filter is refused by name.
template <class Shape>
base::Outcome<bool> passes(const Filters& filters, std::span<const FilterField<Shape>> fields, const Shape& shape) {
  if (!filters) return true;
  for (const api::ec2::Filter& filter : *filters) {
    const std::string name = filter.name.value_or("");
    std::optional<Values> values = tag_values(name, tags_of(shape));
    for (const FilterField<Shape>& field : fields) {
      if (field.name == name) values = field.values(shape);
    }
    if (!values) return std::unexpected(unknown_filter(name));
    if (!any_matches(filter, *values)) return false;
  }
  return true;
}

// The same check where there is nothing to look at: an unknown name is refused even if the account is empty.
template <class Shape>
base::Outcome<void> check_filters(const Filters& filters, std::span<const FilterField<Shape>> fields) {
  if (!filters) return {};
  for (const api::ec2::Filter& filter : *filters) {
    const std::string name = filter.name.value_or("");
    bool known = tag_values(name, {}).has_value();
    for (const FilterField<Shape>& field : fields) known = known || field.name == name;
    if (!known) return std::unexpected(unknown_filter(name));
  }
  return {};
}

}  // namespace ec2
