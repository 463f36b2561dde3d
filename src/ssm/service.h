#pragma once

#include <memory>

#include "service/registry.h"

namespace ssm {

// AWS Systems Manager, as much of it as is Parameter Store.
std::unique_ptr<service::Service> make_service();

}  // namespace ssm
