#include "linux/network/names.h"

#include <cstdint>

namespace linux_runtime {

std::string digits_of(const std::string& text, int count) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  std::string out;
  for (int i = 0; i < count; ++i, hash >>= 4) out += "0123456789abcdef"[hash & 15];
  return out;
}

}  // namespace linux_runtime
