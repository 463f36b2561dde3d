#pragma once

#include "cloud/cloud.h"
#include "ecr/ports.h"

namespace cloud {

// The files that images are made of.
class ImageBlobs : public ecr::Blobs {
 public:
  explicit ImageBlobs(cloud::Blobs* blobs) : blobs_(blobs) {}
  void release(const std::string& digest) override {
    if (blobs_ != nullptr) blobs_->release(name_of(digest));
  }
  void keep_only(const std::set<std::string>& digests) override {
    if (blobs_ == nullptr) return;
    std::set<std::string> names;
    for (const std::string& digest : digests) names.insert(name_of(digest));
    blobs_->keep_only(names);
  }

 private:
  // "sha256:HEX"
  static std::string name_of(const std::string& digest) { return digest.substr(digest.find(':') + 1); }

  cloud::Blobs* blobs_;
};

}  // namespace cloud
