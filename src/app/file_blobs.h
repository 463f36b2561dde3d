#pragma once

#include <chrono>
#include <set>
#include <string>

#include "cloud/cloud.h"

namespace app {

// Files in a directory where the gateway puts them. Those that were written or used only just now stay whatever
// happens: a push may be about to name them.
class FileBlobs : public cloud::Blobs {
 public:
  // How long after its last use a file is safe from release() and from keep_only(). Real time.
  struct Grace {
    std::chrono::seconds released{0};
    std::chrono::seconds unnamed{0};
  };
  FileBlobs(std::string directory, Grace grace) : directory_(std::move(directory)), grace_(grace) {}
  void release(const std::string& blob) override;
  void keep_only(const std::set<std::string>& blobs) override;
  std::optional<std::string> read(const std::string& blob, std::uint64_t limit) override;

 private:
  void remove_unused(const std::string& blob, std::chrono::seconds grace);

  std::string directory_;
  Grace grace_;
};

}  // namespace app
