#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/fault.h"
#include "s3/rows.h"

namespace s3 {

struct Range {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};

// "bytes=a-b", "bytes=a-", "bytes=-n" of a body of `size` bytes. Nothing for what is no single range: such a header is
// ignored. InvalidRange when it lies outside.
base::Outcome<std::optional<Range>> parse_range(std::string_view header, std::uint64_t size);

// The pieces of that part of a body.
std::vector<Piece> cut(const std::vector<Piece>& pieces, const Range& range);

}  // namespace s3
