#pragma once

#include <string>

namespace s3 {

// The files that hold object bytes. The gateway makes them before an operation sees them; this service only names
// them and says when nothing names one any more.
class Blobs {
 public:
  virtual ~Blobs() = default;
  // May be repeated after a crash; an unknown name is fine.
  virtual void release(const std::string& blob) = 0;
};

}  // namespace s3
