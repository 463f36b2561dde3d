#include "autoscaling/faults.h"
#include "autoscaling/operations/common.h"
#include "autoscaling/operations/operations.h"

namespace autoscaling {
namespace {

base::Outcome<std::string> key_of(const State& state, const std::string& arn, const service::Context& ctx) {
  for (const auto& [key, row] : state.targets.with_prefix(service::scope_prefix(ctx.call))) {
    if (row.arn == arn) return key;
  }
  return resource_not_found(arn);
}

}  // namespace

base::Outcome<api::autoscaling::TagResourceResponse> tag_resource(Parts parts,
                                                                  const api::autoscaling::TagResourceRequest& input,
                                                                  service::Context& ctx) {
  TRY(const std::string key, key_of(parts.state, input.resource_arn, ctx));
  auto tags = parts.state.targets.find(key)->tags;
  for (const auto& [name, value] : input.tags) {
    if (name.starts_with("aws:")) return validation("Tag keys must not start with aws:, which is reserved: " + name);
    tags[name] = value;
  }
  if (tags.size() > kTagsMax) return too_many_tags();
  parts.state.targets.modify(ctx.change, key, [&](TargetRow& row) { row.tags = std::move(tags); });
  return api::autoscaling::TagResourceResponse{};
}

base::Outcome<api::autoscaling::UntagResourceResponse> untag_resource(
    Parts parts, const api::autoscaling::UntagResourceRequest& input, service::Context& ctx) {
  TRY(const std::string key, key_of(parts.state, input.resource_arn, ctx));
  parts.state.targets.modify(ctx.change, key, [&](TargetRow& row) {
    for (const std::string& name : input.tag_keys) row.tags.erase(name);
  });
  return api::autoscaling::UntagResourceResponse{};
}

base::Outcome<api::autoscaling::ListTagsForResourceResponse> list_tags_for_resource(
    Parts parts, const api::autoscaling::ListTagsForResourceRequest& input, service::Context& ctx) {
  TRY(const std::string key, key_of(parts.state, input.resource_arn, ctx));
  api::autoscaling::ListTagsForResourceResponse output;
  output.tags = parts.state.targets.find(key)->tags;
  return output;
}

}  // namespace autoscaling
