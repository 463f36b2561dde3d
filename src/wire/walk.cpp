#include "wire/walk.h"

#include "base/ensure.h"
#include "wire/text.h"

namespace wire {

using api::Kind;
using api::TimestampFormat;

std::string Path::to_text() const {
  std::vector<const Path*> steps;
  for (const Path* at = this; at != nullptr && at->step != Step::Root; at = at->parent) steps.push_back(at);
  std::string text;
  for (auto at = steps.rbegin(); at != steps.rend(); ++at) {
    if (!text.empty()) text += '.';
    switch ((*at)->step) {
      case Step::Root:
        break;
      case Step::Element:
        text += std::to_string((*at)->index + 1) + ".member";
        break;
      case Step::Entry:
        text.append((*at)->name).append(".member");
        break;
      case Step::Member: {
        const std::size_t from = text.size();
        text += (*at)->name;
        if (from < text.size() && text[from] >= 'A' && text[from] <= 'Z')
          text[from] = static_cast<char>(text[from] - 'A' + 'a');
        break;
      }
    }
  }
  return text;
}

void Seen::report(const Path& path, Missing* missing) const {
  if (missing == nullptr) return;
  ENSURE(type_.members.size() <= kMembersMax);
  for (std::size_t i = 0; i < type_.members.size(); ++i) {
    if (type_.members[i].required && !met_.test(i)) missing->push_back(path.member(type_.members[i].name).to_text());
  }
}

const api::Member* MemberFinder::find(std::string_view name) {
  for (std::size_t tried = 0; tried < members_.size(); ++tried) {
    if (next_ >= members_.size()) next_ = 0;
    const api::Member& member = members_[next_++];
    if (member.name == name) return &member;
  }
  return nullptr;
}

TimestampFormat timestamp_format(const api::Member& member, TimestampFormat otherwise) {
  if (member.timestamp_format != TimestampFormat::ProtocolDefault) return member.timestamp_format;
  return timestamp_format(*member.type(), otherwise);
}

TimestampFormat timestamp_format(const api::Type& type, TimestampFormat otherwise) {
  return type.timestamp_format == TimestampFormat::ProtocolDefault ? otherwise : type.timestamp_format;
}

bool is_scalar(const api::Type& type) {
  return type.kind != Kind::List && type.kind != Kind::Map && type.kind != Kind::Structure &&
         type.kind != Kind::Document;
}

namespace {

template <typename T>
bool put(std::optional<T> value, void* out) {
  if (value) *static_cast<T*>(out) = *std::move(value);
  return value.has_value();
}

std::optional<bool> parse_boolean(std::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE" || text == "1") return true;
  if (text == "false" || text == "False" || text == "FALSE" || text == "0") return false;
  return std::nullopt;
}

}  // namespace

bool scalar_from_text(const api::Type& type, std::string_view text, void* out) {
  switch (type.kind) {
    case Kind::Boolean:
      return put(parse_boolean(text), out);
    case Kind::Integer:
      return put(parse_integer(text), out);
    case Kind::Double:
      return put(parse_double(text), out);
    case Kind::String:
      return put(std::optional<std::string>(text), out);
    case Kind::Blob:
      return put(from_base64(text), out);
    case Kind::Timestamp:
      return put(parse_timestamp(text), out);
    default:
      return false;
  }
}

std::string scalar_to_text(const api::Type& type, TimestampFormat format, const void* value) {
  switch (type.kind) {
    case Kind::Boolean:
      return *static_cast<const bool*>(value) ? "true" : "false";
    case Kind::Integer:
      return std::to_string(*static_cast<const std::int64_t*>(value));
    case Kind::Double:
      return format_double(*static_cast<const double*>(value));
    case Kind::String:
      return *static_cast<const std::string*>(value);
    case Kind::Blob:
      return to_base64(*static_cast<const std::string*>(value));
    case Kind::Timestamp:
      break;
    default:
      return {};
  }
  const auto at = *static_cast<const base::TimePoint*>(value);
  switch (format) {
    case TimestampFormat::EpochSeconds:
      return format_epoch(at);
    case TimestampFormat::HttpDate:
      return format_http_date(at);
    default:
      return format_date_time(at);
  }
}

std::string_view xml_key(const api::Member& member) {
  const api::Type& type = *member.type();
  const bool own_name =
      type.kind == Kind::List && type.flattened && !type.element_name.empty() && type.element_name != "member";
  return own_name ? type.element_name : member.location_name;
}

}  // namespace wire
