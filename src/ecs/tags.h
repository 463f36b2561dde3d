#pragma once

#include <optional>
#include <vector>

#include "base/fault.h"
#include "ecs/rows.h"
#include "service/context.h"

namespace ecs {

inline constexpr std::size_t kMaxTags = 50;

std::vector<api::ecs::Tag> tag_list(const Tags& tags);
// Keys that begin with "aws:" come only from inside the cloud (CloudFormation), and do not count.
// Adds `given` to `tags`; refuses more than kMaxTags.
base::Outcome<Tags> with_tags(Tags tags, const std::optional<std::vector<api::ecs::Tag>>& given,
                              const service::Context& ctx);
base::Outcome<Tags> without_tags(Tags tags, const std::vector<std::string>& keys, const service::Context& ctx);
// What tasks get of a service's or a definition's tags: those that a user set.
Tags propagated(const Tags& tags);

}  // namespace ecs
