#include "wire/cbor.h"

#include <bit>
#include <cmath>

#include "base/time.h"
#include "base/value.h"
#include "wire/cbor_reader.h"
#include "wire/faults.h"
#include "wire/json.h"
#include "wire/text.h"

namespace wire::cbor {
namespace {

using api::Kind;
using api::Member;
using api::Type;

constexpr std::uint64_t kTagEpoch = 1;
constexpr std::uint64_t kTagDecimal = 4;  // [exponent, mantissa]

// Tables name microseconds as the exponent of a decimal fraction.
constexpr std::int64_t kMicrosExponent = -6;

class Writer {
 public:
  void head(Major major, std::uint64_t argument) {
    const auto top = static_cast<std::uint8_t>(static_cast<unsigned>(major) << 5);
    if (argument < 24) {
      out_.push_back(static_cast<char>(top | argument));
      return;
    }
    const int width = argument <= 0xff ? 1 : argument <= 0xffff ? 2 : argument <= 0xffffffff ? 4 : 8;
    out_.push_back(
        static_cast<char>(top | (23u + static_cast<unsigned>(std::bit_width(static_cast<unsigned>(width))))));
    bytes_of(argument, width);
  }
  void text(std::string_view text) {
    head(Major::Text, text.size());
    out_ += text;
  }
  void blob(std::string_view bytes) {
    head(Major::Bytes, bytes.size());
    out_ += bytes;
  }
  void integer(std::int64_t number) {
    if (number >= 0) {
      head(Major::Unsigned, static_cast<std::uint64_t>(number));
    } else {
      head(Major::Negative, static_cast<std::uint64_t>(-1 - number));
    }
  }
  void real(double number) {
    out_.push_back(static_cast<char>(0xfb));
    bytes_of(std::bit_cast<std::uint64_t>(number), 8);
  }
  void boolean(bool flag) { out_.push_back(static_cast<char>(flag ? 0xf5 : 0xf4)); }
  void null() { out_.push_back(static_cast<char>(0xf6)); }

  void timestamp(base::TimePoint at) {
    const std::int64_t micros = at.time_since_epoch().count();
    const double seconds = static_cast<double>(micros) / 1e6;
    const auto back = from_epoch_seconds(seconds);
    if (back && *back == at) {
      head(Major::Tag, kTagEpoch);
      real(seconds);
      return;
    }
    head(Major::Tag, kTagDecimal);
    head(Major::Array, 2);
    integer(kMicrosExponent);
    integer(micros);
  }

  void any(const Type& type, const void* value) {
    switch (type.kind) {
      case Kind::Boolean:
        return boolean(*static_cast<const bool*>(value));
      case Kind::Integer:
        return integer(*static_cast<const std::int64_t*>(value));
      case Kind::Double:
        return real(*static_cast<const double*>(value));
      case Kind::String:
        return text(*static_cast<const std::string*>(value));
      case Kind::Blob:
        return blob(*static_cast<const std::string*>(value));
      case Kind::Timestamp:
        return timestamp(*static_cast<const base::TimePoint*>(value));
      case Kind::List:
        return list(type, value);
      case Kind::Map:
        return map(type, value);
      case Kind::Structure:
        return structure(type, value);
      case Kind::Document:
        return document(*static_cast<const base::Value*>(value));
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void bytes_of(std::uint64_t number, int width) {
    for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) out_.push_back(static_cast<char>(number >> shift & 0xff));
  }

  void structure(const Type& type, const void* value) {
    std::uint64_t count = 0;
    for (const Member& member : type.members) count += member.present(value) ? 1 : 0;
    head(Major::Map, count);
    for (const Member& member : type.members) {
      if (!member.present(value)) continue;
      text(member.name);
      any(*member.type(), member.get(value));
    }
  }

  void list(const Type& type, const void* value) {
    const std::size_t count = type.size(value);
    head(Major::Array, count);
    for (std::size_t i = 0; i < count; ++i) any(*type.element(), type.at(value, i));
  }

  void map(const Type& type, const void* value) {
    struct Visit {
      Writer* writer;
      const Type& inner;
    };
    Visit visit{this, *type.element()};
    head(Major::Map, type.size(value));
    type.each(value, &visit, [](void* context, const std::string& key, const void* item) {
      auto& at = *static_cast<Visit*>(context);
      at.writer->text(key);
      at.writer->any(at.inner, item);
    });
  }

  void document(const base::Value& value) {
    if (value.is_bool()) return boolean(value.as_bool());
    if (value.is_integer()) return integer(value.as_integer());
    if (value.is_double()) return real(value.as_double());
    if (value.is_string()) return text(value.as_string());
    if (value.is_array()) {
      head(Major::Array, value.as_array().size());
      for (const auto& item : value.as_array()) document(item);
    } else if (value.is_object()) {
      head(Major::Map, value.as_object().size());
      for (const auto& [key, item] : value.as_object()) {
        text(key);
        document(item);
      }
    } else {
      null();
    }
  }

  std::string out_;
};

std::unexpected<base::Fault> refuse(std::string text) {
  return base::fault(faults::SerializationException, std::move(text));
}

std::unexpected<base::Fault> truncated() {
  return refuse("The CBOR body ends early or is malformed");
}

class Decoder {
 public:
  Decoder(std::string_view bytes, Missing* missing) : reader_(bytes), missing_(missing) {}

