#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

// Little-endian numbers and counted strings, for the journal's files. So are the numbers of the supported machines.
namespace store {

template <class Number>
void put_number(std::string& out, Number number) {
  static_assert(std::is_unsigned_v<Number>);
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

template <class Number>
Number number_at(const char* bytes) {
  static_assert(std::endian::native == std::endian::little);
  Number number;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

inline void put_text(std::string& out, std::string_view text) {
  put_number(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

// Takes numbers and texts off the front. Once something is missing, everything is: good() tells, at the end.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <class Number>
  Number number() {
    if (!has(sizeof(Number))) return 0;
    const Number number = number_at<Number>(rest_.data());
    rest_.remove_prefix(sizeof(Number));
    return number;
  }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }
  std::string_view text() { return bytes(u32()); }
  std::string_view bytes(std::size_t size) {
    if (!has(size)) return {};
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  // A count of things of at least `size` bytes each that could be there.
  std::size_t count(std::size_t size) {
    const std::size_t count = u32();
    return has(count * size) ? count : 0;
  }
  bool good() const { return good_; }
  bool at_end() const { return good_ && rest_.empty(); }

 private:
  bool has(std::size_t size) {
    good_ = good_ && size <= rest_.size();
    return good_;
  }

  std::string_view rest_;
  bool good_ = true;
};

}  // namespace store
