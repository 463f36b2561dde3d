#include "ssm/filter.h"
#include "ssm/operations.h"

namespace ssm {
namespace {

constexpr std::size_t kPage = 50;

api::ssm::ParameterMetadata to_shape(const ParameterRow& parameter, const VersionRow& version,
                                     const service::Context& ctx) {
  api::ssm::ParameterMetadata out;
  out.name = parameter.name;
  out.arn = parameter_arn(parameter.name, ctx);
  out.type_ = version.type;
  if (!version.key_id.empty()) out.key_id = version.key_id;
  out.last_modified_date = version.modified_at;
  out.last_modified_user = version.modified_by;
  if (!version.description.empty()) out.description = version.description;
  if (!version.allowed_pattern.empty()) out.allowed_pattern = version.allowed_pattern;
  out.version = version.number;
  out.tier = version.tier;
  out.policies.emplace();
  out.data_type = version.data_type;
  return out;
}

}  // namespace

SSM_OPERATION(describe_parameters, DescribeParameters) {
  if (input.shared.value_or(false)) return not_supported("Shared parameters are");
  if (input.filters && !input.filters->empty())
    return not_supported("Filters, which ParameterFilters has replaced, is");
  CHECK(check_filters(input.parameter_filters, {"tag:", "DataType", "KeyId", "Name", "Path", "Tier", "Type"}));
  TRY(const Page page, page_of(input.max_results, kPage, input.next_token));
  api::ssm::DescribeParameters::Output out;
  auto& parameters = out.parameters.emplace();
  for (const auto& [key, parameter] : state.parameters.with_prefix(service::scope_prefix(ctx.call))) {
    if (!page.after.empty() && parameter.name <= page.after) continue;
    const VersionRow& version = state.newest(parameter, ctx);
    if (!passes(input.parameter_filters, {parameter, version})) continue;
    if (parameters.size() == page.size) {
      out.next_token = page_token(*parameters.back().name);
      break;
    }
    parameters.push_back(to_shape(parameter, version, ctx));
  }
  return out;
}

}  // namespace ssm
