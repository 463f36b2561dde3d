#pragma once

#include "iam/policy/document.h"

namespace iam::policy {

// Whether a request fulfils a condition (IAM guide, "Condition operators" and "Multivalued context keys").
bool holds(const Condition& condition, const Keys& keys);

}  // namespace iam::policy