  base::Outcome<void> whole(const Type& type, void* out) {
    CHECK(any(type, out, Path{}, 0));
    return reader_.done() ? base::Outcome<void>{} : refuse("Unexpected bytes after the CBOR body");
  }

 private:
  base::Outcome<void> any(const Type& type, void* out, const Path& path, int depth) {
    if (depth > kDepthMax) return refuse("The CBOR body is nested too deeply");
    if (type.kind == Kind::Document) return document(*static_cast<base::Value*>(out), depth);
    const auto head = reader_.head();
    if (!head) return truncated();
    switch (type.kind) {
      case Kind::Structure:
        return structure(type, *head, out, path, depth);
      case Kind::List:
        return list(type, *head, out, path, depth);
      case Kind::Map:
        return map(type, *head, out, path, depth);
      default:
        return scalar(type, *head, out, path);
    }
  }

  base::Outcome<std::string> key() {
    const auto head = reader_.head();
    if (!head || head->major != Major::Text) return truncated();
    auto text = reader_.string(*head);
    if (!text) return truncated();
    return *std::move(text);
  }

  // Whether another entry of a container follows.
  bool more(const Head& head, std::uint64_t index) {
    return head.indefinite ? !reader_.at_break() : index < head.argument;
  }

  bool skip_null() {
    if (!reader_.next_is_null()) return false;
    reader_.head();
    return true;
  }

  base::Outcome<void> structure(const Type& type, const Head& head, void* out, const Path& path, int depth) {
    if (head.major != Major::Map) return wrong(type, path);
    MemberFinder finder(type);
    Seen seen(type);
    for (std::uint64_t i = 0; more(head, i); ++i) {
      TRY(const std::string name, key());
      if (skip_null()) continue;
      const Member* member = finder.find(name);
      if (member == nullptr) {
        const auto unknown = reader_.head();
        if (!unknown || !reader_.skip(*unknown, depth)) return truncated();
        continue;
      }
      seen.mark(*member);
      CHECK(any(*member->type(), member->emplace(out), path.member(member->name), depth + 1));
    }
    seen.report(path, missing_);
    return {};
  }

  base::Outcome<void> list(const Type& type, const Head& head, void* out, const Path& path, int depth) {
    if (head.major != Major::Array) return wrong(type, path);
    std::size_t index = 0;
    for (std::uint64_t i = 0; more(head, i); ++i) {
      if (skip_null()) continue;
      CHECK(any(*type.element(), type.append(out), path.element(index++), depth + 1));
    }
    return {};
  }

  base::Outcome<void> map(const Type& type, const Head& head, void* out, const Path& path, int depth) {
    if (head.major != Major::Map) return wrong(type, path);
    for (std::uint64_t i = 0; more(head, i); ++i) {
      TRY(const std::string name, key());
      if (skip_null()) continue;
      CHECK(any(*type.element(), type.insert(out, name), path.entry(name), depth + 1));
    }
    return {};
  }

  base::Outcome<void> scalar(const Type& type, const Head& head, void* out, const Path& path) {
    switch (type.kind) {
      case Kind::Boolean:
        return boolean(type, head, out, path);
      case Kind::Integer:
        return store(to_integer(head), static_cast<std::int64_t*>(out), type, path);
      case Kind::Double:
        return store(to_double(head), static_cast<double*>(out), type, path);
      case Kind::Timestamp:
        return timestamp(type, head, out, path);
      default:
        break;
    }
    if (head.major != (type.kind == Kind::Blob ? Major::Bytes : Major::Text)) return wrong(type, path);
    auto text = reader_.string(head);
    if (!text) return truncated();
    *static_cast<std::string*>(out) = *std::move(text);
    return {};
  }

  base::Outcome<void> boolean(const Type& type, const Head& head, void* out, const Path& path) {
    const bool is_boolean =
        head.major == Major::Simple && (head.argument == 20 || head.argument == 21) && head.info < 24;
    if (!is_boolean) return wrong(type, path);
    *static_cast<bool*>(out) = head.argument == 21;
    return {};
  }

