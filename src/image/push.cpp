#include "image/push.h"

#include <vector>

#include "base/fault.h"
#include "base/value.h"
#include "image/manifest.h"
#include "wire/json.h"

namespace image {
namespace {

// "denied: User … is not authorized" from the error document that registries answer, or just the status.
std::unexpected<Error> refused(const std::string& what, const HttpResponse& response) {
  std::string reason = "status " + std::to_string(response.status);
  if (const auto body = wire::parse_json(response.body)) {
    const base::Value* errors = body->find("errors");
    if (errors && errors->is_array() && !errors->as_array().empty()) {
      const base::Value* message = errors->as_array()[0].find("message");
      if (message && message->is_string()) reason = message->as_string();
    }
  }
  return error("cannot push " + what + ": " + reason);
}

class Push {
 public:
  Push(const ContentStore& content, Http& registry, const std::string& name)
      : content_(content), registry_(registry), base_("/v2/" + name) {}

  Result<void> manifest(const std::string& digest, const std::string& tag) {
    TRY(const std::string text, content_.read(digest));
    TRY(const std::string media_type, media_type_of(text));
    if (is_index(media_type)) {
      TRY(const std::vector<Descriptor> entries, parse_index(text));
      for (const Descriptor& entry : entries) CHECK(manifest(entry.digest, entry.digest));
    } else {
      TRY(const Manifest parts, parse_manifest(text));
      CHECK(blob(parts.config.digest));
      for (const Descriptor& layer : parts.layers) CHECK(blob(layer.digest));
    }
    TRY(const HttpResponse put, registry_.send({.method = "PUT",
                                                .target = base_ + "/manifests/" + tag,
                                                .headers = {{"Content-Type", media_type}},
                                                .body = text}));
    if (put.status / 100 != 2) return refused("manifest " + tag, put);
    return {};
  }

 private:
  Result<void> blob(const std::string& digest) {
    TRY(const HttpResponse head, registry_.send({.method = "HEAD", .target = base_ + "/blobs/" + digest}));
    if (head.status == 200) return {};
    if (!content_.has(digest)) return error("the image lacks its blob " + digest);
    TRY(const HttpResponse begun, registry_.send({.method = "POST", .target = base_ + "/blobs/uploads/"}));
    const auto location = begun.headers.find("location");
    if (begun.status != 202 || location == begun.headers.end()) return refused("blob " + digest, begun);
    const std::string separator = location->second.find('?') == std::string::npos ? "?" : "&";
    TRY(const HttpResponse put, registry_.send({.method = "PUT",
                                                .target = location->second + separator + "digest=" + digest,
                                                .headers = {{"Content-Type", "application/octet-stream"}},
                                                .body_file = content_.blob_path(digest)}));
    if (put.status / 100 != 2) return refused("blob " + digest, put);
    return {};
  }

  const ContentStore& content_;
  Http& registry_;
  std::string base_;
};

}  // namespace

Result<void> push_image(const ContentStore& content, const std::string& digest, Http& registry, const std::string& name,
                        const std::string& tag) {
  return Push(content, registry, name).manifest(digest, tag);
}

}  // namespace image
