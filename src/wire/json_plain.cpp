#include "wire/json_plain.h"

#include <charconv>

#include "wire/plain_text.h"
#include "wire/text.h"

namespace wire {
namespace {

using api::Kind;
using api::Member;
using api::Type;

// Deeper than any input of AWS; decode_json() goes on to kDepthMax.
constexpr int kPlainDepthMax = 20;
// Every integer with fewer digits fits into 64 bits.
constexpr std::size_t kDigitsMax = 18;

// Each function takes one thing off the text. False: it is not there in its plain form.
class PlainReader {
 public:
  PlainReader(std::string_view text, Missing& missing) : text_(text), missing_(missing) {}

  bool document(const Type& type, void* out) {
    skip_space();
    if (!structure(type, out, Path{}, 0)) return false;
    skip_space();
    return at_ == text_.size();
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view wanted) {
    if (!text_.substr(at_).starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }
  void skip_space() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t') ++at_;
  }

  // `item` takes what stands between the commas.
  template <class Item>
  bool items(char open, char close, int depth, Item item) {
    if (depth > kPlainDepthMax || !take(open)) return false;
    skip_space();
    if (take(close)) return true;
    for (;;) {
      if (!item()) return false;
      skip_space();
      if (take(close)) return true;
      if (!take(',')) return false;
      skip_space();
    }
  }
  template <class Entry>
  bool object(int depth, Entry entry) {
    return items('{', '}', depth, [&] {
      std::string_view key;
      if (!string(key)) return false;
      skip_space();
      if (!take(':')) return false;
      skip_space();
      return entry(key);
    });
  }

  bool string(std::string_view& text) {
    if (!take('"')) return false;
    text = text_.substr(at_);
    text = text.substr(0, json_plain_prefix(text));
    at_ += text.size();
    return take('"');
  }
  bool integer(std::int64_t& number) {
    const char* const from = text_.data() + at_;
    const char* const digits = from + (peek() == '-' ? 1 : 0);
    const auto [end, error] = std::from_chars(from, text_.data() + text_.size(), number);
    const auto count = static_cast<std::size_t>(end - digits);
    if (error != std::errc() || count > kDigitsMax || (*digits == '0' && count > 1)) return false;
    at_ += static_cast<std::size_t>(end - from);
    return true;  // a fraction or an exponent that follows is no comma, which the caller wants
  }

  bool skip(int depth) {
    std::string_view text;
    std::int64_t number = 0;
    switch (peek()) {
      case '{':
        return object(depth, [&](std::string_view) { return skip(depth + 1); });
      case '[':
        return items('[', ']', depth, [&] { return skip(depth + 1); });
      case '"':
        return string(text);
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return integer(number);
    }
  }

  bool structure(const Type& type, void* out, const Path& path, int depth) {
    MemberFinder finder(type);
    Seen seen(type);
    const bool good = object(depth, [&](std::string_view key) {
      if (peek() == 'n') return word("null");
      const Member* member = finder.find(key);
      if (member == nullptr) return skip(depth + 1);
      seen.mark(*member);
      return any(*member->type(), member->emplace(out), path.member(member->name), depth + 1);
    });
    if (good) seen.report(path, &missing_);
    return good;
  }

  bool any(const Type& type, void* out, const Path& path, int depth) {
    switch (type.kind) {
      case Kind::Structure:
        return structure(type, out, path, depth);
      case Kind::List:
        return list(type, out, path, depth);
      case Kind::Map:
        return map(type, out, path, depth);
      case Kind::Integer:
        return integer(*static_cast<std::int64_t*>(out));
      case Kind::Boolean:
        return boolean(*static_cast<bool*>(out));
      case Kind::String:
        return text(*static_cast<std::string*>(out));
      case Kind::Blob:
        return blob(*static_cast<std::string*>(out));
      case Kind::Double:
      case Kind::Timestamp:
      case Kind::Document:
        break;
    }
    return false;
  }

  bool list(const Type& type, void* out, const Path& path, int depth) {
    const Type& inner = *type.element();
    std::size_t index = 0;
    return items('[', ']', depth, [&] {
      if (peek() == 'n') return word("null");
      return any(inner, type.append(out), path.element(index++), depth + 1);
    });
  }

  bool map(const Type& type, void* out, const Path& path, int depth) {
    const Type& inner = *type.element();
    return object(depth, [&](std::string_view key) {
      if (peek() == 'n') return word("null");
      return any(inner, type.insert(out, key), path.entry(key), depth + 1);
    });
  }

  bool boolean(bool& value) {
    value = peek() == 't';
    return word(value ? "true" : "false");
  }
  bool text(std::string& out) {
    std::string_view view;
    if (!string(view)) return false;
    out = std::string(view);
    return true;
  }
  bool blob(std::string& out) {
    std::string_view view;
    if (!string(view)) return false;
    auto bytes = from_base64(view);
    if (bytes) out = *std::move(bytes);
    return bytes.has_value();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Missing& missing_;
};

}  // namespace

bool decode_plain_json(const api::Type& type, std::string_view text, void* out, Missing& missing) {
  return PlainReader(text, missing).document(type, out);
}

}  // namespace wire
