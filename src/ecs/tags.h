#pragma once

#include <optional>
#include <vector>

#include "base/fault.h"
#include "ecs/rows.h"

namespace ecs {

inline constexpr std::size_t kMaxTags = 50;

std::vector<api::ecs::Tag> tag_list(const Tags& tags);
// Adds `given` to `tags`; refuses more than kMaxTags and keys that are AWS's own.
base::Outcome<Tags> with_tags(Tags tags, const std::optional<std::vector<api::ecs::Tag>>& given);

}  // namespace ecs
