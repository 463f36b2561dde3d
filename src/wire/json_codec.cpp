#include "wire/json_codec.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/time.h"
#include "wire/faults.h"
#include "wire/grow.h"
#include "wire/json_dom.h"
#include "wire/text.h"

namespace wire {
namespace {

using api::Kind;
using api::Member;
using api::TimestampFormat;
using api::Type;
using simdjson::dom::element;
using simdjson::dom::element_type;

// The words in which AWS names what it met.
std::string_view token_name(element value) {
  switch (value.type()) {
    case element_type::STRING:
      return "STRING_VALUE";
    case element_type::BOOL:
      return value.get_bool().value_unsafe() ? "TRUE_VALUE" : "FALSE_VALUE";
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
      return "NUMBER_VALUE";
    default:
      return "VALUE_NULL";
  }
}

std::string_view java_name(Kind kind) {
  switch (kind) {
    case Kind::Boolean:
      return "a Boolean";
    case Kind::Integer:
      return "an Integer";
    case Kind::Double:
      return "a Double";
    case Kind::Blob:
      return "a Blob";
    case Kind::Timestamp:
      return "a Timestamp";
    default:
      return "a String";
  }
}

std::string_view java_class(element value) {
  switch (value.type()) {
    case element_type::STRING:
      return "java.lang.String";
    case element_type::BOOL:
      return "java.lang.Boolean";
    case element_type::DOUBLE:
      return "java.lang.Double";
    default:
      return "java.lang.Integer";
  }
}

std::unexpected<base::Fault> refuse(std::string text) {
  return base::fault(faults::SerializationException, std::move(text));
}

std::unexpected<base::Fault> refuse_kind(const Type& type, element value) {
  if (value.is_object()) return refuse("Start of structure or map found where not expected.");
  if (value.is_array()) return refuse("Start of list found where not expected");
  if (type.kind == Kind::List) return refuse("Unrecognized collection type class " + std::string(java_class(value)));
  if (!is_scalar(type)) return refuse("Unexpected value type in payload");
  return refuse(std::string(token_name(value)) + " can not be converted to " + std::string(java_name(type.kind)));
}

// The format of a timestamp whose member wants `own`.
TimestampFormat json_format(const Type& type, TimestampFormat own) {
  return own != TimestampFormat::ProtocolDefault ? own : timestamp_format(type, TimestampFormat::EpochSeconds);
}

class Reader {
 public:
  Reader(Missing* missing, JsonNames names) : missing_(missing), names_(names) {}

  base::Outcome<void> structure(const Type& type, element value, void* out, const Path& path) {
    if (!value.is_object()) return refuse_kind(type, value);
    MemberFinder finder(type);
    Seen seen(type);
    const simdjson::dom::object entries = value.get_object().value_unsafe();
    for (const auto [key, item] : entries) {
      if (item.is_null()) continue;
      const Member* member = find(type, finder, key);
      if (member == nullptr) continue;
      seen.mark(*member);
      CHECK(any(*member->type(), member->timestamp_format, item, member->emplace(out), path.member(member->name)));
    }
    seen.report(path, missing_);
    return {};
  }

 private:
  const Member* find(const Type& type, MemberFinder& finder, std::string_view key) const {
    if (names_ == JsonNames::Model) return finder.find(key);
    for (const Member& member : type.members) {
      if (member.location == api::Location::Body && member.location_name == key) return &member;
    }
    return nullptr;
  }

  // `own` is the format that a member wants for its timestamp, if it wants one; here and below.
  base::Outcome<void> any(const Type& type, TimestampFormat own, element value, void* out, const Path& path) {
    switch (type.kind) {
      case Kind::Structure:
        return structure(type, value, out, path);
      case Kind::List:
        return list(type, value, out, path);
      case Kind::Map:
        return map(type, value, out, path);
      case Kind::Document:
        *static_cast<base::Value*>(out) = json_to_value(value);
        return {};
      default:
        return scalar(type, own, value, out);
    }
  }

