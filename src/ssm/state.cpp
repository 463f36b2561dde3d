#include "ssm/state.h"

#include <algorithm>
#include <cstdio>

#include "base/ensure.h"
#include "service/table_codec.h"
#include "wire/text.h"

namespace ssm {
namespace {

std::string versions_prefix(const std::string& name, const service::Context& ctx) {
  std::string flat = name;
  std::ranges::replace(flat, '/', '|');  // which no name holds
  return service::key(ctx, {flat}) + "/";
}

}  // namespace

State::State()
    : parameters("ssm.parameters", service::make_codec<ParameterRow>()),
      versions("ssm.versions", service::make_codec<VersionRow>()) {}

// An ARN has one slash before the name, whether the name begins with one or not: names of several parts always do, of
// one part the plain one comes first.
const ParameterRow* State::find(const Reference& reference, const service::Context& ctx) const {
  if (!reference.name.empty()) return parameters.find(service::key(ctx, {reference.name}));
  const ParameterRow* plain = parameters.find(service::key(ctx, {reference.arn_rest}));
  return plain != nullptr ? plain : parameters.find(service::key(ctx, {"/" + reference.arn_rest}));
}

const VersionRow* State::find_version(const ParameterRow& parameter, const std::string& selector,
                                      const service::Context& ctx) const {
  if (selector.empty()) return &newest(parameter, ctx);
  if (const auto number = wire::parse_integer(selector))
    return versions.find(version_key(parameter.name, *number, ctx));
  for (const VersionRow* version : versions_of(parameter, ctx)) {
    if (version->labels.contains(selector)) return version;
  }
  return nullptr;
}

std::vector<const VersionRow*> State::versions_of(const ParameterRow& parameter, const service::Context& ctx) const {
  std::vector<const VersionRow*> all;
  for (const auto& [key, version] : versions.with_prefix(versions_prefix(parameter.name, ctx))) all.push_back(&version);
  return all;
}

const VersionRow& State::newest(const ParameterRow& parameter, const service::Context& ctx) const {
  const VersionRow* version = versions.find(version_key(parameter.name, parameter.last_version, ctx));
  ENSURE(version != nullptr);
  return *version;
}

void State::erase(const std::string& name, service::Context& ctx) {
  std::vector<std::string> keys;
  for (const auto& [key, version] : versions.with_prefix(versions_prefix(name, ctx))) keys.push_back(key);
  for (const std::string& key : keys) versions.erase(ctx.change, key);
  parameters.erase(ctx.change, service::key(ctx, {name}));
}

std::string version_key(const std::string& name, std::int64_t number, const service::Context& ctx) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%010lld", static_cast<long long>(number));
  return versions_prefix(name, ctx) + digits;
}

base::Outcome<const ParameterRow*> parameter_or_fault(const State& state, const std::string& given,
                                                      const service::Context& ctx) {
  TRY(const Reference reference, parse_reference(given, ctx));
  const ParameterRow* parameter = state.find(reference, ctx);
  if (parameter == nullptr) return base::fault(faults::ParameterNotFound, "");  // AWS says no more either
  return parameter;
}

std::unexpected<base::Fault> invalid(std::string message) {
  return base::fault(faults::ValidationException, std::move(message));
}

std::unexpected<base::Fault> not_supported(std::string_view what) {
  return invalid(std::string(what) + " not supported by renkei yet.");
}

base::Outcome<Page> page_of(const std::optional<std::int64_t>& max_results, std::size_t size_default,
                            const std::optional<std::string>& token) {
  Page page{max_results ? static_cast<std::size_t>(*max_results) : size_default, ""};
  if (!token) return page;
  const auto after = wire::from_base64(*token);
  if (!after || after->empty()) return base::fault(faults::InvalidNextToken, "The specified token is not valid.");
  page.after = *after;
  return page;
}

std::string page_token(std::string_view last) {
  return wire::to_base64(last);
}

}  // namespace ssm
