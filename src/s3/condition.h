#pragma once

// Conditional requests, by RFC 9110 and the API reference's notes on S3's own order of checks.

#include <optional>
#include <string>

#include "base/fault.h"
#include "s3/rows.h"

namespace s3 {

struct Conditions {
  std::optional<std::string> if_match;
  std::optional<std::string> if_none_match;
  std::optional<base::TimePoint> if_modified_since;
  std::optional<base::TimePoint> if_unmodified_since;
};

// For GET and HEAD: NotModified (304) or PreconditionFailed (412).
base::Outcome<void> check_read(const Conditions& conditions, const ObjectRow& object);
// For the source of a copy: everything is PreconditionFailed.
base::Outcome<void> check_copy_source(const Conditions& conditions, const ObjectRow& object);
// For PUT and the like; `existing` may be null.
base::Outcome<void> check_write(const std::optional<std::string>& if_match,
                                const std::optional<std::string>& if_none_match, const ObjectRow* existing);

}  // namespace s3
