#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "image/content_store.h"
#include "image/error.h"

// What an image says of itself: OCI image specification 1.0 and Docker's schema 2, which have the same members.
namespace image {

inline constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kOciConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kOciLayer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view kOciLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json";

inline constexpr std::size_t kLayersMax = 127;  // as Docker

struct Descriptor {
  std::string media_type;
  std::string digest;
  std::int64_t size = 0;
  std::string os;  // of index entries; "" when there is no platform
  std::string architecture;
};

struct Manifest {
  std::string media_type;
  Descriptor config;
  std::vector<Descriptor> layers;  // lowest first
};

struct Config {
  std::string os;
  std::string architecture;
  std::vector<std::string> environment;  // "NAME=value"
  std::vector<std::string> entry_point;
  std::vector<std::string> command;
  std::string working_directory;
  std::string user;
  std::string stop_signal;  // "SIGQUIT", "3" or ""
  std::vector<std::string> diff_ids;
};

struct Image {
  std::string digest;  // of the manifest, not of an index that led to it
  Manifest manifest;
  Config config;
};

bool is_index(std::string_view media_type);

Result<Manifest> parse_manifest(std::string_view text);
// Entries of an index or of an OCI layout's index.json.
Result<std::vector<Descriptor>> parse_index(std::string_view text);
Result<Config> parse_config(std::string_view text);
// What a manifest or index says it is, or what its members show.
Result<std::string> media_type_of(std::string_view text);

// The manifest digest for linux/amd64: of `digest` itself, or of the index that it names.
Result<std::string> resolve_platform(const ContentStore& store, std::string_view digest);
// Reads manifest and configuration, following an index.
Result<Image> load_image(const ContentStore& store, std::string_view digest);

}  // namespace image
