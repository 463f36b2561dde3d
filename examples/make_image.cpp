// make_image PROGRAM ARCHIVE NAME:TAG
// Packs a program, the shared libraries that it needs, and nothing else into an OCI archive that runs it.

#include <filesystem>
#include <iostream>

#include "image/builder.h"
#include "image/layout.h"

namespace {

image::Result<void> make(const std::string& program, const std::string& archive, const std::string& reference) {
  auto files = image::program_files(program, "/app");
  if (!files) return std::unexpected(files.error());
  files->push_back({.target = "/etc/passwd", .content = "root:x:0:0:root:/:/\n"});
  files->push_back({.target = "/tmp", .mode = 01777, .directory = true});
  image::BuildSpec spec;
  spec.files = std::move(*files);
  spec.config.entry_point = {"/app"};
  spec.reference = reference;
  auto scratch = image::ScratchDirectory::create();
  if (!scratch) return std::unexpected(scratch.error());
  const std::string layout = scratch->path() + "/layout";
  if (auto built = image::build_image(spec, layout); !built) return std::unexpected(built.error());
  std::filesystem::create_directories(std::filesystem::path(archive).parent_path());
  return image::pack_layout(layout, archive);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: make_image PROGRAM ARCHIVE NAME:TAG\n";
    return 2;
  }
  if (auto made = make(argv[1], argv[2], argv[3]); !made) {
    std::cerr << "make_image: " << made.error().message << "\n";
    return 1;
  }
  return 0;
}
