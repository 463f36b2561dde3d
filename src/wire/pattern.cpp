#include <map>
#include <memory>
#include <mutex>
#include <regex>

#include "wire/validate.h"

namespace wire {
namespace {

// Java's notation in ECMAScript's. Both agree on nearly all that the models use; a class such as [\w\-_] needs its
// escapes, and the properties below are what remains.
std::string to_ecmascript(std::string_view pattern) {
  static constexpr std::pair<std::string_view, std::string_view> kProperties[] = {
      {"\\p{Alnum}", "[:alnum:]"},
      {"\\p{L}", "[:alpha:]"},
      {"\\p{Z}", "[:space:]"},
      {"\\p{N}", "[:digit:]"},
  };
  std::string out;
  int in_class = 0;
  for (std::size_t i = 0; i < pattern.size();) {
    bool replaced = false;
    for (const auto& [java, posix] : kProperties) {
      if (!pattern.substr(i).starts_with(java)) continue;
      out += in_class > 0 ? std::string(posix) : "[" + std::string(posix) + "]";
      i += java.size();
      replaced = true;
      break;
    }
    if (replaced) continue;
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      out.append(pattern, i, 2);
      i += 2;
      continue;
    }
    if (pattern[i] == '[') ++in_class;
    if (pattern[i] == ']') --in_class;
    out += pattern[i++];
  }
  return out;
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
    const bool unsupported =
        pattern.find("\\p{") != std::string_view::npos && to_ecmascript(pattern).find("\\p") != std::string::npos;
    const bool non_ascii =
        pattern.find("\\u") != std::string_view::npos || pattern.find("\\x") != std::string_view::npos;
    if (!unsupported && !non_ascii)
      made = std::make_unique<std::regex>(to_ecmascript(pattern), std::regex::ECMAScript | std::regex::optimize);
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
