#pragma once

#include <map>
#include <string>

#include "base/fault.h"
#include "sqs/rows.h"

namespace sqs {

// Adds tags to a row; of a key that is there already the new value stays.
base::Outcome<void> add_tags(QueueRow& row, const std::map<std::string, std::string>& tags);

}  // namespace sqs
