#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fault.h"
#include "s3/rows.h"
#include "service/context.h"

namespace s3 {

// A request body that has arrived and is what the client meant to send.
struct Received {
  std::vector<Piece> pieces;
  std::uint64_t size = 0;
  std::string etag;
  Checksums checksums;
};

base::Outcome<Received> received_body(const service::Context& ctx, const std::optional<std::string>& content_md5,
                                      const Checksums& claims);

}  // namespace s3
