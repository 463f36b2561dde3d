#include "wire/cbor_reader.h"

#include <bit>
#include <cmath>
#include <limits>

#include "wire/walk.h"

namespace wire::cbor {
namespace {

constexpr std::uint8_t kBreak = 0xff;
constexpr std::uint8_t kNull = 0xf6;
constexpr std::uint8_t kUndefined = 0xf7;
constexpr std::uint8_t kIndefinite = 31;

double half_to_double(std::uint16_t bits) {
  const int exponent = bits >> 10 & 0x1f;
  const int fraction = bits & 0x3ff;
  double value = 0;
  if (exponent == 0) {
    value = std::ldexp(fraction, -24);
  } else if (exponent != 31) {
    value = std::ldexp(fraction + 1024, exponent - 25);
  } else {
    value = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  }
  return bits & 0x8000 ? -value : value;
}

}  // namespace

std::optional<std::string_view> Reader::take(std::uint64_t length) {
  if (length > remaining()) return std::nullopt;
  const auto taken = bytes_.substr(at_, length);
  at_ += length;
  return taken;
}

std::optional<Head> Reader::head() {
  if (done()) return std::nullopt;
  const auto first = static_cast<std::uint8_t>(bytes_[at_++]);
  Head head{static_cast<Major>(first >> 5), static_cast<std::uint8_t>(first & 31), first & 31u, false};
  if (head.info < 24) return head;
  if (head.info == kIndefinite) {
    const bool may = head.major >= Major::Bytes && head.major <= Major::Map;
    head.indefinite = true;
    head.argument = 0;
    return may ? std::optional(head) : std::nullopt;
  }
  if (head.info > 27) return std::nullopt;
  const auto raw = take(std::uint64_t{1} << (head.info - 24));
  if (!raw) return std::nullopt;
  head.argument = 0;
  for (const char byte : *raw) head.argument = head.argument << 8 | static_cast<unsigned char>(byte);
  return head;
}

bool Reader::at_break() {
  if (done() || static_cast<std::uint8_t>(bytes_[at_]) != kBreak) return false;
  ++at_;
  return true;
}

bool Reader::next_is_null() const {
  if (done()) return false;
  const auto byte = static_cast<std::uint8_t>(bytes_[at_]);
  return byte == kNull || byte == kUndefined;
}

std::optional<std::string> Reader::string(const Head& head) {
  if (head.major != Major::Text && head.major != Major::Bytes) return std::nullopt;
  if (!head.indefinite) {
    const auto taken = take(head.argument);
    return taken ? std::optional<std::string>(*taken) : std::nullopt;
  }
  std::string whole;
  while (!at_break()) {
    const auto chunk = this->head();
    if (!chunk || chunk->major != head.major || chunk->indefinite) return std::nullopt;
    const auto taken = take(chunk->argument);
    if (!taken) return std::nullopt;
    whole += *taken;
  }
  return whole;
}

bool Reader::skip(const Head& head, int depth) {
  if (depth > kDepthMax) return false;
  switch (head.major) {
    case Major::Unsigned:
    case Major::Negative:
    case Major::Simple:
      return true;
    case Major::Bytes:
    case Major::Text:
      return string(head).has_value();
    case Major::Tag: {
      const auto inner = this->head();
      return inner && skip(*inner, depth + 1);
    }
    case Major::Array:
    case Major::Map:
      break;
  }
  const std::uint64_t per_entry = head.major == Major::Map ? 2 : 1;
  for (std::uint64_t i = 0; head.indefinite ? !at_break() : i < head.argument; ++i) {
    for (std::uint64_t k = 0; k < per_entry; ++k) {
      const auto inner = this->head();
      if (!inner || !skip(*inner, depth + 1)) return false;
    }
  }
  return true;
}

std::optional<double> to_double(const Head& head) {
  if (head.major == Major::Unsigned) return static_cast<double>(head.argument);
  if (head.major == Major::Negative) return -1.0 - static_cast<double>(head.argument);
  if (head.major != Major::Simple) return std::nullopt;
  switch (head.info) {
    case 25:
      return half_to_double(static_cast<std::uint16_t>(head.argument));
    case 26:
      return std::bit_cast<float>(static_cast<std::uint32_t>(head.argument));
    case 27:
      return std::bit_cast<double>(head.argument);
    default:
      return std::nullopt;
  }
}

std::optional<std::int64_t> to_integer(const Head& head) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (head.major == Major::Unsigned || head.major == Major::Negative) {
    if (head.argument > kMax) return std::nullopt;
    const auto value = static_cast<std::int64_t>(head.argument);
    return head.major == Major::Unsigned ? value : -1 - value;
  }
  const auto real = to_double(head);
  if (!real || *real != std::floor(*real) || std::abs(*real) >= 9223372036854775808.0) return std::nullopt;
  return static_cast<std::int64_t>(*real);
}

}  // namespace wire::cbor
