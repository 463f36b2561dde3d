#include "app/file_blobs.h"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace app {

void FileBlobs::remove_unused(const std::string& blob, std::chrono::seconds grace) {
  const std::filesystem::path file = directory_ + "/" + blob;
  std::error_code failed;  // gone already: a release may be repeated after a crash
  if (grace.count() > 0) {
    const auto used = std::filesystem::last_write_time(file, failed);
    if (failed || used + grace > std::filesystem::file_time_type::clock::now()) return;
  }
  std::filesystem::remove(file, failed);
}

void FileBlobs::release(const std::string& blob) {
  remove_unused(blob, grace_.released);
}

void FileBlobs::keep_only(const std::set<std::string>& blobs) {
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, failed)) {
    const std::string name = entry.path().filename().string();
    if (!blobs.contains(name)) remove_unused(name, grace_.unnamed);
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
