#pragma once

#include <chrono>

#include "client/client.h"

namespace client {

// HTTP/1.1 over one kept connection to http://host[:port].
Transport http_transport(const std::string& endpoint, std::chrono::seconds timeout);

}  // namespace client
