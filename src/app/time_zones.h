#pragma once

#include <optional>
#include <string>

namespace app {

// The system's data of an IANA time zone, "Europe/Berlin" (TZif, RFC 8536). Nothing when it has no such zone.
std::optional<std::string> read_time_zone(const std::string& name);

}  // namespace app
