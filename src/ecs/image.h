#pragma once

#include <expected>
#include <string>

#include "runtime/runtime.h"
#include "service/context.h"

namespace ecs {

// "<account>.dkr.ecr.<region>.amazonaws.com/name[:tag|@digest]", taken apart.
struct EcrReference {
  std::string account;
  std::string region;
  std::string repository;
  std::string tag;     // "latest" if neither is named
  std::string digest;  // "sha256:…" or ""
};
// Nothing when the image lives elsewhere.
std::optional<EcrReference> parse_ecr_reference(const std::string& reference);

// Where the runtime gets an image: ours by digest, as the registry answers it now, others from outside. The error is
// the text after "CannotPullContainerError: ".
std::expected<runtime::ImageSource, std::string> resolve_image(const std::string& reference, service::Context& ctx);

}  // namespace ecs
