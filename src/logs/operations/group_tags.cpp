#include "logs/faults.h"
#include "logs/operations/operations.h"
#include "logs/tags.h"

namespace logs {
namespace {

constexpr std::size_t kTagsMax = 50;

base::Outcome<void> tag(State& state, const GroupRow& held, const std::map<std::string, std::string>& tags,
                        service::Context& ctx) {
  GroupRow group = held;
  CHECK(add_tags(group, tags));
  const std::string key = group_key(group);
  state.groups.put(ctx.change, key, std::move(group));
  return {};
}

void untag(State& state, const GroupRow& held, const std::vector<std::string>& keys, service::Context& ctx) {
  state.groups.modify(ctx.change, group_key(held), [&](GroupRow& group) {
    for (const std::string& key : keys) group.tags.erase(key);
  });
}

}  // namespace

base::Outcome<void> add_tags(GroupRow& group, const std::map<std::string, std::string>& tags) {
  for (const auto& [key, value] : tags) group.tags[key] = value;
  if (group.tags.size() <= kTagsMax) return {};
  return base::fault(faults::TooManyTagsException, "A resource can have no more than 50 tags.");
}

base::Outcome<api::logs::TagResourceOutput> tag_resource(State& state, const api::logs::TagResourceRequest& in,
                                                         service::Context& ctx) {
  TRY(const GroupRow* group, find_by_arn(state, in.resource_arn, ctx));
  CHECK(tag(state, *group, in.tags, ctx));
  return api::logs::TagResourceOutput{};
}

base::Outcome<api::logs::UntagResourceOutput> untag_resource(State& state, const api::logs::UntagResourceRequest& in,
                                                             service::Context& ctx) {
  TRY(const GroupRow* group, find_by_arn(state, in.resource_arn, ctx));
  untag(state, *group, in.tag_keys, ctx);
  return api::logs::UntagResourceOutput{};
}

base::Outcome<api::logs::ListTagsForResourceResponse> list_tags_for_resource(
    State& state, const api::logs::ListTagsForResourceRequest& in, service::Context& ctx) {
  TRY(const GroupRow* group, find_by_arn(state, in.resource_arn, ctx));
  return api::logs::ListTagsForResourceResponse{group->tags};
}

base::Outcome<api::logs::TagLogGroupOutput> tag_log_group(State& state, const api::logs::TagLogGroupRequest& in,
                                                          service::Context& ctx) {
  TRY(const GroupRow* group, find_group(state, std::string_view(in.log_group_name), ctx));
  CHECK(tag(state, *group, in.tags, ctx));
  return api::logs::TagLogGroupOutput{};
}

base::Outcome<api::logs::UntagLogGroupOutput> untag_log_group(State& state, const api::logs::UntagLogGroupRequest& in,
                                                              service::Context& ctx) {
  TRY(const GroupRow* group, find_group(state, std::string_view(in.log_group_name), ctx));
  untag(state, *group, in.tags, ctx);
  return api::logs::UntagLogGroupOutput{};
}

base::Outcome<api::logs::ListTagsLogGroupResponse> list_tags_log_group(State& state,
                                                                       const api::logs::ListTagsLogGroupRequest& in,
                                                                       service::Context& ctx) {
  TRY(const GroupRow* group, find_group(state, std::string_view(in.log_group_name), ctx));
  return api::logs::ListTagsLogGroupResponse{group->tags};
}

}  // namespace logs
