#include "wire/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "wire/grow.h"
#include "wire/json_dom.h"
#include "wire/plain_text.h"
#include "wire/text.h"
#include "wire/walk.h"

namespace wire {

base::Value json_to_value(simdjson::dom::element element) {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::ARRAY: {
      base::Value::Array items;
      const simdjson::dom::array elements = element.get_array().value_unsafe();
      for (const auto item : elements) items.push_back(json_to_value(item));
      return items;
    }
    case element_type::OBJECT: {
      base::Value::Object members;
      const simdjson::dom::object entries = element.get_object().value_unsafe();
      for (const auto [key, value] : entries) {
        members.emplace_back(std::string(key), json_to_value(value));
      }
      drop_repeated_keys(members);
      return members;
    }
    case element_type::INT64:
      return element.get_int64().value_unsafe();
    case element_type::UINT64:
      return static_cast<double>(element.get_uint64().value_unsafe());
    case element_type::DOUBLE:
      return element.get_double().value_unsafe();
    case element_type::STRING:
      return std::string(element.get_string().value_unsafe());
    case element_type::BOOL:
      return element.get_bool().value_unsafe();
    case element_type::NULL_VALUE:
      break;
  }
  return nullptr;
}

namespace {

void append_indent(std::string& out, int depth) {
  out += '\n';
  out.append(static_cast<std::size_t>(depth) * 2, ' ');
}

void append_value(std::string& out, const base::Value& value, JsonLayout layout, int depth) {
  const bool indented = layout == JsonLayout::Indented;
  if (value.is_array()) {
    out += '[';
    for (const auto& item : value.as_array()) {
      if (&item != value.as_array().data()) out += ',';
      if (indented) append_indent(out, depth + 1);
      append_value(out, item, layout, depth + 1);
    }
    if (indented && !value.as_array().empty()) append_indent(out, depth);
    out += ']';
  } else if (value.is_object()) {
    out += '{';
    for (const auto& member : value.as_object()) {
      if (&member != value.as_object().data()) out += ',';
      if (indented) append_indent(out, depth + 1);
      append_json_string(out, member.first);
      out += indented ? ": " : ":";
      append_value(out, member.second, layout, depth + 1);
    }
    if (indented && !value.as_object().empty()) append_indent(out, depth);
    out += '}';
  } else if (value.is_string()) {
    append_json_string(out, value.as_string());
  } else if (value.is_double()) {
    append_json_number(out, value.as_double());
  } else {
    out += value.is_null() ? "null" : value.to_text();
  }
}

// Length of the well-formed UTF-8 sequence at the front of `text`, 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  const bool surrogate_or_beyond = (lead == 0xed && byte(1) > 0x9f) || (lead == 0xf4 && byte(1) > 0x8f);
  return overlong || surrogate_or_beyond ? 0 : length;
}

}  // namespace

std::string SyntaxError::place() const {
  return "(line " + std::to_string(line) + ", column " + std::to_string(column) + ")";
}

std::expected<base::Value, SyntaxError> parse_json(std::string_view text) {
  auto root = json_dom(text);
  if (!root) return std::unexpected(std::move(root).error());
  return json_to_value(*root);
}

std::string write_json(const base::Value& value, JsonLayout layout) {
  std::string out;
  append_value(out, value, layout, 0);
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::size_t plain = json_plain_prefix(text);
  if (plain == text.size()) {
    char* at = grow(out, text.size() + 2);
    *at++ = '"';
    at += text.copy(at, text.size());
    *at = '"';
    return;
  }
  out += '"';
  std::size_t plain_from = 0;
  const auto replace = [&](std::size_t at, std::string_view with) {
    out.append(text, plain_from, at - plain_from);
    out.append(with);
    plain_from = at + 1;
  };
  const auto plain_end = [&](std::size_t from) { return from + json_plain_prefix(text.substr(from)); };
  for (std::size_t i = plain; i < text.size(); i = plain_end(i + 1)) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x80) {
      const std::size_t length = utf8_length(text.substr(i));
      if (length == 0) {
        replace(i, "\xef\xbf\xbd");
      } else {
        i += length - 1;
      }
    } else if (c == '"' || c == '\\') {
      const char escaped[] = {'\\', static_cast<char>(c)};
      replace(i, std::string_view(escaped, 2));
    } else if (c == '\n') {
      replace(i, "\\n");
    } else if (c == '\r') {
      replace(i, "\\r");
    } else if (c == '\t') {
      replace(i, "\\t");
    } else if (c < 0x20) {
      const char escaped[] = {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
      replace(i, std::string_view(escaped, 6));
    }
  }
  out.append(text, plain_from);
  out += '"';
}

void append_json_number(std::string& out, double number) {
  if (std::isfinite(number)) {
    out += format_double(number);
  } else {
    append_json_string(out, format_double(number));
  }
}

void drop_repeated_keys(base::Value::Object& members) {
  std::map<std::string_view, std::size_t> first;
  std::vector<std::size_t> repeated;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto [held, fresh] = first.emplace(members[i].first, i);
    if (fresh) continue;
    members[held->second].second = std::move(members[i].second);
    repeated.push_back(i);
  }
  if (repeated.empty()) return;
  base::Value::Object kept;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!std::ranges::binary_search(repeated, i)) kept.push_back(std::move(members[i]));
  }
  members = std::move(kept);
}

}  // namespace wire
