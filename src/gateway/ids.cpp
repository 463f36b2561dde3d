#include "gateway/ids.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstring>

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
  std::array<unsigned char, 16> bytes;
  std::memcpy(bytes.data(), random_bytes(bytes.size()).data(), bytes.size());
  return wire::to_uuid(bytes);
}

}  // namespace gateway
