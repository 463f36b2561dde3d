#pragma once

#include <map>
#include <string>

#include "base/fault.h"
#include "logs/rows.h"

namespace logs {

// Adds tags to a group; of a key that is there already the new value stays.
base::Outcome<void> add_tags(GroupRow& group, const std::map<std::string, std::string>& tags);

}  // namespace logs
