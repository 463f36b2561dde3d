#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/ec2/types.h"
#include "ec2/resource.h"

namespace ec2 {

using TagMap = std::map<std::string, std::string>;
using TagSpecifications = std::optional<std::vector<api::ec2::TagSpecification>>;

inline constexpr std::size_t kTagsPerResourceMax = 50;

// The tags that a creation asks for. Checks type, keys, count.
base::Outcome<TagMap> tags_to_create(const TagSpecifications& specifications, const ResourceKind& kind,
                                     const service::Context& ctx);
// Keys and lengths. Keys of AWS's own ("aws:") only come from inside the cloud.
base::Outcome<void> check_tag(std::string_view key, std::string_view value, const service::Context& ctx);

void put_tags(State& state, const ResourceKind& kind, std::string_view id, TagMap tags, service::Context& ctx);
void drop_tags(State& state, std::string_view id, service::Context& ctx);

// As replies show them: a list, empty if there are none.
std::vector<api::ec2::Tag> shown_tags(const State& state, std::string_view id, const service::Context& ctx);

}  // namespace ec2
