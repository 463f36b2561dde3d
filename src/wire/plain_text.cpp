#include "wire/plain_text.h"

#include <bit>
#include <cstdint>
#include <cstring>

namespace wire {
namespace {

using Bytes = signed char __attribute__((vector_size(16)));

Bytes load(const char* from) {
  Bytes bytes;
  std::memcpy(&bytes, from, sizeof bytes);
  return bytes;
}

constexpr std::size_t kNone = sizeof(Bytes);

// Where the first byte is that is not zero, but all ones; kNone if there is none. The supported machines are
// little-endian.
std::size_t first(const Bytes& flags) {
  std::uint64_t halves[2];
  std::memcpy(halves, &flags, sizeof halves);
  if (halves[0] != 0) return static_cast<std::size_t>(std::countr_zero(halves[0])) / 8;
  return 8 + static_cast<std::size_t>(std::countr_zero(halves[1])) / 8;
}

// Both work on a byte and on many. Bytes from 0x80 on are negative, so they are less than a space, too.
struct NotPlain {
  auto operator()(auto bytes) const { return bytes < ' '; }
};
struct NotPlainInJson {
  auto operator()(auto bytes) const { return (bytes < ' ') | (bytes == '"') | (bytes == '\\'); }
};

template <class Special>
std::size_t prefix(std::string_view text, Special special) {
  constexpr std::size_t kStep = sizeof(Bytes);
  std::size_t at = 0;
  for (; text.size() - at >= 4 * kStep; at += 4 * kStep) {
    const char* const from = text.data() + at;
    const auto one = special(load(from)) | special(load(from + kStep));
    const auto two = special(load(from + 2 * kStep)) | special(load(from + 3 * kStep));
    if (first(one | two) != kNone) break;
  }
  for (; text.size() - at >= kStep; at += kStep) {
    const std::size_t found = first(special(load(text.data() + at)));
    if (found != kNone) return at + found;
  }
  if (text.size() >= kStep) {  // what is left, with some of what is known to be plain before it
    at = text.size() - kStep;
    return at + first(special(load(text.data() + at)));
  }
  while (at < text.size() && !special(static_cast<signed char>(text[at]))) ++at;
  return at;
}

}  // namespace

std::size_t plain_prefix(std::string_view text) {
  return prefix(text, NotPlain());
}

std::size_t json_plain_prefix(std::string_view text) {
  return prefix(text, NotPlainInJson());
}

}  // namespace wire
