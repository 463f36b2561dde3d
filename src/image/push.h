#pragma once

#include <map>
#include <string>

#include "image/content_store.h"
#include "image/error.h"

namespace image {

// What pushing needs of an HTTP client; the caller adapts its own.
struct HttpRequest {
  std::string method;
  std::string target;  // path and query, or an absolute URL that the registry answered
  std::map<std::string, std::string> headers;
  std::string body;
  std::string body_file;  // sent instead of `body` when not empty
};
struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};
class Http {
 public:
  virtual ~Http() = default;
  virtual Result<HttpResponse> send(const HttpRequest& request) = 0;
};

// Sends a manifest or index and everything it names to a registry that speaks the OCI distribution protocol. Blobs
// that the registry has already are not sent. `name` is the repository, `tag` the tag or digest.
Result<void> push_image(const ContentStore& content, const std::string& digest, Http& registry, const std::string& name,
                        const std::string& tag);

}  // namespace image
