#pragma once

#include <array>

#include "base/random.h"

namespace app {

// The kernel's generator, read in blocks. One thread only: the strand.
class KernelRandom : public base::Random {
 public:
  std::uint64_t next() override;

 private:
  std::array<std::uint64_t, 512> block_{};
  std::size_t used_ = block_.size();
};

}  // namespace app
