#include "wire/digest.h"

#include <gtest/gtest.h>

namespace {

std::string hex_of(wire::Algorithm algorithm, std::string_view bytes) {
  return wire::to_hex(wire::digest(algorithm, bytes));
}

}  // namespace

TEST(Digest, KnownValues) {
  const std::string_view check = "123456789";
  EXPECT_EQ(hex_of(wire::Algorithm::Crc32, check), "cbf43926");
  EXPECT_EQ(hex_of(wire::Algorithm::Crc32c, check), "e3069283");
  EXPECT_EQ(hex_of(wire::Algorithm::Crc64Nvme, check), "ae8b14860a799888");
  EXPECT_EQ(hex_of(wire::Algorithm::Crc64Nvme, ""), "0000000000000000");
  EXPECT_EQ(hex_of(wire::Algorithm::Md5, "hello"), "5d41402abc4b2a76b9719d911017c592");
  EXPECT_EQ(hex_of(wire::Algorithm::Sha1, "hello"), "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
  EXPECT_EQ(wire::sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, PiecesGiveTheSameAsTheWhole) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes.push_back(static_cast<char>(i * 7));
  for (const auto algorithm : {wire::Algorithm::Md5, wire::Algorithm::Sha256, wire::Algorithm::Crc32,
                               wire::Algorithm::Crc32c, wire::Algorithm::Crc64Nvme}) {
    for (const std::size_t split : {std::size_t{0}, std::size_t{1}, std::size_t{13}, std::size_t{999}}) {
      wire::Digest pieces(algorithm);
      pieces.update(std::string_view(bytes).substr(0, split));
      pieces.update(std::string_view(bytes).substr(split));
      EXPECT_EQ(pieces.finish(), wire::digest(algorithm, bytes));
    }
  }
}

TEST(Digest, ChecksumNames) {
  EXPECT_EQ(wire::checksum_algorithm("CRC64NVME"), wire::Algorithm::Crc64Nvme);
  EXPECT_EQ(wire::checksum_algorithm("xxhash3"), std::nullopt);
  EXPECT_TRUE(wire::equal_secret("abc", "abc"));
  EXPECT_FALSE(wire::equal_secret("abc", "abd"));
  EXPECT_FALSE(wire::equal_secret("abc", "ab"));
}
