#pragma once

#include <string>

#include "base/fault.h"
#include "service/context.h"

namespace cloudformation {

// Templates of an S3 URL may be this large; bytes (CloudFormation quotas).
inline constexpr std::size_t kTemplateUrlMax = 1024 * 1024;

// Where an S3 URL leads.
struct ObjectLocation {
  std::string bucket;
  std::string key;
  std::string version;
};

// What CloudFormation needs of the object store. cloud/ wires it to S3 and the blob files.
class TemplateSource {
 public:
  virtual ~TemplateSource() = default;
  // The object's bytes, at most kTemplateUrlMax; a fault of S3 when it is missing or forbidden.
  virtual base::Outcome<std::string> fetch(const ObjectLocation& location, service::Context& ctx) = 0;
};

}  // namespace cloudformation
