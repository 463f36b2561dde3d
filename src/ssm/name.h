#pragma once

#include <string>
#include <string_view>

#include "base/fault.h"
#include "service/context.h"

namespace ssm {

// What a caller names: a parameter, and maybe one of its versions.
struct Reference {
  std::string name;      // "" when the caller gave an ARN
  std::string arn_rest;  // of an ARN of this account and region: what follows "parameter/"
  std::string selector;  // "3", "label", or ""
};

// "name", "name:3", "name:label", or the same with an ARN. A ValidationException when it can't be any parameter's.
base::Outcome<Reference> parse_reference(const std::string& given, const service::Context& ctx);
// Whether a parameter may be made under this name.
base::Outcome<void> check_new_name(const std::string& name, const service::Context& ctx);
// For GetParametersByPath.
base::Outcome<void> check_path(const std::string& path);

// "arn:aws:ssm:REGION:ACCOUNT:parameter/NAME", with one slash also for names that begin with one.
std::string parameter_arn(const std::string& name, const service::Context& ctx);

}  // namespace ssm
