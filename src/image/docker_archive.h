#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "image/content_store.h"
#include "image/error.h"
#include "image/manifest.h"

// Images and files in the forms that the Docker Engine API takes.
namespace image {

// Writes what `docker load` reads: the configuration, the layers as they are, and Docker's own manifest.
Result<void> pack_docker_archive(const ContentStore& content, const Image& image, const std::string& reference,
                                 const std::string& archive);

// What a tar with one file or symbolic link holds.
struct TarEntry {
  bool is_link = false;
  std::string content;  // or where the link leads
};
Result<TarEntry> read_single(std::string_view tar);

}  // namespace image
