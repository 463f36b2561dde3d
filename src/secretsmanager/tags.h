#pragma once

#include <vector>

#include "api/secretsmanager/types.h"
#include "base/fault.h"
#include "secretsmanager/rows.h"

namespace secretsmanager {

// Adds tags; of a key that is there already the new value stays.
base::Outcome<void> add_tags(SecretRow& secret, const std::vector<api::secretsmanager::Tag>& tags);
std::vector<api::secretsmanager::Tag> tags_of(const SecretRow& secret);

}  // namespace secretsmanager
