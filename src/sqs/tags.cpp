#include "sqs/tags.h"

#include <algorithm>

#include "sqs/faults.h"

namespace sqs {
namespace {

constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kKeyMax = 128;    // characters
constexpr std::size_t kValueMax = 256;  // characters

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// Letters beyond ASCII all count as such.
bool is_tag_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return static_cast<unsigned char>(c) >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || std::string_view(" \t\n\r_.:/=+-@").find(c) != std::string_view::npos;
  });
}

}  // namespace

base::Outcome<void> add_tags(QueueRow& row, const std::map<std::string, std::string>& tags) {
  for (const auto& [key, value] : tags) {
    if (key.empty() || characters(key) > kKeyMax) {
      return invalid_value("Tag keys must be between 1 and 128 characters in length.");
    }
    if (characters(value) > kValueMax) {
      return invalid_value("Tag values must be between 0 and 256 characters in length.");
    }
    if (!is_tag_text(key)) {
      return invalid_value(
          "Tag keys may only contain unicode letters, digits, whitespace, or one of these symbols: _ . : / = + - @");
    }
    if (!is_tag_text(value)) {
      return invalid_value(
          "Tag values may only contain unicode letters, digits, whitespace, or one of these symbols: _ . : / = + - @");
    }
    row.tags[key] = value;
  }
  if (row.tags.size() > kTagsMax) return invalid_value("Too many tags added for queue " + row.name + ".");
  return {};
}

}  // namespace sqs