  base::Outcome<void> timestamp(const Type& type, const Head& head, void* out, const Path& path) {
    if (head.major != Major::Tag) return wrong(type, path);
    const auto inner = reader_.head();
    if (!inner) return truncated();
    auto& at = *static_cast<base::TimePoint*>(out);
    if (head.argument == kTagDecimal) {
      if (inner->major != Major::Array || inner->indefinite || inner->argument != 2) return wrong(type, path);
      const auto exponent = reader_.head();
      const auto mantissa = reader_.head();
      if (!exponent || !mantissa) return truncated();
      const auto micros = to_integer(*mantissa);
      if (to_integer(*exponent) != kMicrosExponent || !micros) return wrong(type, path);
      at = base::TimePoint(base::Duration(*micros));
      return {};
    }
    if (head.argument != kTagEpoch) return wrong(type, path);
    const auto seconds = to_double(*inner);
    return store(seconds ? from_epoch_seconds(*seconds) : std::nullopt, &at, type, path);
  }

  base::Outcome<void> document(base::Value& out, int depth) {
    if (depth > kDepthMax) return refuse("The CBOR body is nested too deeply");
    const auto head = reader_.head();
    if (!head) return truncated();
    switch (head->major) {
      case Major::Unsigned:
      case Major::Negative: {
        const auto number = to_integer(*head);
        out = number ? base::Value(*number) : base::Value(*to_double(*head));
        return {};
      }
      case Major::Bytes:
      case Major::Text: {
        auto text = reader_.string(*head);
        if (!text) return truncated();
        out = head->major == Major::Text ? *std::move(text) : to_base64(*text);
        return {};
      }
      case Major::Array:
        return document_array(*head, out, depth);
      case Major::Map:
        return document_object(*head, out, depth);
      case Major::Tag:
        return document(out, depth + 1);
      case Major::Simple:
        break;
    }
    if (const auto number = to_double(*head)) {
      out = *number;
    } else if (head->argument == 20 || head->argument == 21) {
      out = head->argument == 21;
    } else {
      out = nullptr;
    }
    return {};
  }

  base::Outcome<void> document_array(const Head& head, base::Value& out, int depth) {
    base::Value::Array items;
    for (std::uint64_t i = 0; more(head, i); ++i) {
      items.emplace_back();
      CHECK(document(items.back(), depth + 1));
    }
    out = std::move(items);
    return {};
  }

  base::Outcome<void> document_object(const Head& head, base::Value& out, int depth) {
    base::Value::Object members;
    for (std::uint64_t i = 0; more(head, i); ++i) {
      TRY(std::string name, key());
      members.emplace_back(std::move(name), nullptr);
      CHECK(document(members.back().second, depth + 1));
    }
    drop_repeated_keys(members);
    out = std::move(members);
    return {};
  }

  template <typename T>
  static base::Outcome<void> store(const std::optional<T>& value, T* out, const Type& type, const Path& path) {
    if (!value) return wrong(type, path);
    *out = *value;
    return {};
  }

  static std::unexpected<base::Fault> wrong(const Type& type, const Path& path) {
    return refuse("The value at '" + path.to_text() + "' is not of type " + std::string(type.name));
  }

  Reader reader_;
  Missing* missing_;
};

}  // namespace

std::string encode(const Type& type, const void* value) {
  Writer writer;
  writer.any(type, value);
  return writer.take();
}

base::Outcome<void> decode(const Type& type, std::string_view bytes, void* out, Missing* missing) {
  return Decoder(bytes, missing).whole(type, out);
}

void append_map_head(std::string& out, std::size_t entries) {
  Writer writer;
  writer.head(Major::Map, entries);
  out += writer.take();
}

void append_text(std::string& out, std::string_view text) {
  Writer writer;
  writer.text(text);
  out += writer.take();
}

std::vector<std::pair<std::string, std::string>> text_members(std::string_view bytes) {
  std::vector<std::pair<std::string, std::string>> members;
  Reader reader(bytes);
  const auto map = reader.head();
  if (!map || map->major != Major::Map) return members;
  for (std::uint64_t i = 0; map->indefinite ? !reader.at_break() : i < map->argument; ++i) {
    const auto key_head = reader.head();
    if (!key_head) break;
    auto key = reader.string(*key_head);
    const auto value_head = reader.head();
    if (!key || !value_head) break;
    if (value_head->major == Major::Text) {
      auto value = reader.string(*value_head);
      if (!value) break;
      members.emplace_back(*std::move(key), *std::move(value));
    } else if (!reader.skip(*value_head, 0)) {
      break;
    }
  }
  return members;
}

}  // namespace wire::cbor
