#include "image/layer_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/fault.h"

namespace image {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnfinished = ".unpacking-";

Result<void> sync_file_system(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return system_error("cannot open " + path);
  const int failed = syncfs(fd);
  close(fd);
  if (failed != 0) return system_error("cannot sync " + path);
  return {};
}

}  // namespace

LayerStore::LayerStore(const ContentStore& content) : content_(content), directory_(content.directory() + "/layers") {
  std::error_code ignored;  // unpack() says what is wrong
  fs::create_directories(directory_, ignored);
}

std::string LayerStore::layer_path(std::string_view diff_id) const {
  return directory_ + "/" + digest_hex(diff_id);
}

Result<void> LayerStore::unpack(const Image& image) {
  for (std::size_t i = 0; i < image.manifest.layers.size(); ++i) {
    const std::string& diff_id = image.config.diff_ids[i];
    {
      std::unique_lock lock(mutex_);
      done_.wait(lock, [&] { return !busy_.contains(diff_id); });
      if (access(layer_path(diff_id).c_str(), F_OK) == 0) continue;
      busy_.insert(diff_id);
    }
    const Result<void> unpacked = unpack_once(image.manifest.layers[i], diff_id);
    {
      const std::lock_guard lock(mutex_);
      busy_.erase(diff_id);
    }
    done_.notify_all();
    CHECK(unpacked);
  }
  return {};
}

Result<void> LayerStore::unpack_once(const Descriptor& layer, const std::string& diff_id) {
  std::string temporary = directory_ + "/" + std::string(kUnfinished) + digest_hex(diff_id).substr(0, 16) + "-XXXXXX";
  if (!mkdtemp(temporary.data())) return system_error("cannot create " + temporary);
  if (chmod(temporary.c_str(), 0755) != 0) return system_error("cannot create " + temporary);
  Result<void> result = unpack_layer(content_.blob_path(layer.digest), layer.digest, diff_id, temporary);
  if (result) result = sync_file_system(temporary);
  const std::string place = layer_path(diff_id);
  if (result && std::rename(temporary.c_str(), place.c_str()) != 0 && errno != EEXIST && errno != ENOTEMPTY) {
    result = system_error("cannot create " + place);
  }
  std::error_code ignored;
  fs::remove_all(temporary, ignored);  // there only if it failed, or another process was faster
  return result;
}

void LayerStore::clean() {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(directory_, failed)) {
    std::error_code ignored;
    if (entry.path().filename().string().starts_with(kUnfinished)) fs::remove_all(entry.path(), ignored);
  }
}

}  // namespace image
