#include "ecs/page.h"

#include <algorithm>

#include "api/ecs/operations.h"

namespace ecs {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

std::string to_hex(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    out.push_back(kHex[c >> 4]);
    out.push_back(kHex[c & 15]);
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::size_t high = kHex.find(text[i]);
    const std::size_t low = kHex.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return out;
}

}  // namespace

base::Outcome<Page> page_of(const std::vector<std::string>& items, const std::optional<std::int64_t>& max_results,
                            const std::optional<std::string>& next_token, std::int64_t usual, std::int64_t most) {
  namespace faults = api::ecs::faults;
  const std::int64_t size = max_results.value_or(usual);
  if (size < 1 || size > most) {
    return base::fault(faults::InvalidParameterException,
                       "maxResults must be between 1 and " + std::to_string(most) + ".");
  }
  auto first = items.begin();
  if (next_token && !next_token->empty()) {
    const auto last = from_hex(*next_token);
    if (!last) return base::fault(faults::InvalidParameterException, "Invalid token.");
    const auto found = std::ranges::find(items, *last);
    // What the token names may be gone since: then on with what sorts after it.
    first = found != items.end() ? found + 1
                                 : std::ranges::find_if(items, [&](const std::string& item) { return item > *last; });
  }
  Page page;
  const auto end = first + std::min<std::int64_t>(size, items.end() - first);
  page.items.assign(first, end);
  if (end != items.end() && !page.items.empty()) page.next_token = to_hex(page.items.back());
  return page;
}

}  // namespace ecs
