#include "s3/range.h"

#include <algorithm>

#include "api/s3/operations.h"
#include "wire/text.h"

namespace s3 {

base::Outcome<std::optional<Range>> parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return std::nullopt;
  header.remove_prefix(kUnit.size());
  const std::size_t dash = header.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view from = header.substr(0, dash);
  const std::string_view to = header.substr(dash + 1);
  const auto first = wire::parse_integer(from);
  const auto last = wire::parse_integer(to);
  const bool malformed = (!from.empty() && (!first || *first < 0)) || (!to.empty() && (!last || *last < 0)) ||
                         (from.empty() && to.empty()) || (first && last && *last < *first);
  if (malformed) return std::nullopt;
  const auto outside = [] {
    return base::fault(api::s3::faults::InvalidRange, "The requested range is not satisfiable");
  };
  if (!first) {
    const std::uint64_t length = std::min<std::uint64_t>(static_cast<std::uint64_t>(*last), size);
    if (length == 0) return outside();
    return Range{size - length, length};
  }
  const auto start = static_cast<std::uint64_t>(*first);
  if (start >= size) return outside();
  const std::uint64_t end = last ? std::min<std::uint64_t>(static_cast<std::uint64_t>(*last) + 1, size) : size;
  return Range{start, end - start};
}

std::vector<Piece> cut(const std::vector<Piece>& pieces, const Range& range) {
  std::vector<Piece> taken;
  std::uint64_t skip = range.first;
  std::uint64_t left = range.length;
  for (const Piece& piece : pieces) {
    if (skip >= piece.size) {
      skip -= piece.size;
      continue;
    }
    const std::uint64_t length = std::min(piece.size - skip, left);
    if (length > 0) taken.push_back({piece.blob, piece.offset + skip, length});
    left -= length;
    skip = 0;
  }
  return taken;
}

}  // namespace s3
