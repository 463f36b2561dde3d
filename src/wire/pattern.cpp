#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <regex>

#include "wire/validate.h"

namespace wire {
namespace {

// Java's notation in ECMAScript's. Both agree on nearly all that the models use; these properties, which are ASCII's,
// and \u00XX are what remains.
constexpr std::pair<std::string_view, std::string_view> kProperties[] = {
    {"\\p{Alnum}", "[:alnum:]"}, {"\\p{Print}", "[:print:]"}, {"\\p{L}", "[:alpha:]"},
    {"\\p{Z}", "[:space:]"},     {"\\p{N}", "[:digit:]"},
};

std::string to_ecmascript(std::string_view pattern) {
  std::string out;
  bool in_class = false;
  while (!pattern.empty()) {
    const auto starts = [&](const auto& property) { return pattern.starts_with(property.first); };
    const auto property = std::ranges::find_if(kProperties, starts);
    std::size_t taken = pattern[0] == '\\' ? std::min<std::size_t>(2, pattern.size()) : 1;
    if (property != std::end(kProperties)) {
      taken = property->first.size();
      out += in_class ? std::string(property->second) : "[" + std::string(property->second) + "]";
    } else if (pattern.starts_with("\\u00") && pattern.size() >= 6 && pattern[4] < '8') {
      taken = 6;
      out.append("\\x").append(pattern.substr(4, 2));
    } else {
      if (pattern[0] == '[') in_class = true;
      if (pattern[0] == ']') in_class = false;
      out += pattern.substr(0, taken);
    }
    pattern.remove_prefix(taken);
  }
  return out;
}

// Characters beyond ASCII: the engine sees the bytes of their UTF-8.
bool is_beyond(std::string_view ecmascript) {
  return ecmascript.find("\\u") != std::string_view::npos || ecmascript.find("\\p") != std::string_view::npos;
}

// Compiled once; null for a pattern that std::regex refuses. Patterns are static data of the generated tables.
const std::regex* compiled(std::string_view pattern) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<std::regex>, std::less<>> cache;
  const std::lock_guard lock(mutex);
  const auto found = cache.find(pattern);
  if (found != cache.end()) return found->second.get();
  std::unique_ptr<std::regex> made;
  try {
    const std::string ecmascript = to_ecmascript(pattern);
    if (!is_beyond(ecmascript)) {
      made = std::make_unique<std::regex>(ecmascript, std::regex::ECMAScript | std::regex::optimize);
    }
  } catch (const std::regex_error&) {
    made = nullptr;
  }
  return cache.emplace(std::string(pattern), std::move(made)).first->second.get();
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
  if (text.size() > kPatternTextMax) return true;
  const std::regex* regex = compiled(pattern);
  if (regex == nullptr) return true;
  try {
    return std::regex_match(text.begin(), text.end(), *regex);
  } catch (const std::regex_error&) {
    return true;  // too complex for the engine
  }
}

bool is_pattern_known(std::string_view pattern) {
  return compiled(pattern) != nullptr;
}

}  // namespace wire
