#include <algorithm>
#include <charconv>
#include <cmath>

#include "sqs/faults.h"
#include "sqs/message.h"

namespace sqs {
namespace {

constexpr std::size_t kAttributesMax = 10;
constexpr std::size_t kNameMax = 256;  // bytes; also of a type
constexpr int kDigitsMax = 38;

using Value = api::sqs::MessageAttributeValue;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Letters beyond ASCII pass: AWS was seen to accept them.
bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_reserved(std::string_view name) {
  std::string lower(name.substr(0, 7));
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return lower.starts_with("aws.") || lower.starts_with("amazon.");
}

base::Outcome<void> check_name(const std::string& name) {
  if (name.empty()) return invalid_value("The request must contain non-empty message (user) attribute names.");
  if (name.size() > kNameMax) return invalid_value("Message (user) attribute name must be shorter than 256 bytes.");
  if (is_reserved(name)) {
    return invalid_value(
        "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. These strings are reserved for "
        "internal use.");
  }
  if (name.front() == '.' || name.back() == '.' || name.find("..") != std::string::npos) {
    return invalid_value("Message (user) attribute name '" + name +
                         "' must not start or end with a period and must not contain successive periods.");
  }
  if (!std::ranges::all_of(name, is_name_character)) {
    return invalid_value("Invalid attribute name '" + name +
                         "'. Message (user) attribute names can only contain alphanumeric characters, hyphens, "
                         "underscores and periods.");
  }
  return {};
}

// "String", "Number" or "Binary", maybe with a label after a dot; "" for others.
std::string_view kind_of(std::string_view type) {
  for (const std::string_view kind : {"String", "Number", "Binary"}) {
    if (type == kind || (type.starts_with(kind) && type.size() > kind.size() && type[kind.size()] == '.')) return kind;
  }
  return "";
}

// Up to 38 digits, from 10^-128 to 10^126.
bool is_number(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  const std::size_t exponent_at = std::min(text.find_first_of("eE"), text.size());
  const std::string_view mantissa = text.substr(0, exponent_at);
  int digits = 0;
  int significant = 0;
  int points = 0;
  for (const char c : mantissa) {
    if (c == '.') {
      ++points;
    } else if (!is_digit(c)) {
      return false;
    } else {
      ++digits;
      if (significant > 0 || c != '0') ++significant;
    }
  }
  if (digits == 0 || points > 1 || significant > kDigitsMax) return false;
  if (exponent_at != text.size()) {
    std::string_view exponent = text.substr(exponent_at + 1);
    if (exponent.starts_with('+') || exponent.starts_with('-')) exponent.remove_prefix(1);
    if (exponent.empty() || exponent.size() > 3 || !std::ranges::all_of(exponent, is_digit)) return false;
  }
  if (significant == 0) return true;
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() && value >= 1e-128 && value <= 1e126;
}

base::Outcome<void> check_type(const std::string& name, const std::string& type) {
  if (type.empty()) {
    return invalid_value("The message (user) attribute '" + name +
                         "' must contain a non-empty message attribute type.");
  }
  if (type.size() > kNameMax) {
    return invalid_value("The type of message (user) attribute '" + name + "' must be shorter than 256 bytes.");
  }
  if (kind_of(type).empty()) {
    return invalid_value("The type of message (user) attribute '" + name +
                         "' is invalid. You must use only the following supported type prefixes: Binary, Number, "
                         "String.");
  }
  return {};
}

base::Outcome<StoredAttribute> check_value(const std::string& name, const Value& value) {
  CHECK(check_type(name, value.data_type));
  const std::string kind(kind_of(value.data_type));
  const bool binary = kind == "Binary";
  if (value.string_list_values.value_or(std::vector<std::string>()).size() +
          value.binary_list_values.value_or(std::vector<std::string>()).size() >
      0) {
    return invalid_value("Message (user) attribute list values in SendMessage operation are not supported.");
  }
  const auto& used = binary ? value.binary_value : value.string_value;
  const auto& other = binary ? value.string_value : value.binary_value;
  if (other && !used) {
    return invalid_value("The message (user) attribute '" + name + "' with type '" + kind + "' must use field '" +
                         (binary ? "Binary" : "String") + "'.");
  }
  if (!used || used->empty()) {
    return invalid_value("Message (user) attribute '" + name + "' must contain a non-empty value of type '" + kind +
                         "'.");
  }
  if (kind == "Number" && !is_number(*used)) {
    return invalid_value("Can't cast the value of message (user) attribute '" + name + "' to a number.");
  }
  if (!binary && !has_valid_characters(*used)) {
    return invalid_value("The value of message (user) attribute '" + name + "' contains invalid characters.");
  }
  return StoredAttribute{value.data_type, *used, binary};
}

}  // namespace

base::Outcome<std::map<std::string, StoredAttribute>> check_attributes(const std::map<std::string, Value>& attributes) {
  if (attributes.size() > kAttributesMax) {
    return invalid_value("Number of message attributes [" + std::to_string(attributes.size()) +
                         "] exceeds the allowed maximum [10].");
  }
  std::map<std::string, StoredAttribute> stored;
  for (const auto& [name, value] : attributes) {
    CHECK(check_name(name));
    TRY(stored[name], check_value(name, value));
  }
  return stored;
}

}  // namespace sqs
