#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wire {

// RFC 3986: everything but A-Z a-z 0-9 - . _ ~ becomes %XX, and '/' too unless kept.
enum class Slash { Encode, Keep };
std::string percent_encode(std::string_view text, Slash slash = Slash::Encode);
// "%" not followed by two hex digits stays as it is.
enum class Plus { Literal, Space };
std::string percent_decode(std::string_view text, Plus plus = Plus::Literal);

// "a=1&b=&c" -> decoded pairs in their order; a name without '=' has an empty value.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query, Plus plus = Plus::Space);

}  // namespace wire
