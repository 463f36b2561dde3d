#include "sim/fields.h"

#include <algorithm>
#include <cmath>

#include "sim/quantity.h"

namespace sim {

Fields::Fields(const Document& map, std::string what) : map_(map), what_(std::move(what)) {
  if (!map.is_map() && !map.is_null()) complain({map.line(), what_ + ": expected keys with values"});
}

void Fields::complain(Complaint complaint) {
  if (!complaint_) complaint_ = std::move(complaint);
}

const Document* Fields::find(std::string_view key) {
  read_.emplace(key);
  return complaint_ ? nullptr : map_.find(key);
}

void Fields::wrong(const Document& value, std::string_view key, const std::string& expected) {
  const std::string found = value.is_scalar() ? ", not \"" + value.text() + "\"" : "";
  complain({value.line(), what_ + ": " + std::string(key) + ": expected " + expected + found});
}

const Document* Fields::scalar(std::string_view key, std::string_view expected) {
  const Document* value = find(key);
  if (value == nullptr) return nullptr;
  if (value->is_scalar()) return value;
  wrong(*value, key, std::string(expected));
  return nullptr;
}

void Fields::require(std::string_view key) {
  if (map_.find(key) == nullptr) complain({map_.line(), what_ + ": " + std::string(key) + " is missing"});
}

void Fields::span(std::string_view key, base::Duration& into) {
  constexpr const char* kExpected = "a duration such as 250ms, 60s or 1h30m";
  const Document* value = scalar(key, kExpected);
  if (value == nullptr) return;
  if (const auto span = parse_span(value->text())) {
    into = *span;
  } else {
    wrong(*value, key, kExpected);
  }
}

void Fields::span(std::string_view key, std::optional<base::Duration>& into) {
  if (map_.find(key) == nullptr) {
    read_.emplace(key);
    return;
  }
  base::Duration found{};
  span(key, found);
  into = found;
}

void Fields::text(std::string_view key, std::string& into) {
  const Document* value = scalar(key, "a text");
  if (value == nullptr) return;
  if (value->text().empty()) return wrong(*value, key, "a text");
  into = value->text();
}

void Fields::flag(std::string_view key, bool& into) {
  const Document* value = scalar(key, "true or false");
  if (value == nullptr) return;
  if (value->text() != "true" && value->text() != "false") return wrong(*value, key, "true or false");
  into = value->text() == "true";
}

void Fields::whole(std::string_view key, std::int64_t low, std::int64_t high, std::int64_t& into) {
  const std::string expected = "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
  const Document* value = scalar(key, expected);
  if (value == nullptr) return;
  const auto number = parse_number(value->text());
  if (!number || *number != std::floor(*number) || *number < static_cast<double>(low) ||
      *number > static_cast<double>(high)) {
    return wrong(*value, key, expected);
  }
  into = static_cast<std::int64_t>(*number);
}

void Fields::whole(std::string_view key, std::int64_t low, std::int64_t high, int& into) {
  std::int64_t wide = into;
  whole(key, low, high, wide);
  into = static_cast<int>(wide);
}

void Fields::number(std::string_view key, double low, double high, double& into) {
  const std::string expected = "a number from " + number_text(low) + " to " + number_text(high);
  const Document* value = scalar(key, expected);
  if (value == nullptr) return;
  const auto number = parse_number(value->text());
  if (!number || *number < low || *number > high) return wrong(*value, key, expected);
  into = *number;
}

void Fields::size(std::string_view key, std::int64_t high, std::int64_t& into) {
  const std::string expected = "a size such as 200 or 64KiB, at most " + std::to_string(high);
  const Document* value = scalar(key, expected);
  if (value == nullptr) return;
  const auto size = parse_size(value->text());
  if (!size || *size > high) return wrong(*value, key, expected);
  into = *size;
}

void Fields::choice(std::string_view key, std::initializer_list<std::string_view> words, int& into) {
  std::string expected = "one of";
  for (const std::string_view word : words) expected += " " + std::string(word);
  const Document* value = scalar(key, expected);
  if (value == nullptr) return;
  const auto* found = std::ranges::find(words, std::string_view(value->text()));
  if (found == words.end()) return wrong(*value, key, expected);
  into = static_cast<int>(found - words.begin());
}

void Fields::numbers(std::string_view key, std::vector<double>& into) {
  constexpr double kFactorMax = 1e6;
  const Document* value = find(key);
  if (value == nullptr) return;
  if (!value->is_list() || value->items().empty()) return wrong(*value, key, "a list of factors");
  for (const Document& item : value->items()) {
    const auto number = item.is_scalar() ? parse_number(item.text()) : std::nullopt;
    if (!number || *number < 0 || *number > kFactorMax) return wrong(item, key, "factors from 0 to 1000000");
    into.push_back(*number);
  }
}

Parsed<void> Fields::done() {
  if (complaint_) return std::unexpected(*complaint_);
  for (const auto& [key, value] : map_.members()) {
    if (read_.contains(key)) continue;
    std::string known;
    for (const std::string& one : read_) known += (known.empty() ? "" : ", ") + one;
    return value.refuse(what_ + ": there is no key \"" + key + "\"; known are " + known);
  }
  return {};
}

}  // namespace sim
