#include "s3/checksum.h"

#include <array>

#include "api/s3/operations.h"
#include "wire/digest.h"
#include "wire/text.h"

namespace s3 {

namespace faults = api::s3::faults;

namespace {

std::string from_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string raw;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    raw.push_back(static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  return raw;
}

// A reflected CRC's polynomial and width.
struct Crc {
  std::uint64_t polynomial;
  int bits;
};

std::optional<Crc> crc_of(std::string_view checksum) {
  if (checksum == "crc32") return Crc{0xEDB88320u, 32};
  if (checksum == "crc32c") return Crc{0x82F63B78u, 32};
  if (checksum == "crc64nvme") return Crc{0x9A6C9329AC4BC9B5u, 64};
  return std::nullopt;
}

// A linear map over bits: column i is what bit i becomes.
using Matrix = std::array<std::uint64_t, 64>;

std::uint64_t times(const Matrix& matrix, std::uint64_t vector) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; vector != 0; ++i, vector >>= 1) {
    if (vector & 1) sum ^= matrix[i];
  }
  return sum;
}

Matrix squared(const Matrix& matrix) {
  Matrix square{};
  for (std::size_t i = 0; i < matrix.size(); ++i) square[i] = times(matrix, matrix[i]);
  return square;
}

// The CRC of A followed by B, from theirs: A's is carried over as many zero bytes as B has, by repeated squaring of the
// map that one zero bit does.
std::uint64_t combined(const Crc& crc, std::uint64_t first, std::uint64_t second, std::uint64_t second_bytes) {
  Matrix step{};
  step[0] = crc.polynomial;
  for (int i = 1; i < crc.bits; ++i) step[static_cast<std::size_t>(i)] = std::uint64_t{1} << (i - 1);
  for (int i = 0; i < 3; ++i) step = squared(step);  // eight bits
  for (; second_bytes != 0; second_bytes >>= 1) {
    if (second_bytes & 1) first = times(step, first);
    step = squared(step);
  }
  return first ^ second;
}

std::uint64_t big_endian(std::string_view raw) {
  std::uint64_t value = 0;
  for (const char byte : raw) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

std::string raw_checksum(const PartRow& part, std::string_view checksum) {
  const auto found = part.checksums.find(std::string(checksum));
  return found == part.checksums.end() ? std::string() : wire::from_base64(found->second).value_or("");
}

}  // namespace

base::Outcome<void> check_claims(const service::Upload& upload, const std::optional<std::string>& content_md5,
                                 const Checksums& claims) {
  if (content_md5) {
    const auto raw = wire::from_base64(*content_md5);
    if (!raw || raw->size() != 16)
      return base::fault(faults::InvalidDigest, "The Content-MD5 you specified was invalid.");
    if (*raw != from_hex(upload.md5)) {
      return base::fault(faults::BadDigest, "The Content-MD5 you specified did not match what we received.");
    }
  }
  for (const auto& [name, value] : claims) {
    const auto measured = upload.checksums.find(name);
    if (measured == upload.checksums.end()) {
      return base::fault(faults::NotImplemented,
                         "A header you provided implies functionality that is not implemented: "
                         "x-amz-checksum-" +
                             name);
    }
    if (measured->second != value) {
      return base::fault(faults::BadDigest,
                         "The " + algorithm_name(name) + " you specified did not match the calculated checksum.");
    }
  }
  return {};
}

std::string algorithm_name(std::string_view checksum) {
  std::string name(checksum);
  for (char& c : name) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return name;
}

std::string composite_checksum(std::string_view checksum, const std::vector<const PartRow*>& parts) {
  const auto algorithm = wire::checksum_algorithm(checksum);
  if (!algorithm) return {};
  std::string all;
  for (const PartRow* part : parts) {
    const std::string raw = raw_checksum(*part, checksum);
    if (raw.empty()) return {};
    all += raw;
  }
  return wire::to_base64(wire::digest(*algorithm, all)) + '-' + std::to_string(parts.size());
}

std::string full_object_checksum(std::string_view checksum, const std::vector<const PartRow*>& parts) {
  const auto crc = crc_of(checksum);
  if (!crc) return {};
  std::uint64_t value = 0;
  for (const PartRow* part : parts) {
    const std::string raw = raw_checksum(*part, checksum);
    if (raw.size() * 8 != static_cast<std::size_t>(crc->bits)) return {};
    value = part == parts.front() ? big_endian(raw) : combined(*crc, value, big_endian(raw), part->size);
  }
  std::string raw;
  for (int shift = crc->bits - 8; shift >= 0; shift -= 8) raw.push_back(static_cast<char>(value >> shift & 0xff));
  return wire::to_base64(raw);
}

}  // namespace s3
