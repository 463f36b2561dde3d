#include "wire/plain_text.h"

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

bool any(const Bytes& flags) {
  std::uint64_t halves[2];
  std::memcpy(halves, &flags, sizeof halves);
  return (halves[0] | halves[1]) != 0;
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
  const char* at = text.data();
  const char* const end = at + text.size();
  for (; end - at >= static_cast<std::ptrdiff_t>(4 * kStep); at += 4 * kStep) {
    const auto first = special(load(at)) | special(load(at + kStep));
    const auto second = special(load(at + 2 * kStep)) | special(load(at + 3 * kStep));
    if (any(first | second)) break;
  }
  while (end - at >= static_cast<std::ptrdiff_t>(kStep) && !any(special(load(at)))) at += kStep;
  while (at != end && !special(static_cast<signed char>(*at))) ++at;
  return static_cast<std::size_t>(at - text.data());
}

}  // namespace

std::size_t plain_prefix(std::string_view text) {
  return prefix(text, NotPlain());
}

std::size_t json_plain_prefix(std::string_view text) {
  return prefix(text, NotPlainInJson());
}

}  // namespace wire
