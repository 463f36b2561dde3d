#include "cloudformation/naming.h"

#include <algorithm>

namespace cloudformation {
namespace {
constexpr std::size_t kSuffixLength = 12;
}

std::string physical_name(const std::string& stack, const std::string& logical_id, NameStyle style,
                          std::size_t length_max, base::Random& random) {
  const std::string_view alphabet = style == NameStyle::Mixed   ? base::kMixedAlnum
                                    : style == NameStyle::Upper ? base::kUpperAlnum
                                                                : base::kLowerAlnum;
  const std::size_t room = length_max - kSuffixLength - 2;
  // The stack's name gets what the logical id leaves, at least half.
  const std::size_t stack_part = std::min(stack.size(), std::max(room / 2, room - std::min(room, logical_id.size())));
  std::string name = stack.substr(0, stack_part) + "-" + logical_id.substr(0, room - stack_part) + "-";
  if (style == NameStyle::Lower) {
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  }
  return name + base::draw(random, alphabet, kSuffixLength);
}

}  // namespace cloudformation
