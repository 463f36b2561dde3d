#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/shape.h"
#include "base/fault.h"

namespace service {

// A reply body that the gateway streams from disk.
struct Download {
  std::string blob;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// What an operation answers. It leaves when everything written before it is on disk.
struct Answer {
  base::Outcome<api::Object> result;
  std::optional<Download> download{};
};

}  // namespace service
