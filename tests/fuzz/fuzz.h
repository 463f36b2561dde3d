#pragma once

// What all fuzzers share. A fuzzer is one file with one LLVMFuzzerTestOneInput: it feeds bytes to a reader, and where
// the bytes are taken, holds the reader to its laws. Sanitizers watch the rest.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace fuzz {

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Ends the process, which is how libFuzzer hears of a finding.
inline void must(bool holds, const char* law) {
  if (holds) return;
  std::fprintf(stderr, "broken law: %s\n", law);
  std::abort();
}

// Cuts an input into pieces at NUL bytes, for readers that take more than one text.
class Pieces {
 public:
  explicit Pieces(std::string_view bytes) : rest_(bytes) {}

  std::string_view next() {
    const std::size_t end = rest_.find('\0');
    const std::string_view piece = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return piece;
  }
  bool done() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// Calls `feed` with consecutive slices of `bytes` whose lengths follow from `seed`; stops when it returns false.
template <class Feed>
void in_slices(std::string_view bytes, std::uint32_t seed, Feed feed) {
  while (!bytes.empty()) {
    seed = seed * 1664525 + 1013904223;
    const std::string_view slice = bytes.substr(0, 1 + (seed >> 24) % 17);
    bytes.remove_prefix(slice.size());
    if (!feed(slice)) return;
  }
}

}  // namespace fuzz
