#include "ssm/tags.h"

#include "ssm/limits.h"
#include "ssm/operations.h"

namespace ssm {
namespace {

// The key of the parameter that a tagging operation means. Parameters are the only resources of SSM here.
base::Outcome<std::string> tagged(const State& state, const std::string& type, const std::string& id,
                                  const service::Context& ctx) {
  if (type != "Parameter") return not_supported("Tags of resources of the type " + type + " are");
  const auto reference = parse_reference(id, ctx);
  const ParameterRow* parameter = reference ? state.find(*reference, ctx) : nullptr;
  if (parameter == nullptr) {
    return base::fault(faults::InvalidResourceId,
                       "The resource ID is not valid. Verify that you entered the correct ID and try again.");
  }
  return service::key(ctx, {parameter->name});
}

}  // namespace

base::Outcome<void> add_tags(ParameterRow& parameter, const std::vector<api::ssm::Tag>& tags) {
  for (const auto& tag : tags) parameter.tags[tag.key] = tag.value;
  if (parameter.tags.size() <= kTagsMax) return {};
  return base::fault(faults::TooManyTagsError, "A parameter can have no more than 50 tags.");
}

SSM_OPERATION(add_tags_to_resource, AddTagsToResource) {
  TRY(const std::string key, tagged(state, input.resource_type, input.resource_id, ctx));
  ParameterRow parameter = *state.parameters.find(key);
  CHECK(add_tags(parameter, input.tags));
  state.parameters.put(ctx.change, key, std::move(parameter));
  return api::ssm::AddTagsToResource::Output{};
}

SSM_OPERATION(remove_tags_from_resource, RemoveTagsFromResource) {
  TRY(const std::string key, tagged(state, input.resource_type, input.resource_id, ctx));
  state.parameters.modify(ctx.change, key, [&](ParameterRow& parameter) {
    for (const std::string& tag : input.tag_keys) parameter.tags.erase(tag);
  });
  return api::ssm::RemoveTagsFromResource::Output{};
}

SSM_OPERATION(list_tags_for_resource, ListTagsForResource) {
  TRY(const std::string key, tagged(state, input.resource_type, input.resource_id, ctx));
  api::ssm::ListTagsForResource::Output out;
  auto& tags = out.tag_list.emplace();
  for (const auto& [name, value] : state.parameters.find(key)->tags) tags.push_back({name, value});
  return out;
}

}  // namespace ssm
