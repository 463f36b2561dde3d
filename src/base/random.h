#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace base {

// The only source of randomness under cloud/. app/ hands in the kernel's, tests and the simulator a seeded one.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
};

// Reproducible: the same seed gives the same run on every machine (splitmix64). For tests and simulation only.
class SeededRandom : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;

 private:
  std::uint64_t state_;
};

// Uniform in [0, bound). `bound` must not be 0.
std::uint64_t below(Random& random, std::uint64_t bound);
// `length` characters drawn from `alphabet`.
std::string draw(Random& random, std::string_view alphabet, std::size_t length);

inline constexpr std::string_view kHexDigits = "0123456789abcdef";
inline constexpr std::string_view kLowerAlnum = "abcdefghijklmnopqrstuvwxyz0123456789";
inline constexpr std::string_view kUpperAlnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
inline constexpr std::string_view kMixedAlnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// A version 4 UUID in its usual text form.
std::string uuid(Random& random);
inline std::string hex_id(Random& random, std::size_t digits) {
  return draw(random, kHexDigits, digits);
}

}  // namespace base
