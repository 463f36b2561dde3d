#include "wire/rest_value.h"

#include "base/time.h"
#include "wire/faults.h"
#include "wire/text.h"

namespace wire::rest {
namespace {

using api::Kind;
using api::Location;
using api::Member;
using api::TimestampFormat;

TimestampFormat format_of(const Member& member) {
  const bool in_header = member.location == Location::Header || member.location == Location::HeaderPrefix;
  return timestamp_format(member, in_header ? TimestampFormat::HttpDate : TimestampFormat::DateTime);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::string member_text(const Member& member, const void* value) {
  const api::Type& type = *member.type();
  if (type.kind != Kind::List) return scalar_to_text(type, format_of(member), value);
  std::string text;
  for (std::size_t i = 0; i < type.size(value); ++i) {
    if (i != 0) text += ", ";
    text += scalar_to_text(*type.element(), format_of(member), type.at(value, i));
  }
  return text;
}

base::Outcome<bool> read_text(const Member& member, const api::Type& type, std::string_view text, void* value) {
  if (scalar_from_text(type, text, value)) return true;
  const std::string what = type.kind == Kind::Integer ? " not an integer or within integer range" : " is malformed";
  return base::fault(faults::InvalidArgument, "Provided " + std::string(member.location_name) + what);
}

void append_headers(std::vector<std::pair<std::string, std::string>>& headers, const Member& member,
                    const void* value) {
  if (member.location == Location::Header) headers.emplace_back(member.location_name, member_text(member, value));
  if (member.location != Location::HeaderPrefix) return;
  struct Visit {
    std::vector<std::pair<std::string, std::string>>& headers;
    std::string_view prefix;
  };
  Visit visit{headers, member.location_name};
  member.type()->each(value, &visit, [](void* context, const std::string& key, const void* item) {
    auto& at = *static_cast<Visit*>(context);
    at.headers.emplace_back(std::string(at.prefix) + key, *static_cast<const std::string*>(item));
  });
}

const HeaderView* find_header(HeaderViews headers, std::string_view name_in_any_case) {
  for (const HeaderView& header : headers) {
    if (equals_ignoring_case(header.first, name_in_any_case)) return &header;
  }
  return nullptr;
}

base::Outcome<bool> read_header(const Member& member, HeaderViews headers, void* out) {
  const HeaderView* found = find_header(headers, member.location_name);
  if (found == nullptr) return false;
  const api::Type& type = *member.type();
  std::string_view text = found->second;
  if (type.kind == Kind::Timestamp) {
    const auto at = parse_timestamp(text);
    if (at) *static_cast<base::TimePoint*>(member.emplace(out)) = *at;
    return at.has_value();
  }
  if (type.kind != Kind::List) return read_text(member, type, text, member.emplace(out));
  void* list = member.emplace(out);
  while (true) {
    const std::size_t comma = text.find(',');
    CHECK(read_text(member, *type.element(), trimmed(text.substr(0, comma)), type.append(list)));
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

base::Outcome<bool> read_header_prefix(const Member& member, HeaderViews headers, void* out) {
  const std::string prefix = to_lower(member.location_name);
  const api::Type& type = *member.type();
  void* map = nullptr;
  for (const auto& [name, value] : headers) {
    if (!name.starts_with(prefix)) continue;
    if (map == nullptr) map = member.emplace(out);
    *static_cast<std::string*>(type.insert(map, name.substr(prefix.size()))) = value;
  }
  return map != nullptr;
}

}  // namespace wire::rest
