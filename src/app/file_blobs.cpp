#include "app/file_blobs.h"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace app {

void FileBlobs::release(const std::string& blob) {
  std::error_code ignored;  // gone already: a release may be repeated after a crash
  std::filesystem::remove(directory_ + "/" + blob, ignored);
}

void FileBlobs::keep_only(const std::set<std::string>& blobs) {
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, failed)) {
    if (!blobs.contains(entry.path().filename().string())) release(entry.path().filename().string());
  }
}

std::optional<std::string> FileBlobs::read(const std::string& blob, std::uint64_t limit) {
  const std::filesystem::path file = directory_ + "/" + blob;
  std::error_code failed;
  const auto size = std::filesystem::file_size(file, failed);
  if (failed || size > limit) return std::nullopt;
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace app