  base::Outcome<void> list(const Type& type, element value, void* out, const Path& path) {
    if (!value.is_array()) return refuse_kind(type, value);
    const Type& inner = *type.element();
    std::size_t index = 0;
    const simdjson::dom::array elements = value.get_array().value_unsafe();
    for (const auto item : elements) {
      if (item.is_null()) continue;
      CHECK(any(inner, TimestampFormat::ProtocolDefault, item, type.append(out), path.element(index++)));
    }
    return {};
  }

  base::Outcome<void> map(const Type& type, element value, void* out, const Path& path) {
    if (!value.is_object()) return refuse_kind(type, value);
    const Type& inner = *type.element();
    const simdjson::dom::object entries = value.get_object().value_unsafe();
    for (const auto [key, item] : entries) {
      if (item.is_null()) continue;
      CHECK(any(inner, TimestampFormat::ProtocolDefault, item, type.insert(out, key), path.entry(key)));
    }
    return {};
  }

  base::Outcome<void> scalar(const Type& type, TimestampFormat own, element value, void* out) {
    switch (type.kind) {
      case Kind::Boolean:
        if (!value.is_bool()) return refuse_kind(type, value);
        *static_cast<bool*>(out) = value.get_bool().value_unsafe();
        return {};
      case Kind::Integer:
        return integer(type, value, out);
      case Kind::Double:
        return number(type, value, out);
      case Kind::Timestamp:
        return timestamp(type, json_format(type, own), value, out);
      default:
        break;
    }
    if (!value.is_string()) return refuse_kind(type, value);
    const std::string_view text = value.get_string().value_unsafe();
    if (type.kind == Kind::Blob) {
      auto bytes = from_base64(text);
      if (!bytes) return refuse("Invalid base64 in a blob");
      *static_cast<std::string*>(out) = *std::move(bytes);
    } else {
      *static_cast<std::string*>(out) = std::string(text);
    }
    return {};
  }

  base::Outcome<void> integer(const Type& type, element value, void* out) {
    auto& number = *static_cast<std::int64_t*>(out);
    if (value.is_int64()) {
      number = value.get_int64().value_unsafe();
      return {};
    }
    // 1e3 and 5.0 are whole; the bound is 2^63, which a double holds exactly.
    if (!value.is_double()) return refuse_kind(type, value);
    const double real = value.get_double().value_unsafe();
    if (real != std::floor(real) || std::abs(real) >= 9223372036854775808.0) return refuse_kind(type, value);
    number = static_cast<std::int64_t>(real);
    return {};
  }

  base::Outcome<void> number(const Type& type, element value, void* out) {
    if (value.is_number()) {
      *static_cast<double*>(out) = value.get_double().value();  // converts the integer kinds
      return {};
    }
    if (value.is_string()) {
      const std::string_view text = value.get_string().value_unsafe();
      const bool is_special = text == "NaN" || text == "Infinity" || text == "-Infinity";
      if (is_special) {
        *static_cast<double*>(out) = *parse_double(text);
        return {};
      }
    }
    return refuse_kind(type, value);
  }

  base::Outcome<void> timestamp(const Type& type, TimestampFormat format, element value, void* out) {
    std::optional<base::TimePoint> at;
    if (value.is_number()) {
      at = from_epoch_seconds(value.get_double().value());
    } else if (value.is_string() && format != TimestampFormat::EpochSeconds) {
      at = parse_timestamp(value.get_string().value_unsafe());
    } else if (value.is_string()) {
      at = parse_date_time(value.get_string().value_unsafe());  // some clients send this form anyway
    }
    if (!at) return refuse_kind(type, value);
    *static_cast<base::TimePoint*>(out) = *at;
    return {};
  }

  Missing* missing_;
  JsonNames names_;
};

class Writer {
 public:
  explicit Writer(JsonNames names) : names_(names) { out_.reserve(kUsualSize); }

