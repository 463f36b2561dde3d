#pragma once

#include <set>
#include <string>

namespace ecr {

// The files that hold layers, configurations and manifests, by their digest ("sha256:…"). The gateway makes them before
// an operation names them.
class Blobs {
 public:
  virtual ~Blobs() = default;
  // Nothing names it any more. May be repeated; an unknown name is fine.
  virtual void release(const std::string& digest) = 0;
  // Once, after recovery: no row names any other.
  virtual void keep_only(const std::set<std::string>& digests) = 0;
};

}  // namespace ecr
