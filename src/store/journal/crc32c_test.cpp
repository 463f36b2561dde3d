#include "store/journal/crc32c.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"

namespace {

// A bit at a time, as the polynomial says.
std::uint32_t by_definition(std::uint32_t seed, std::string_view bytes) {
  std::uint32_t crc = ~seed;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78 : 0);
  }
  return ~crc;
}

}  // namespace

TEST(Crc32c, IsTheSameForEveryLengthAndPlace) {
  base::SeededRandom random(1);
  std::string bytes;
  while (bytes.size() < 8'000) bytes.push_back(static_cast<char>(random.next()));
  const std::string_view all = bytes;
  for (std::size_t length = 0; length < 1'300; ++length) {
    const auto seed = static_cast<std::uint32_t>(random.next());
    const std::string_view part = all.substr(length % 9, length);
    EXPECT_EQ(store::crc32c(seed, part), by_definition(seed, part)) << length;
  }
  for (const std::size_t length : {3'071, 3'072, 3'080, 6'144, 7'000, 7'999}) {  // more than one round of lanes
    EXPECT_EQ(store::crc32c(7, all.substr(1, length)), by_definition(7, all.substr(1, length))) << length;
  }
}
