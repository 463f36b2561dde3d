#include <algorithm>
#include <set>

#include "ssm/filter.h"
#include "ssm/operations.h"
#include "wire/text.h"

namespace ssm {
namespace {

constexpr std::size_t kPathPage = 10;
constexpr std::size_t kHistoryPage = 50;

std::string shown_value(const VersionRow& version, const std::optional<bool>& decrypt) {
  return version.type == "SecureString" && !decrypt.value_or(false) ? version.sealed : version.value;
}

api::ssm::Parameter to_shape(const std::string& name, const VersionRow& version, const std::optional<bool>& decrypt,
                             const service::Context& ctx) {
  api::ssm::Parameter out;
  out.arn = parameter_arn(name, ctx);
  out.data_type = version.data_type;
  out.last_modified_date = version.modified_at;
  out.name = name;
  out.type_ = version.type;
  out.value = shown_value(version, decrypt);
  out.version = version.number;
  return out;
}

std::unexpected<base::Fault> no_version(const Reference& reference, const std::string& name) {
  const bool number = std::ranges::all_of(reference.selector, [](char c) { return c >= '0' && c <= '9'; });
  const std::string what = number ? "version " : "label ";
  return base::fault(faults::ParameterVersionNotFound, "Systems Manager could not find " + what + reference.selector +
                                                           " of " + name + ". Verify the " + what + "and try again.");
}

base::Outcome<api::ssm::Parameter> get(const State& state, const std::string& given, const std::optional<bool>& decrypt,
                                       const service::Context& ctx) {
  TRY(const Reference reference, parse_reference(given, ctx));
  const ParameterRow* parameter = state.find(reference, ctx);
  if (parameter == nullptr) return base::fault(faults::ParameterNotFound, "");
  const VersionRow* version = state.find_version(*parameter, reference.selector, ctx);
  if (version == nullptr) return no_version(reference, parameter->name);
  api::ssm::Parameter out = to_shape(parameter->name, *version, decrypt, ctx);
  if (!reference.selector.empty()) out.selector = ":" + reference.selector;
  return out;
}

base::Outcome<void> check_supported(const std::string& given) {
  if (given.find("/aws/reference/secretsmanager/") == std::string::npos) return {};
  return not_supported("Secrets by the name of a parameter (/aws/reference/secretsmanager/) are");
}

// The version that a Label filter means; nullptr if none has such a label.
const VersionRow* wanted_version(const State& state, const ParameterRow& parameter,
                                 const std::optional<Filters>& filters, const service::Context& ctx) {
  for (const auto& filter : filters.value_or(Filters{})) {
    if (filter.key != "Label") continue;
    for (const std::string& label : *filter.values) {
      for (const VersionRow* version : state.versions_of(parameter, ctx)) {
        if (version->labels.contains(label)) return version;
      }
    }
    return nullptr;
  }
  return &state.newest(parameter, ctx);
}

}  // namespace

SSM_OPERATION(get_parameter, GetParameter) {
  CHECK(check_supported(input.name));
  TRY(auto parameter, get(state, input.name, input.with_decryption, ctx));
  api::ssm::GetParameter::Output out;
  out.parameter = std::move(parameter);
  return out;
}

// Each once, in the order of the request; what can't be found is named and is no error.
SSM_OPERATION(get_parameters, GetParameters) {
  api::ssm::GetParameters::Output out;
  auto& found = out.parameters.emplace();
  auto& missing = out.invalid_parameters.emplace();
  std::set<std::string> met;
  for (const std::string& name : input.names) {
    if (!met.insert(name).second) continue;
    CHECK(check_supported(name));
    auto parameter = get(state, name, input.with_decryption, ctx);
    if (parameter) {
      found.push_back(std::move(*parameter));
    } else {
      missing.push_back(name);
    }
  }
  return out;
}

SSM_OPERATION(get_parameters_by_path, GetParametersByPath) {
  CHECK(check_path(input.path));
  CHECK(check_filters(input.parameter_filters, {"Type", "KeyId", "Label"}));
  TRY(const Page page, page_of(input.max_results, kPathPage, input.next_token));
  api::ssm::GetParametersByPath::Output out;
  auto& parameters = out.parameters.emplace();
  for (const auto& [key, parameter] : state.parameters.with_prefix(service::scope_prefix(ctx.call))) {
    if (!page.after.empty() && parameter.name <= page.after) continue;
    if (!is_below(parameter.name, input.path, input.recursive.value_or(false))) continue;
    const VersionRow* version = wanted_version(state, parameter, input.parameter_filters, ctx);
    if (version == nullptr || !passes(input.parameter_filters, {parameter, *version})) continue;
    if (parameters.size() == page.size) {
      out.next_token = page_token(*parameters.back().name);
      break;
    }
    parameters.push_back(to_shape(parameter.name, *version, input.with_decryption, ctx));
  }
  return out;
}

SSM_OPERATION(get_parameter_history, GetParameterHistory) {
  TRY(const ParameterRow* parameter, parameter_or_fault(state, input.name, ctx));
  TRY(const Page page, page_of(input.max_results, kHistoryPage, input.next_token));
  api::ssm::GetParameterHistory::Output out;
  auto& history = out.parameters.emplace();
  for (const VersionRow* version : state.versions_of(*parameter, ctx)) {
    if (!page.after.empty() && version->number <= wire::parse_integer(page.after).value_or(0)) continue;
    if (history.size() == page.size) {
      out.next_token = page_token(std::to_string(*history.back().version));
      break;
    }
    api::ssm::ParameterHistory& one = history.emplace_back();
    one.name = parameter->name;
    one.type_ = version->type;
    if (!version->key_id.empty()) one.key_id = version->key_id;
    one.last_modified_date = version->modified_at;
    one.last_modified_user = version->modified_by;
    if (!version->description.empty()) one.description = version->description;
    one.value = shown_value(*version, input.with_decryption);
    if (!version->allowed_pattern.empty()) one.allowed_pattern = version->allowed_pattern;
    one.version = version->number;
    one.labels.emplace(version->labels.begin(), version->labels.end());
    one.tier = version->tier;
    one.policies.emplace();
    one.data_type = version->data_type;
  }
  return out;
}

}  // namespace ssm
