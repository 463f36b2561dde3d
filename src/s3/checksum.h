#pragma once

// Checksums as requests claim them and replies carry them. Keys are wire's names: "crc32", "crc32c", "crc64nvme",
// "sha1", "sha256"; values base64.

#include <string>
#include <string_view>
#include <vector>

#include "base/fault.h"
#include "s3/rows.h"
#include "service/context.h"

namespace s3 {

// What a request claims. The algorithms that this build cannot compute are refused by check_claims.
template <class Input>
Checksums claimed_checksums(const Input& input) {
  Checksums claims;
  const auto add = [&](const char* name, const std::optional<std::string>& value) {
    if (value) claims.emplace(name, *value);
  };
  add("crc32", input.checksum_crc32);
  add("crc32c", input.checksum_crc32c);
  add("crc64nvme", input.checksum_crc64nvme);
  add("sha1", input.checksum_sha1);
  add("sha256", input.checksum_sha256);
  add("md5", input.checksum_md5);
  add("sha512", input.checksum_sha512);
  add("xxhash64", input.checksum_xxhash64);
  add("xxhash3", input.checksum_xxhash3);
  add("xxhash128", input.checksum_xxhash128);
  return claims;
}

template <class Output>
void set_checksums(Output& output, const Checksums& checksums) {
  const auto set = [&](const char* name, std::optional<std::string>& value) {
    const auto found = checksums.find(name);
    if (found != checksums.end()) value = found->second;
  };
  set("crc32", output.checksum_crc32);
  set("crc32c", output.checksum_crc32c);
  set("crc64nvme", output.checksum_crc64nvme);
  set("sha1", output.checksum_sha1);
  set("sha256", output.checksum_sha256);
}

// Content-MD5 and the x-amz-checksum headers against what the gateway measured. BadDigest when one differs.
base::Outcome<void> check_claims(const service::Upload& upload, const std::optional<std::string>& content_md5,
                                 const Checksums& claims);

// "CRC32" for "crc32", as the API's enums have it.
std::string algorithm_name(std::string_view checksum);

// Of an object of parts: the digest over the parts' raw digests, with "-N" behind it.
std::string composite_checksum(std::string_view checksum, const std::vector<const PartRow*>& parts);
// The checksum of the whole object, computed from the parts' checksums and sizes. Only CRCs can; "" for others.
std::string full_object_checksum(std::string_view checksum, const std::vector<const PartRow*>& parts);

}  // namespace s3
