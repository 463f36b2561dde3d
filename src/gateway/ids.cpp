#include "gateway/ids.h"

#include <openssl/rand.h>

#include "wire/digest.h"

namespace gateway {

std::string random_hex(std::size_t bytes) {
  constexpr std::size_t kPool = 4096;  // one call of the generator serves many ids
  thread_local std::string pool;
  if (pool.size() < bytes) {
    pool.resize(kPool);
    RAND_bytes(reinterpret_cast<unsigned char*>(pool.data()), static_cast<int>(pool.size()));
  }
  const std::string out = wire::to_hex(std::string_view(pool).substr(pool.size() - bytes));
  pool.resize(pool.size() - bytes);
  return out;
}

}  // namespace gateway
