#pragma once

#include "api/s3/operations.h"
#include "base/fault.h"
#include "cloud/cloud.h"
#include "cloudformation/ports.h"

namespace cloud {

// Templates that lie in our own S3: found through its public operation, read from the blob files.
class ObjectTemplates : public cloudformation::TemplateSource {
 public:
  explicit ObjectTemplates(cloud::Blobs& blobs) : blobs_(blobs) {}

  base::Outcome<std::string> fetch(const cloudformation::ObjectLocation& location, service::Context& ctx) override {
    api::s3::GetObject::Input input;
    input.bucket = location.bucket;
    input.key = location.key;
    if (!location.version.empty()) input.version_id = location.version;
    // As a caller of its own: conditions and ranges of the request at hand are not meant for this object.
    service::Call call = ctx.call;
    call.headers.clear();
    call.upload.reset();
    service::Context inner = ctx.as(call);
    CHECK(service::call<api::s3::GetObject>(std::move(input), inner));
    if (!inner.download) return std::string();
    if (inner.download->size() > cloudformation::kTemplateUrlMax) {
      return base::fault(api::s3::faults::AccessDenied, "The template is larger than 1 MB.");
    }
    std::string body;
    for (const service::Download::Piece& piece : inner.download->pieces) {
      const auto bytes = blobs_.read(piece.blob, piece.offset + piece.length);
      if (!bytes) return base::fault(api::s3::faults::AccessDenied, "The template can't be read.");
      body += bytes->substr(piece.offset, piece.length);
    }
    return body;
  }

 private:
  cloud::Blobs& blobs_;
};

}  // namespace cloud
