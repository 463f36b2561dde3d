#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway {

// A path under /v2/, taken apart. Names may hold slashes, so it is read from the right.
struct RegistryPath {
  enum class Kind { Base, Blob, NewUpload, Upload, Manifest, Tags, Referrers };
  Kind kind = Kind::Base;
  std::string name;       // of the repository
  std::string reference;  // tag, digest or upload id
};
std::optional<RegistryPath> parse_registry_path(std::string_view path);

// "bytes=5-9", "bytes=5-", "bytes=-5" of `size` bytes. Nothing if it is no range that can be served.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};
std::optional<ByteRange> parse_byte_range(std::string_view range, std::uint64_t size);

}  // namespace gateway
