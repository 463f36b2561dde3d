#define OPENSSL_SUPPRESS_DEPRECATED  // the low-level digests are three times as fast as EVP for short inputs
#include "wire/digest.h"

#include <openssl/crypto.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include <array>
#include <cstring>

namespace wire {
namespace {

// Reflected polynomials (facts: CRC table of the S3 checksums).
constexpr std::uint64_t kCrc32 = 0xEDB88320;
constexpr std::uint64_t kCrc32c = 0x82F63B78;
constexpr std::uint64_t kCrc64Nvme = 0x9A6C9329AC4BC9B5;

// Eight tables, so that eight bytes take one step ("slicing by 8").
using Tables = std::array<std::array<std::uint64_t, 256>, 8>;

Tables make_tables(std::uint64_t polynomial) {
  Tables tables{};
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    std::uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t slice = 1; slice < 8; ++slice) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint64_t previous = tables[slice - 1][byte];
      tables[slice][byte] = (previous >> 8) ^ tables[0][previous & 0xFF];
    }
  }
  return tables;
}

const Tables& tables_of(Algorithm algorithm) {
  static const Tables crc32 = make_tables(kCrc32);
  static const Tables crc32c = make_tables(kCrc32c);
  static const Tables crc64 = make_tables(kCrc64Nvme);
  if (algorithm == Algorithm::Crc32) return crc32;
  return algorithm == Algorithm::Crc32c ? crc32c : crc64;
}

std::uint64_t add_crc(Algorithm algorithm, std::uint64_t crc, std::string_view bytes) {
  const Tables& t = tables_of(algorithm);
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    word ^= crc;  // a 32-bit checksum only touches the low half
    crc = t[7][word & 0xFF] ^ t[6][(word >> 8) & 0xFF] ^ t[5][(word >> 16) & 0xFF] ^ t[4][(word >> 24) & 0xFF] ^
          t[3][(word >> 32) & 0xFF] ^ t[2][(word >> 40) & 0xFF] ^ t[1][(word >> 48) & 0xFF] ^ t[0][word >> 56];
  }
  for (; left > 0; --left, ++at) crc = (crc >> 8) ^ t[0][(crc ^ static_cast<unsigned char>(*at)) & 0xFF];
  return crc;
}

std::string big_endian(std::uint64_t value, int bytes) {
  std::string raw;
  for (int i = bytes - 1; i >= 0; --i) raw.push_back(static_cast<char>(value >> (8 * i)));
  return raw;
}

// Both digits of every byte, so that a byte is one step.
constexpr std::array<char, 512> make_hex_pairs() {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, 512> pairs{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    pairs[2 * byte] = kDigits[byte >> 4];
    pairs[2 * byte + 1] = kDigits[byte & 15];
  }
  return pairs;
}

void put_hex(char* out, const void* raw, std::size_t size) {
  static constexpr auto kPairs = make_hex_pairs();
  const auto* bytes = static_cast<const unsigned char*>(raw);
  for (std::size_t i = 0; i < size; ++i) std::memcpy(out + 2 * i, kPairs.data() + 2 * std::size_t{bytes[i]}, 2);
}

static_assert(sizeof(SHA256_CTX) <= 112 && sizeof(SHA_CTX) <= 112 && sizeof(MD5_CTX) <= 112);

}  // namespace

Digest::Digest(Algorithm algorithm) : algorithm_(algorithm) {
  switch (algorithm_) {
    case Algorithm::Md5:
      MD5_Init(reinterpret_cast<MD5_CTX*>(state_));
      break;
    case Algorithm::Sha1:
      SHA1_Init(reinterpret_cast<SHA_CTX*>(state_));
      break;
    case Algorithm::Sha256:
      SHA256_Init(reinterpret_cast<SHA256_CTX*>(state_));
      break;
    case Algorithm::Crc32:
    case Algorithm::Crc32c:
      crc_ = 0xFFFFFFFF;
      break;
    case Algorithm::Crc64Nvme:
      crc_ = ~std::uint64_t{0};
      break;
  }
}

