#pragma once

#include <cstddef>
#include <string_view>

// Most text is plain for long stretches; these find where a stretch ends, 64 bytes at a time.
namespace wire {

// How many bytes at the start are ASCII from the space on.
std::size_t plain_prefix(std::string_view text);
// The same without quotes and backslashes: what stands for itself in a JSON string.
std::size_t json_plain_prefix(std::string_view text);

}  // namespace wire
