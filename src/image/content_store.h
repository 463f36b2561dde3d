#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "image/error.h"

namespace image {

// "sha256:" and 64 lower-case hex digits; the only algorithm that is used.
bool is_digest(std::string_view text);
// The hex digits. `digest` must be one.
std::string digest_hex(std::string_view digest);

inline constexpr std::uint64_t kManifestBytesMax = 4 << 20;  // manifests, indexes and configurations

// Content-addressed files under <directory>/blobs/sha256/<hex>, as an OCI layout has them. The built-in registry writes
// into the same place; so a pushed image can be run without copying it. Files appear complete or not at all.
// Thread-safe: it has no state but the directory.
class ContentStore {
 public:
  explicit ContentStore(std::string directory) : directory_(std::move(directory)) {}

  const std::string& directory() const { return directory_; }
  std::string blob_path(std::string_view digest) const;
  bool has(std::string_view digest) const;

  // Reads a small blob and compares it with its digest.
  Result<std::string> read(std::string_view digest) const;
  // Writes bytes, returns their digest.
  Result<std::string> put(std::string_view bytes) const;
  // Copies a file in, comparing it with the digest that it must have.
  Result<void> import_file(const std::string& path, std::string_view digest) const;

 private:
  std::string directory_;
};

// The digest of a file's content.
Result<std::string> digest_file(const std::string& path);
Result<std::string> read_file(const std::string& path, std::uint64_t limit = kManifestBytesMax);
// Written next to it, synced and renamed into place.
Result<void> write_file(const std::string& path, std::string_view bytes);

}  // namespace image
