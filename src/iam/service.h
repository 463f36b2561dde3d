#pragma once

#include <memory>

#include "service/registry.h"
#include "service/session.h"

namespace iam {

// IAM roles and managed policies, and STS. Both are global: whatever region a request is signed for, it sees the same
// entities of the account. Policies are checked for their form, stored and returned; they are not evaluated yet.
// `sessions` hears of the keys that AssumeRole makes, and must outlive the service.
std::unique_ptr<service::Service> make_service(service::Sessions& sessions);

}  // namespace iam
