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
    if (state.alarms.table().find(key) != nullptr || state.composites.table().find(key) != nullptr) return key;
  }
  return tagged_resource_not_found(arn);
}

using Tags = std::map<std::string, std::string>;

// Of an alarm that is there, of either kind.
const Tags& tags_of(const State& state, const std::string& key) {
  const AlarmRow* alarm = state.alarms.table().find(key);
  return alarm != nullptr ? alarm->tags : state.composites.table().find(key)->tags;
}

void set_tags(State& state, const std::string& key, Tags tags, service::Context& ctx) {
  if (state.alarms.table().find(key) != nullptr) {
    state.alarms.table().modify(ctx.change, key, [&](AlarmRow& row) { row.tags = std::move(tags); });
  } else {
    state.composites.table().modify(ctx.change, key, [&](CompositeRow& row) { row.tags = std::move(tags); });
  }
}

}  // namespace

base::Outcome<api::cloudwatch::TagResourceOutput> tag_resource(State& state,
                                                               const api::cloudwatch::TagResourceInput& input,
                                                               service::Context& ctx) {
  TRY(const std::string key, alarm_key(state, input.resource_arn, ctx));
  Tags tags = tags_of(state, key);
  CHECK(add_tags(tags, input.tags, ctx));
  set_tags(state, key, std::move(tags), ctx);
  return api::cloudwatch::TagResourceOutput{};
}

base::Outcome<api::cloudwatch::UntagResourceOutput> untag_resource(State& state,
                                                                   const api::cloudwatch::UntagResourceInput& input,
                                                                   service::Context& ctx) {
  TRY(const std::string key, alarm_key(state, input.resource_arn, ctx));
  Tags tags = tags_of(state, key);
  CHECK(remove_tags(tags, input.tag_keys, ctx));
  set_tags(state, key, std::move(tags), ctx);
  return api::cloudwatch::UntagResourceOutput{};
}

base::Outcome<api::cloudwatch::ListTagsForResourceOutput> list_tags_for_resource(
    State& state, const api::cloudwatch::ListTagsForResourceInput& input, service::Context& ctx) {
  TRY(const std::string key, alarm_key(state, input.resource_arn, ctx));
  api::cloudwatch::ListTagsForResourceOutput output;
  output.tags.emplace();
  for (const auto& [name, value] : tags_of(state, key)) output.tags->push_back({name, value});
  return output;
}

}  // namespace cloudwatch