void Digest::update(std::string_view bytes) {
  switch (algorithm_) {
    case Algorithm::Md5:
      MD5_Update(reinterpret_cast<MD5_CTX*>(state_), bytes.data(), bytes.size());
      break;
    case Algorithm::Sha1:
      SHA1_Update(reinterpret_cast<SHA_CTX*>(state_), bytes.data(), bytes.size());
      break;
    case Algorithm::Sha256:
      SHA256_Update(reinterpret_cast<SHA256_CTX*>(state_), bytes.data(), bytes.size());
      break;
    default:
      crc_ = add_crc(algorithm_, crc_, bytes);
  }
}

std::string Digest::finish() {
  unsigned char raw[32];
  const auto text = [&raw](std::size_t size) { return std::string(reinterpret_cast<const char*>(raw), size); };
  switch (algorithm_) {
    case Algorithm::Md5:
      MD5_Final(raw, reinterpret_cast<MD5_CTX*>(state_));
      return text(16);
    case Algorithm::Sha1:
      SHA1_Final(raw, reinterpret_cast<SHA_CTX*>(state_));
      return text(20);
    case Algorithm::Sha256:
      SHA256_Final(raw, reinterpret_cast<SHA256_CTX*>(state_));
      return text(32);
    case Algorithm::Crc32:
    case Algorithm::Crc32c:
      return big_endian(crc_ ^ 0xFFFFFFFF, 4);
    case Algorithm::Crc64Nvme:
      return big_endian(~crc_, 8);
  }
  return {};
}

std::string digest(Algorithm algorithm, std::string_view bytes) {
  Digest digest(algorithm);
  digest.update(bytes);
  return digest.finish();
}

template <std::size_t Bytes>
HexDigits<Bytes>::HexDigits(const unsigned char (&raw)[Bytes]) {
  put_hex(digits_.data(), raw, Bytes);
}
template class HexDigits<SHA256_DIGEST_LENGTH>;

Sha256Digits sha256_digits(std::string_view bytes) {
  unsigned char raw[SHA256_DIGEST_LENGTH];
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, bytes.data(), bytes.size());
  SHA256_Final(raw, &context);
  return Sha256Digits(raw);
}

std::string sha256_hex(std::string_view bytes) {
  return std::string(sha256_digits(bytes));
}

std::string md5_hex(std::string_view bytes) {
  unsigned char raw[MD5_DIGEST_LENGTH];
  MD5_CTX context;
  MD5_Init(&context);
  MD5_Update(&context, bytes.data(), bytes.size());
  MD5_Final(raw, &context);
  return to_hex({reinterpret_cast<const char*>(raw), sizeof raw});
}

std::string to_hex(std::string_view raw) {
  std::string text(raw.size() * 2, '\0');
  put_hex(text.data(), raw.data(), raw.size());
  return text;
}

std::string to_uuid(std::array<unsigned char, 16> random) {
  random[6] = static_cast<unsigned char>((random[6] & 0x0f) | 0x40);
  random[8] = static_cast<unsigned char>((random[8] & 0x3f) | 0x80);
  std::string text(36, '-');
  put_hex(&text[0], &random[0], 4);
  put_hex(&text[9], &random[4], 2);
  put_hex(&text[14], &random[6], 2);
  put_hex(&text[19], &random[8], 2);
  put_hex(&text[24], &random[10], 6);
  return text;
}

bool equal_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<Algorithm> checksum_algorithm(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  for (const auto algorithm : {Algorithm::Md5, Algorithm::Sha1, Algorithm::Sha256, Algorithm::Crc32, Algorithm::Crc32c,
                               Algorithm::Crc64Nvme}) {
    if (lower == checksum_name(algorithm)) return algorithm;
  }
  return std::nullopt;
}

std::string_view checksum_name(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::Md5:
      return "md5";
    case Algorithm::Sha1:
      return "sha1";
    case Algorithm::Sha256:
      return "sha256";
    case Algorithm::Crc32:
      return "crc32";
    case Algorithm::Crc32c:
      return "crc32c";
    case Algorithm::Crc64Nvme:
      return "crc64nvme";
  }
  return "";
}

}  // namespace wire
