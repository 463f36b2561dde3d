#pragma once

#include <vector>

#include "api/ssm/types.h"
#include "base/fault.h"
#include "ssm/rows.h"

namespace ssm {

// Adds tags; of a key that is there already the new value stays. TooManyTagsError beyond 50.
base::Outcome<void> add_tags(ParameterRow& parameter, const std::vector<api::ssm::Tag>& tags);

}  // namespace ssm
