#pragma once

#include <expected>
#include <string>

#include "cli/common.h"

namespace cli {

// For `up --speed`: makes sure that the server at the endpoint runs at this speed. Where none answers on a loopback
// address, one is started in the background, on the default data directory, and waited for. A server at another speed
// is an error that says so.
std::expected<void, std::string> ensure_server(const Common& common, double speed);

}  // namespace cli
