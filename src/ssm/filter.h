#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.h"
#include "ssm/state.h"

// ParameterFilters: the parameters that DescribeParameters and GetParametersByPath are asked for.
namespace ssm {

using Filters = std::vector<api::ssm::ParameterStringFilter>;

// A parameter as filters see it. References live for one call.
struct Candidate {
  const ParameterRow& parameter;
  const VersionRow& version;
};

// Refuses keys that are not in `keys` ("tag:" stands for all tags), options and values that make no sense.
base::Outcome<void> check_filters(const std::optional<Filters>& filters, const std::set<std::string_view>& keys);
// All filters must let it through. Of Label the answer is always yes: it says which version is meant.
bool passes(const std::optional<Filters>& filters, const Candidate& candidate);

// Whether `name` is below "/a/b": one level, or any number.
bool is_below(std::string_view name, std::string_view path, bool recursive);

}  // namespace ssm
