#pragma once

#include <string>
#include <string_view>

#include "image/content_store.h"
#include "image/error.h"

// Images as files: an OCI image layout, as a directory or packed into a tar, or what `docker save` writes.
namespace image {

struct Layout {
  ContentStore content;
  std::string digest;  // of the chosen manifest or index
};

// Opens a layout. Archives are unpacked into `scratch`, an empty directory that must live as long as the result; a
// directory is used where it is. `reference` chooses by "org.opencontainers.image.ref.name" or tag when there are
// several; it may be "" when there is one.
Result<Layout> open_layout(const std::string& path, const std::string& scratch, std::string_view reference = "");

// Copies a manifest or index with everything it names from one store to another.
Result<void> copy_image(const ContentStore& from, std::string_view digest, const ContentStore& into);

// A directory that is removed with its content when this ends.
class ScratchDirectory {
 public:
  // Made under `parent` ("" = the system's temporary directory).
  static Result<ScratchDirectory> create(const std::string& parent = "");
  ~ScratchDirectory();
  ScratchDirectory(ScratchDirectory&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  ScratchDirectory(const ScratchDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  explicit ScratchDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace image
