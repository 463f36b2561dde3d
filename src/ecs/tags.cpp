#include "ecs/tags.h"

#include "api/ecs/operations.h"

namespace ecs {

std::vector<api::ecs::Tag> tag_list(const Tags& tags) {
  std::vector<api::ecs::Tag> list;
  for (const auto& [key, value] : tags) list.push_back({key, value});
  return list;
}

base::Outcome<Tags> with_tags(Tags tags, const std::optional<std::vector<api::ecs::Tag>>& given) {
  namespace faults = api::ecs::faults;
  if (!given) return tags;
  for (const auto& tag : *given) {
    const std::string key = tag.key.value_or("");
    if (key.empty()) return base::fault(faults::InvalidParameterException, "Tag keys must not be empty.");
    if (key.starts_with("aws:")) {
      return base::fault(faults::InvalidParameterException,
                         "The tag key '" + key + "' is invalid. Tag keys must not start with aws:");
    }
    tags[key] = tag.value.value_or("");
  }
  std::size_t own = 0;
  for (const auto& [key, value] : tags) own += key.starts_with("aws:") ? 0 : 1;
  if (own > kMaxTags) {
    return base::fault(faults::InvalidParameterException,
                       "The maximum number of tags per resource is " + std::to_string(kMaxTags) + ".");
  }
  return tags;
}

}  // namespace ecs
