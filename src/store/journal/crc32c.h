#pragma once

#include <cstdint>
#include <string_view>

namespace store {

// CRC32C (Castagnoli) of `bytes`, in hardware where there is any. The checksum of one part seeds the next.
std::uint32_t crc32c(std::uint32_t seed, std::string_view bytes);

}  // namespace store
