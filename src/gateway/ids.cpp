#include "gateway/ids.h"

#include <openssl/rand.h>

#include <algorithm>

#include "wire/digest.h"

namespace gateway {

namespace {

// Good until the next call on the same thread.
std::string_view random_bytes(std::size_t count) {
  constexpr std::size_t kPool = 4096;  // one call of the generator serves many ids
  thread_local std::string pool;
  thread_local std::size_t left = 0;
  if (left < count) {
    left = std::max(count, kPool);
    pool.resize(left);
    RAND_bytes(reinterpret_cast<unsigned char*>(pool.data()), static_cast<int>(left));
  }
  left -= count;
  return std::string_view(pool).substr(left, count);
}

}  // namespace

std::string random_hex(std::size_t bytes) {
  return wire::to_hex(random_bytes(bytes));
}

std::string random_uuid() {
  static constexpr char kDigits[] = "0123456789abcdef";
  const std::string_view bytes = random_bytes(16);
  std::string text(36, '-');
  std::size_t at = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    auto byte = static_cast<unsigned char>(bytes[i]);
    if (i == 6) byte = (byte & 0x0f) | 0x40;
    if (i == 8) byte = (byte & 0x3f) | 0x80;
    if (i == 4 || i == 6 || i == 8 || i == 10) ++at;
    text[at++] = kDigits[byte >> 4];
    text[at++] = kDigits[byte & 15];
  }
  return text;
}

}  // namespace gateway
