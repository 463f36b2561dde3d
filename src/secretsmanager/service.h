#pragma once

#include <memory>

#include "service/registry.h"

namespace secretsmanager {

// AWS Secrets Manager: secrets, their versions and policies.
std::unique_ptr<service::Service> make_service();

}  // namespace secretsmanager
