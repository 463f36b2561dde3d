#pragma once

#include <string>
#include <string_view>

#include "s3/condition.h"
#include "s3/state.h"

namespace s3 {

// The object that an x-amz-copy-source header ("/bucket/key?versionId=null", percent-encoded) names, its conditions
// checked.
struct Source {
  std::string key;  // of the table
  const ObjectRow* object;
};
base::Outcome<Source> find_source(const State& state, const service::Context& ctx, std::string_view header,
                                  const std::optional<std::string>& expected_owner, const Conditions& conditions);

}  // namespace s3
