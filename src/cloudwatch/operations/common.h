#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/cloudwatch/types.h"
#include "base/fault.h"
#include "cloudwatch/metric_store.h"

namespace cloudwatch {

Dimensions dimensions_of(const std::optional<std::vector<api::cloudwatch::Dimension>>& list);
std::vector<api::cloudwatch::Dimension> dimension_list(const Dimensions& dimensions);

// Page tokens are the last key of a page, made opaque.
std::string make_token(std::string_view key);
// "" without a token; a fault when it is none of ours.
base::Outcome<std::string> read_token(const std::optional<std::string>& token);

inline constexpr std::size_t kTagsMax = 50;
// Keys that begin with "aws:" come only from inside the cloud (CloudFormation), and do not count.
base::Outcome<void> add_tags(std::map<std::string, std::string>& tags, const std::vector<api::cloudwatch::Tag>& added,
                             const service::Context& ctx);
base::Outcome<void> remove_tags(std::map<std::string, std::string>& tags, const std::vector<std::string>& keys,
                                const service::Context& ctx);

}  // namespace cloudwatch
