#include "store/journal/crc32c.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace store {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // reflected

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    table[byte] = crc;
  }
  return table;
}

std::uint32_t by_table(std::uint32_t crc, std::string_view bytes) {
  static constexpr std::array<std::uint32_t, 256> kTable = make_table();
  for (const char byte : bytes) crc = (crc >> 8) ^ kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFF];
  return crc;
}

#if defined(__x86_64__)
#define RENKEI_CRC __attribute__((target("sse4.2,pclmul")))

// The instruction takes three cycles but one can be begun in each, so long texts are taken in three lanes. What the
// first two give is moved behind the third: multiplied by x to as many bits as follow, modulo the polynomial.
constexpr std::size_t kWord = 8;
constexpr std::size_t kLaneMax = 128;  // words
constexpr std::size_t kLaneLeast = 8;  // below it three lanes are no faster than one

// Of each number of words, x^(64 * words - 33), reflected: the product of two reflected numbers is one bit short, and
// the instruction that reduces it multiplies by x^32.
constexpr std::array<std::uint32_t, 2 * kLaneMax + 1> make_shifts() {
  std::array<std::uint32_t, 2 * kLaneMax + 1> shifts{};
  std::uint32_t power = 0x80000000;  // x^0
  for (std::size_t exponent = 1, words = 1; words < shifts.size(); ++exponent) {
    power = (power >> 1) ^ ((power & 1) != 0 ? kPolynomial : 0);
    if (exponent == 64 * words - 33) shifts[words++] = power;
  }
  return shifts;
}

std::uint64_t word_at(const char* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

RENKEI_CRC std::uint64_t moved_by(std::uint64_t crc, std::size_t words) {
  static constexpr auto kShifts = make_shifts();
  using Pair = long long __attribute__((vector_size(16)));
  const Pair product = __builtin_ia32_pclmulqdq128(Pair{static_cast<long long>(crc), 0}, Pair{kShifts[words], 0}, 0);
  return static_cast<std::uint64_t>(product[0]);
}

RENKEI_CRC std::uint32_t by_instruction(std::uint32_t seed, std::string_view bytes) {
  std::uint64_t crc = seed;
  const char* at = bytes.data();
  std::size_t words = bytes.size() / kWord;
  while (words >= 3 * kLaneLeast) {
    const std::size_t lane = std::min(words / 3, kLaneMax);
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (const char* const end = at + lane * kWord; at != end; at += kWord) {
      crc = __builtin_ia32_crc32di(crc, word_at(at));
      second = __builtin_ia32_crc32di(second, word_at(at + lane * kWord));
      third = __builtin_ia32_crc32di(third, word_at(at + 2 * lane * kWord));
    }
    crc = third ^ __builtin_ia32_crc32di(0, moved_by(crc, 2 * lane) ^ moved_by(second, lane));
    at += 2 * lane * kWord;
    words -= 3 * lane;
  }
  for (; words > 0; --words, at += kWord) crc = __builtin_ia32_crc32di(crc, word_at(at));
  auto rest = static_cast<std::uint32_t>(crc);
  for (const char byte : bytes.substr(bytes.size() / kWord * kWord)) {
    rest = __builtin_ia32_crc32qi(rest, static_cast<unsigned char>(byte));
  }
  return rest;
}
#endif

}  // namespace

std::uint32_t crc32c(std::uint32_t seed, std::string_view bytes) {
#if defined(__x86_64__)
  static const bool kInstruction = __builtin_cpu_supports("sse4.2") != 0 && __builtin_cpu_supports("pclmul") != 0;
  if (kInstruction) return ~by_instruction(~seed, bytes);
#endif
  return ~by_table(~seed, bytes);
}

}  // namespace store
