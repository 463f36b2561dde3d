#pragma once

#include "cloud/cloud.h"
#include "s3/ports.h"

namespace cloud {

// The files that S3 objects are kept in.
class ObjectBlobs : public s3::Blobs {
 public:
  explicit ObjectBlobs(cloud::Blobs& blobs) : blobs_(blobs) {}
  void release(const std::string& blob) override { blobs_.release(blob); }

 private:
  cloud::Blobs& blobs_;
};

}  // namespace cloud
