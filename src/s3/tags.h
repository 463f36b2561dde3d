#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/s3/types.h"
#include "base/fault.h"
#include "service/context.h"

namespace s3 {

// What carries the tags, as the refusal names it, and how many it may have.
struct TagBound {
  std::string_view holder;
  std::size_t count;
};
base::Outcome<void> check_tags(const std::vector<api::s3::Tag>& tags, TagBound bound);

// Tags of AWS's own ("aws:…"), which only calls from inside the cloud (CloudFormation) change: any other caller must
// repeat those that a bucket has.
bool is_system_tag(const api::s3::Tag& tag);
base::Outcome<void> check_bucket_tags(const std::vector<api::s3::Tag>& held, const std::vector<api::s3::Tag>& wanted,
                                      const service::Context& ctx);

// The x-amz-tagging header, "a=1&b=2", checked as an object's tags. No header is no tags.
base::Outcome<std::vector<api::s3::Tag>> tags_of_header(const std::optional<std::string>& header);

}  // namespace s3
