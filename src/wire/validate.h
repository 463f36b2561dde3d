#pragma once

// Checks an input against its model's constraints and words the refusal as AWS does.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/shape.h"
#include "wire/walk.h"

namespace wire {

// One sentence per broken constraint, in the order of the members: "Value 'x' at 'stackName' failed to satisfy
// constraint: Member must have length less than or equal to 128".
std::vector<std::string> violations(const api::Type& type, const void* value, const Missing& missing);

// "2 validation errors detected: …; …", or nothing.
std::optional<std::string> validation_message(const api::Type& type, const void* value, const Missing& missing);

// Whether a model's (Java) pattern matches the whole text. Patterns that our engine does not know match everything, and
// so do texts over kPatternTextMax bytes: the engine's stack grows with the text.
inline constexpr std::size_t kPatternTextMax = 4096;
bool matches_pattern(std::string_view pattern, std::string_view text);
bool is_pattern_known(std::string_view pattern);

// Characters of a text, or bytes where it is no UTF-8.
std::size_t character_count(std::string_view text);

}  // namespace wire
