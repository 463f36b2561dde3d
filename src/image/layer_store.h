#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "image/manifest.h"

namespace image {

// Unpacked layers under <directory>/layers/<hex of the diff_id>, in the form in which overlayfs takes them as lower
// directories: whiteouts are 0:0 devices, opaque directories carry trusted.overlay.opaque. Shared by every container,
// never changed. Needs root. Thread-safe; a layer that several threads ask for is unpacked once.
class LayerStore {
 public:
  explicit LayerStore(const ContentStore& content);

  std::string layer_path(std::string_view diff_id) const;
  // Unpacks what is missing. Checks every blob against its digest and its diff_id.
  Result<void> unpack(const Image& image);
  // Removes what an earlier process left half unpacked. Only while nobody unpacks.
  void clean();

 private:
  Result<void> unpack_once(const Descriptor& layer, const std::string& diff_id);

  const ContentStore& content_;
  std::string directory_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::set<std::string> busy_;
};

// Unpacks one layer (tar, plain or compressed with gzip, zstd, bzip2 or xz) into `directory`, which must exist. Names
// cannot lead out of it: the calling thread works in a chroot of its own meanwhile.
Result<void> unpack_layer(const std::string& blob, std::string_view blob_digest, std::string_view diff_id,
                          const std::string& directory);

}  // namespace image
