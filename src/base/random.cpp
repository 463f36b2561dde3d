#include "base/random.h"

#include "base/ensure.h"

namespace base {

std::uint64_t SeededRandom::next() {
  state_ += 0x9E3779B97F4A7C15u;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

std::uint64_t below(Random& random, std::uint64_t bound) {
  ENSURE(bound != 0);
  // Rejects the few draws that would favour small results.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  std::uint64_t drawn = random.next();
  while (drawn >= limit) drawn = random.next();
  return drawn % bound;
}

std::string draw(Random& random, std::string_view alphabet, std::size_t length) {
  std::string text(length, '\0');
  for (char& c : text) c = alphabet[below(random, alphabet.size())];
  return text;
}

std::string uuid(Random& random) {
  std::string text = hex_id(random, 36);
  for (const std::size_t dash : {8u, 13u, 18u, 23u}) text[dash] = '-';
  text[14] = '4';
  text[19] = "89ab"[below(random, 4)];
  return text;
}

}  // namespace base
