#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/shape.h"
#include "base/fault.h"

namespace service {

// A reply body that the gateway streams from disk: the pieces one after another. An S3 object put up in parts has one
// piece per part, so completing or copying it moves no bytes.
struct Download {
  struct Piece {
    std::string blob;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
  };
  std::vector<Piece> pieces;

  std::uint64_t size() const {
    std::uint64_t total = 0;
    for (const Piece& piece : pieces) total += piece.length;
    return total;
  }
};

// What an operation answers. It leaves when everything written before it is on disk.
struct Answer {
  base::Outcome<api::Object> result;
  std::optional<Download> download{};
};

}  // namespace service
