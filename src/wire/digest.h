#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace wire {

enum class Algorithm : std::uint8_t { Md5, Sha1, Sha256, Crc32, Crc32c, Crc64Nvme };

// An incremental digest or checksum. The OpenSSL one-shot and EVP calls fetch their algorithm under a lock each
// time; the low-level ones underneath this do not.
class Digest {
 public:
  explicit Digest(Algorithm algorithm);

  void update(std::string_view bytes);
  // The raw value (checksums big-endian, as the x-amz-checksum headers carry it). The object is spent after it.
  std::string finish();

  Algorithm algorithm() const { return algorithm_; }

 private:
  static constexpr std::size_t kStateBytes = 112;  // the largest: SHA256_CTX

  Algorithm algorithm_;
  alignas(8) unsigned char state_[kStateBytes];
  std::uint64_t crc_ = 0;
};

// A digest in hex digits that needs no memory but its own: requests are verified with several of them.
template <std::size_t Bytes>
class HexDigits {
 public:
  explicit HexDigits(const unsigned char (&raw)[Bytes]);
  operator std::string_view() const { return {digits_.data(), digits_.size()}; }

 private:
  std::array<char, 2 * Bytes> digits_;
};
using Sha256Digits = HexDigits<32>;

std::string digest(Algorithm algorithm, std::string_view bytes);  // raw
Sha256Digits sha256_digits(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);
std::string md5_hex(std::string_view bytes);
std::string to_hex(std::string_view raw);
// 16 random bytes as a UUID of version 4 (RFC 9562).
std::string to_uuid(std::array<unsigned char, 16> random);
// Equal, in a time that tells nothing about where they differ.
bool equal_secret(std::string_view a, std::string_view b);

// "CRC32", "crc64nvme", … as the x-amz-checksum headers name them, in any case. Nothing for the ones we lack.
std::optional<Algorithm> checksum_algorithm(std::string_view name);
// The part of the header name after "x-amz-checksum-".
std::string_view checksum_name(Algorithm algorithm);

}  // namespace wire
