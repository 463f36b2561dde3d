#include "app/kernel_random.h"

#include <sys/random.h>

#include "base/ensure.h"

namespace app {

std::uint64_t KernelRandom::next() {
  if (used_ == block_.size()) {
    auto* bytes = reinterpret_cast<char*>(block_.data());
    for (std::size_t have = 0; have < sizeof block_;) {
      const ssize_t got = ::getrandom(bytes + have, sizeof block_ - have, 0);
      ENSURE(got > 0);
      have += static_cast<std::size_t>(got);
    }
    used_ = 0;
  }
  return block_[used_++];
}

}  // namespace app
