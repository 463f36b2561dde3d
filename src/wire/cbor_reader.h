#pragma once

// The tokens of a CBOR text, bounds-checked.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wire::cbor {

enum class Major : std::uint8_t { Unsigned, Negative, Bytes, Text, Array, Map, Tag, Simple };

struct Head {
  Major major;
  std::uint8_t info;       // the low five bits: how the argument was written
  std::uint64_t argument;  // count, length, value, tag, or the bits of a float
  bool indefinite;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool done() const { return at_ == bytes_.size(); }
  std::size_t remaining() const { return bytes_.size() - at_; }
  // Consumes an item's head; nothing when the bytes end or are reserved.
  std::optional<Head> head();
  // Consumes the byte that ends an indefinite item, if it is next.
  bool at_break();
  bool next_is_null() const;
  // The content of a text or byte string whose head was read; definite or in chunks.
  std::optional<std::string> string(const Head& head);
  // Skips the rest of an item whose head was read.
  bool skip(const Head& head, int depth);

 private:
  std::optional<std::string_view> take(std::uint64_t length);

  std::string_view bytes_;
  std::size_t at_ = 0;
};

// The value of a float or integer head; nothing if it is neither.
std::optional<double> to_double(const Head& head);
// An integer that fits, or a float without fraction.
std::optional<std::int64_t> to_integer(const Head& head);

}  // namespace wire::cbor
