#pragma once

#include <cstddef>
#include <string>

namespace gateway {

// Random bytes from OpenSSL in hex; any thread. The cloud's own ids come from its injected source: these name requests
// and files before the cloud hears of them.
std::string random_hex(std::size_t bytes);

// A version 4 UUID.
std::string random_uuid();

}  // namespace gateway
