#pragma once

#include <string>

namespace linux_runtime {

// Hexadecimal digits that follow from a text (FNV-1a), at most 16: for names that have to be short.
std::string digits_of(const std::string& text, int count);

}  // namespace linux_runtime
