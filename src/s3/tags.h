#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/s3/types.h"
#include "base/fault.h"

namespace s3 {

// What carries the tags, as the refusal names it, and how many it may have.
struct TagBound {
  std::string_view holder;
  std::size_t count;
};
base::Outcome<void> check_tags(const std::vector<api::s3::Tag>& tags, TagBound bound);

// The x-amz-tagging header, "a=1&b=2", checked as an object's tags. No header is no tags.
base::Outcome<std::vector<api::s3::Tag>> tags_of_header(const std::optional<std::string>& header);

}  // namespace s3
