#include "cloudwatch/faults.h"
#include "cloudwatch/operations/common.h"
#include "cloudwatch/operations/operations.h"

namespace cloudwatch {
namespace {

// The alarm's key when the ARN is that of an alarm of the caller's.
base::Outcome<std::string> alarm_key(const State& state, const std::string& arn, const service::Context& ctx) {
  const std::string prefix = ctx.arn("cloudwatch", "alarm:");
  if (arn.starts_with(prefix)) {
    std::string key = service::key(ctx, {std::string_view(arn).substr(prefix.size())});
    if (state.alarms.table().find(key) != nullptr) return key;
  }
  return tagged_resource_not_found(arn);
}

}  // namespace

base::Outcome<api::cloudwatch::TagResourceOutput> tag_resource(State& state,
                                                               const api::cloudwatch::TagResourceInput& input,
                                                               service::Context& ctx) {
  TRY(const std::string key, alarm_key(state, input.resource_arn, ctx));
  auto tags = state.alarms.table().find(key)->tags;
  CHECK(add_tags(tags, input.tags, ctx));
  state.alarms.table().modify(ctx.change, key, [&](AlarmRow& row) { row.tags = std::move(tags); });
  return api::cloudwatch::TagResourceOutput{};
}

base::Outcome<api::cloudwatch::UntagResourceOutput> untag_resource(State& state,
                                                                   const api::cloudwatch::UntagResourceInput& input,
                                                                   service::Context& ctx) {
  TRY(const std::string key, alarm_key(state, input.resource_arn, ctx));
  auto tags = state.alarms.table().find(key)->tags;
  CHECK(remove_tags(tags, input.tag_keys, ctx));
  state.alarms.table().modify(ctx.change, key, [&](AlarmRow& row) { row.tags = std::move(tags); });
  return api::cloudwatch::UntagResourceOutput{};
}

base::Outcome<api::cloudwatch::ListTagsForResourceOutput> list_tags_for_resource(
    State& state, const api::cloudwatch::ListTagsForResourceInput& input, service::Context& ctx) {
  TRY(const std::string key, alarm_key(state, input.resource_arn, ctx));
  api::cloudwatch::ListTagsForResourceOutput output;
  output.tags.emplace();
  for (const auto& [name, value] : state.alarms.table().find(key)->tags) output.tags->push_back({name, value});
  return output;
}

}  // namespace cloudwatch
