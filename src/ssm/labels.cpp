#include <algorithm>

#include "ssm/limits.h"
#include "ssm/operations.h"
#include "wire/text.h"

namespace ssm {
namespace {

// Letters, digits and ".-_", not beginning with a digit, "aws" or "ssm" ("Working with parameter labels").
bool is_label(const std::string& label) {
  const auto good = [](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  };
  const std::string lower = wire::to_lower(label);
  const bool digit = label.front() >= '0' && label.front() <= '9';
  return std::ranges::all_of(label, good) && !digit && !lower.starts_with("aws") && !lower.starts_with("ssm");
}

base::Outcome<const VersionRow*> version_or_fault(const State& state, const ParameterRow& parameter,
                                                  std::optional<std::int64_t> number, const service::Context& ctx) {
  const std::int64_t wanted = number.value_or(parameter.last_version);
  const VersionRow* version = state.versions.find(version_key(parameter.name, wanted, ctx));
  if (version != nullptr) return version;
  return base::fault(faults::ParameterVersionNotFound, "Systems Manager could not find version " +
                                                           std::to_string(wanted) + " of " + parameter.name +
                                                           ". Verify the version and try again.");
}

}  // namespace

// A label belongs to one version: it moves.
SSM_OPERATION(label_parameter_version, LabelParameterVersion) {
  TRY(const ParameterRow* parameter, parameter_or_fault(state, input.name, ctx));
  TRY(const VersionRow* version, version_or_fault(state, *parameter, input.parameter_version, ctx));
  api::ssm::LabelParameterVersion::Output out;
  out.parameter_version = version->number;
  auto& bad = out.invalid_labels.emplace();
  std::ranges::copy_if(input.labels, std::back_inserter(bad), [](const auto& label) { return !is_label(label); });
  if (!bad.empty()) return out;
  std::set<std::string> labels = version->labels;
  labels.insert(input.labels.begin(), input.labels.end());
  if (labels.size() > kLabelsMax) {
    return base::fault(faults::ParameterVersionLabelLimitExceeded,
                       "A parameter version can have maximum 10 labels.Move one or more labels to another version and "
                       "try again.");
  }
  for (const VersionRow* other : state.versions_of(*parameter, ctx)) {
    const auto taken = [&](const auto& label) { return other->labels.contains(label); };
    if (other == version || std::ranges::none_of(input.labels, taken)) continue;
    state.versions.modify(ctx.change, version_key(parameter->name, other->number, ctx), [&](VersionRow& row) {
      for (const std::string& label : input.labels) row.labels.erase(label);
    });
  }
  state.versions.modify(ctx.change, version_key(parameter->name, version->number, ctx),
                        [&](VersionRow& row) { row.labels = std::move(labels); });
  return out;
}

SSM_OPERATION(unlabel_parameter_version, UnlabelParameterVersion) {
  TRY(const ParameterRow* parameter, parameter_or_fault(state, input.name, ctx));
  TRY(const VersionRow* version, version_or_fault(state, *parameter, input.parameter_version, ctx));
  api::ssm::UnlabelParameterVersion::Output out;
  auto& removed = out.removed_labels.emplace();
  auto& bad = out.invalid_labels.emplace();
  for (const std::string& label : input.labels) (version->labels.contains(label) ? removed : bad).push_back(label);
  state.versions.modify(ctx.change, version_key(parameter->name, version->number, ctx), [&](VersionRow& row) {
    for (const std::string& label : input.labels) row.labels.erase(label);
  });
  return out;
}

}  // namespace ssm
