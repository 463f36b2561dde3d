#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace logs {

// Whether an event's message matches a filter pattern.
using Matcher = std::function<bool(std::string_view message)>;

// Filter pattern syntax (CloudWatch Logs user guide): terms, { JSON conditions }, [space-delimited fields]. An empty
// pattern matches everything. The error says what can't be read.
std::expected<Matcher, std::string> parse_pattern(std::string_view pattern);

}  // namespace logs
