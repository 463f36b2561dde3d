#pragma once

#include <string>
#include <vector>

#include "image/error.h"
#include "image/manifest.h"

// Makes small images without a container engine.
namespace image {

struct BuildFile {
  std::string target;  // absolute path in the image; parents are made
  std::string source;  // file or symbolic link on this host; "" = `content`, or a directory if `directory`
  std::string content;
  unsigned mode = 0;  // 0 = the source's, else 0644 or 0755 for directories
  bool directory = false;
};

struct BuildSpec {
  std::vector<BuildFile> files;
  Config config;          // diff_ids, os and architecture are filled in
  std::string reference;  // "name:tag", kept in the layout's index
};

// Every file under a host directory, below `target`.
Result<std::vector<BuildFile>> tree_files(const std::string& directory, const std::string& target = "/");
// A program and the shared libraries that the loader of this host finds for it. The libraries keep their paths, so that
// the image has the host's C library.
Result<std::vector<BuildFile>> program_files(const std::string& program, const std::string& target);

// Writes an OCI image layout with one gzip layer into `directory`, which may not exist; returns the manifest's digest.
// The same files give the same digest: owners are root, times are the epoch's.
Result<std::string> build_image(const BuildSpec& spec, const std::string& directory);
// A tar of files and their directories. In memory.
Result<std::string> make_tar(const std::vector<BuildFile>& files);
// Packs a layout directory into a tar.
Result<void> pack_layout(const std::string& directory, const std::string& archive);

}  // namespace image