  void structure(const Type& type, const void* value) {
    out_ += '{';
    bool first = true;
    for (const Member& member : type.members) {
      if (names_ == JsonNames::Body && member.location != api::Location::Body) continue;
      if (!member.present(value)) continue;
      name(names_ == JsonNames::Model ? member.name : member.location_name, first);
      first = false;
      any(*member.type(), member.timestamp_format, member.get(value));
    }
    out_ += '}';
  }

  std::string take() { return std::move(out_); }

 private:
  static constexpr std::size_t kUsualSize = 256;
  static constexpr std::size_t kMostRoom = 64 * 1024;

  // Of a list, when its first element is there: the others are mostly about as long.
  void make_room(std::size_t others) {
    if (others > 0) out_.reserve(out_.size() + std::min(others + others / 8 + kUsualSize, kMostRoom));
  }

  // ,"name": with no look for escapes: a name of the model needs none.
  void name(std::string_view text, bool first) {
    char* at = grow(out_, text.size() + (first ? 3 : 4));
    if (!first) *at++ = ',';
    *at++ = '"';
    at += text.copy(at, text.size());
    *at++ = '"';
    *at = ':';
  }

  void any(const Type& type, TimestampFormat own, const void* value) {
    switch (type.kind) {
      case Kind::Structure:
        structure(type, value);
        break;
      case Kind::List:
        list(type, value);
        break;
      case Kind::Map:
        map(type, value);
        break;
      case Kind::Document:
        out_ += write_json(*static_cast<const base::Value*>(value));
        break;
      case Kind::String:
        append_json_string(out_, *static_cast<const std::string*>(value));
        break;
      case Kind::Double:
        append_json_number(out_, *static_cast<const double*>(value));
        break;
      case Kind::Boolean:
        out_ += *static_cast<const bool*>(value) ? "true" : "false";
        break;
      case Kind::Integer: {
        char digits[24];
        const auto end = std::to_chars(digits, digits + sizeof digits, *static_cast<const std::int64_t*>(value)).ptr;
        out_.append(digits, end);
        break;
      }
      case Kind::Blob:
      case Kind::Timestamp: {
        const TimestampFormat format = json_format(type, own);
        const bool bare = type.kind == Kind::Timestamp && format == TimestampFormat::EpochSeconds;
        if (!bare) out_ += '"';
        out_ += scalar_to_text(type, format, value);
        if (!bare) out_ += '"';
        break;
      }
    }
  }

  void list(const Type& type, const void* value) {
    const Type& inner = *type.element();
    out_ += '[';
    const std::size_t from = out_.size();
    const std::size_t count = type.size(value);
    for (std::size_t i = 0; i < count; ++i) {
      if (i != 0) out_ += ',';
      any(inner, TimestampFormat::ProtocolDefault, type.at(value, i));
      if (i == 0) make_room((out_.size() - from) * (count - 1));
    }
    out_ += ']';
  }

  void map(const Type& type, const void* value) {
    struct Visit {
      Writer* writer;
      const Type& inner;
      bool first = true;
    };
    Visit visit{this, *type.element()};
    out_ += '{';
    type.each(value, &visit, [](void* context, const std::string& key, const void* item) {
      auto& at = *static_cast<Visit*>(context);
      if (!at.first) at.writer->out_ += ',';
      at.first = false;
      append_json_string(at.writer->out_, key);
      at.writer->out_ += ':';
      at.writer->any(at.inner, TimestampFormat::ProtocolDefault, item);
    });
    out_ += '}';
  }

  std::string out_;
  JsonNames names_;
};

}  // namespace

base::Outcome<void> decode_json(const Type& type, std::string_view text, void* out, Missing* missing, JsonNames names) {
  const bool blank = text.find_first_not_of(" \t\r\n") == std::string_view::npos;
  const auto root = json_dom(blank ? "{}" : text);
  if (!root) return refuse("The request body is not valid JSON: " + root.error().reason + ' ' + root.error().place());
  return Reader(missing, names).structure(type, *root, out, Path{});
}

std::string encode_json(const Type& type, const void* value, JsonNames names) {
  Writer writer(names);
  writer.structure(type, value);
  return writer.take();
}

}  // namespace wire
