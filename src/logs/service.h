#pragma once

#include <memory>

#include "service/registry.h"

namespace logs {

// CloudWatch Logs: groups, streams, events, filters.
std::unique_ptr<service::Service> make_service();

}  // namespace logs
