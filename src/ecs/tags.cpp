#include "ecs/tags.h"

#include "api/ecs/operations.h"

namespace ecs {

std::vector<api::ecs::Tag> tag_list(const Tags& tags) {
  std::vector<api::ecs::Tag> list;
  for (const auto& [key, value] : tags) list.push_back({key, value});
  return list;
}

namespace {

namespace faults = api::ecs::faults;

bool is_system_tag(std::string_view key) {
  return key.starts_with("aws:");
}

base::Outcome<void> check_key(const std::string& key, const service::Context& ctx) {
  if (key.empty()) return base::fault(faults::InvalidParameterException, "Tag keys must not be empty.");
  if (is_system_tag(key) && !ctx.call.principal_arn.empty()) {
    return base::fault(faults::InvalidParameterException,
                       "The tag key '" + key + "' is invalid. Tag keys must not start with aws:");
  }
  return {};
}

}  // namespace

base::Outcome<Tags> with_tags(Tags tags, const std::optional<std::vector<api::ecs::Tag>>& given,
                              const service::Context& ctx) {
  if (!given) return tags;
  for (const auto& tag : *given) {
    const std::string key = tag.key.value_or("");
    CHECK(check_key(key, ctx));
    tags[key] = tag.value.value_or("");
  }
  std::size_t own = 0;
  for (const auto& [key, value] : tags) own += is_system_tag(key) ? 0 : 1;
  if (own > kMaxTags) {
    return base::fault(faults::InvalidParameterException,
                       "The maximum number of tags per resource is " + std::to_string(kMaxTags) + ".");
  }
  return tags;
}

base::Outcome<Tags> without_tags(Tags tags, const std::vector<std::string>& keys, const service::Context& ctx) {
  for (const std::string& key : keys) {
    CHECK(check_key(key, ctx));
    tags.erase(key);
  }
  return tags;
}

Tags propagated(const Tags& tags) {
  Tags own = tags;
  std::erase_if(own, [](const auto& tag) { return is_system_tag(tag.first); });
  return own;
}

}  // namespace ecs
