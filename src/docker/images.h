#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "docker/engine.h"
#include "image/content_store.h"
#include "runtime/runtime.h"

namespace docker {

// An image that Docker has.
struct DockerImage {
  std::string id;           // "sha256:…", of its configuration
  std::string stop_signal;  // ""
};

// Images in Docker's own store: those of the built-in registry are loaded into it, the others it pulls itself. They
// stay there. Blocks; from any thread.
class Images {
 public:
  Images(const Engine& engine, const std::string& data_directory) : engine_(engine), content_(data_directory) {}

  // The digest of the manifest. The error is AWS's text.
  Result<std::string> pull(const runtime::ImageSource& source);
  // What pull() has brought, also for an earlier process.
  Result<DockerImage> find(const std::string& manifest_digest);
  // The image of the process that holds a sandbox; loaded when it is missing.
  Result<std::string> pause();

 private:
  Result<void> load(const std::string& manifest_digest);
  Result<std::string> pull_outside(const runtime::ImageSource& source);

  const Engine& engine_;
  image::ContentStore content_;
  std::mutex loading_;  // one at a time: a second one finds what it wants there
};

}  // namespace docker
