// make_image PROGRAM ARCHIVE NAME:TAG
// Packs a program, the shared libraries that it needs, and nothing else into an OCI archive that runs it.
//
// make_image --root DIRECTORY ARCHIVE NAME:TAG COMMAND [ARGUMENT…]
// Packs a whole root file system into an OCI archive that runs the command.

#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "image/builder.h"
#include "image/layout.h"

namespace {

using Files = std::vector<image::BuildFile>;

image::Result<void> pack(Files files, std::vector<std::string> entry_point, const std::string& archive,
                         const std::string& reference) {
  image::BuildSpec spec;
  spec.files = std::move(files);
  spec.config.entry_point = std::move(entry_point);
  spec.reference = reference;
  auto scratch = image::ScratchDirectory::create();
  if (!scratch) return std::unexpected(scratch.error());
  const std::string layout = scratch->path() + "/layout";
  if (auto built = image::build_image(spec, layout); !built) return std::unexpected(built.error());
  std::filesystem::create_directories(std::filesystem::absolute(archive).parent_path());
  return image::pack_layout(layout, archive);
}

image::Result<void> pack_program(const std::string& program, const std::string& archive, const std::string& reference) {
  auto files = image::program_files(program, "/app");
  if (!files) return std::unexpected(files.error());
  files->push_back({.target = "/etc/passwd", .content = "root:x:0:0:root:/:/\n"});
  files->push_back({.target = "/tmp", .mode = 01777, .directory = true});
  return pack(std::move(*files), {"/app"}, archive, reference);
}

image::Result<void> pack_root(const std::vector<std::string>& arguments) {
  auto files = image::tree_files(arguments[1]);
  if (!files) return std::unexpected(files.error());
  return pack(std::move(*files), {arguments.begin() + 4, arguments.end()}, arguments[2], arguments[3]);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool root = arguments.size() > 4 && arguments[0] == "--root";
  if (!root && arguments.size() != 3) {
    std::cerr << "usage: make_image PROGRAM ARCHIVE NAME:TAG\n"
                 "       make_image --root DIRECTORY ARCHIVE NAME:TAG COMMAND [ARGUMENT…]\n";
    return 2;
  }
  const auto made = root ? pack_root(arguments) : pack_program(arguments[0], arguments[1], arguments[2]);
  if (!made) {
    std::cerr << "make_image: " << made.error().message << "\n";
    return 1;
  }
  return 0;
}
