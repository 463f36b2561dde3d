#pragma once

#include <string>

#include "cloud/cloud.h"

namespace app {

// Object bodies as files under <data>/objects, where the gateway spooled them.
class FileBlobs : public cloud::Blobs {
 public:
  explicit FileBlobs(std::string directory) : directory_(std::move(directory)) {}
  void release(const std::string& blob) override;
  void keep_only(const std::set<std::string>& blobs) override;
  std::optional<std::string> read(const std::string& blob, std::uint64_t limit) override;

 private:
  std::string directory_;
};

}  // namespace app
