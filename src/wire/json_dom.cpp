#include "wire/json_dom.h"

#include <cstring>
#include <memory>

#include "wire/walk.h"

namespace wire {
namespace {

// A parser keeps its buffers for the next document; those of a rare huge one are given back.
constexpr std::size_t kKeptBytes = 4u << 20;

// A JSON grammar checker without values, run only over documents that simdjson has refused, because simdjson does
// not tell where.
class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  SyntaxError run() {
    skip_space();
    if (value(0)) {
      skip_space();
      if (at_ < text_.size()) fail("unexpected text after the document");
    }
    if (reason_.empty()) reason_ = "a number or character out of range";
    SyntaxError error{reason_, 1, 1};
    for (std::size_t i = 0; i < at_ && i < text_.size(); ++i) {
      if (text_[i] == '\n') {
        ++error.line;
        error.column = 1;
      } else {
        ++error.column;
      }
    }
    return error;
  }

 private:
  bool fail(std::string reason) {
    if (reason_.empty()) reason_ = std::move(reason);
    return false;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
  }
  bool unexpected(const char* wanted) {
    if (at_ >= text_.size()) return fail(std::string("the text ends where ") + wanted + " should be");
    return fail(std::string("expected ") + wanted);
  }

  bool value(int depth) {
    if (depth > kDepthMax) return fail("nested too deeply");
    switch (peek()) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool object(int depth) {
    ++at_;
    skip_space();
    if (peek() == '}') return ++at_, true;
    while (true) {
      skip_space();
      if (peek() != '"') return unexpected("a key in double quotes");
      if (!string()) return false;
      skip_space();
      if (peek() != ':') return unexpected("':'");
      ++at_;
      skip_space();
      if (!value(depth + 1)) return false;
      skip_space();
      if (peek() == '}') return ++at_, true;
      if (peek() != ',') return unexpected("',' or '}'");
      ++at_;
    }
  }

  bool array(int depth) {
    ++at_;
    skip_space();
    if (peek() == ']') return ++at_, true;
    while (true) {
      skip_space();
      if (!value(depth + 1)) return false;
      skip_space();
      if (peek() == ']') return ++at_, true;
      if (peek() != ',') return unexpected("',' or ']'");
      ++at_;
    }
  }

  bool string() {
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') return ++at_, true;
      if (static_cast<unsigned char>(c) < 0x20) return fail("a control character inside a string");
      if (c == '\\' && !escape()) return false;
    }
    return fail("a string without its end");
  }

  bool escape() {
    ++at_;
    if (peek() == 'u') {
      for (int i = 0; i < 4; ++i) {
        ++at_;
        if (std::string_view("0123456789abcdefABCDEF").find(peek()) == std::string_view::npos || peek() == '\0') {
          return fail("a malformed \\u escape");
        }
      }
      return true;
    }
    if (peek() == '\0' || std::string_view("\"\\/bfnrt").find(peek()) == std::string_view::npos) {
      return fail("an unknown escape");
    }
    return true;
  }

  bool word(std::string_view wanted) {
    if (!text_.substr(at_).starts_with(wanted)) return fail("expected a value");
    at_ += wanted.size();
    return true;
  }

  bool digits() {
    const std::size_t from = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ > from || fail("expected a digit");
  }

  bool number() {
    if (peek() != '-' && !(peek() >= '0' && peek() <= '9')) return unexpected("a value");
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    if (peek() == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      return digits();
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string reason_;
};

struct Parser {
  Parser() {
    // Out of memory here shows again in parse().
    [[maybe_unused]] const auto error = dom.allocate(0, static_cast<std::size_t>(kDepthMax));
  }
  simdjson::dom::parser dom;
  std::unique_ptr<char[]> padded;
  std::size_t padded_size = 0;
};

}  // namespace

std::expected<simdjson::dom::element, SyntaxError> json_dom(std::string_view text) {
  thread_local Parser parser;
  if (parser.dom.capacity() > kKeptBytes) parser = Parser();
  // The parser reads past the end, so it gets a copy with room behind it.
  if (parser.padded_size < text.size() + simdjson::SIMDJSON_PADDING) {
    parser.padded_size = 2 * text.size() + simdjson::SIMDJSON_PADDING;
    parser.padded = std::make_unique_for_overwrite<char[]>(parser.padded_size);
  }
  std::memcpy(parser.padded.get(), text.data(), text.size());
  std::memset(parser.padded.get() + text.size(), 0, simdjson::SIMDJSON_PADDING);
  simdjson::dom::element root;
  const auto error = parser.dom.parse(parser.padded.get(), text.size(), false).get(root);
  if (error != simdjson::SUCCESS) return std::unexpected(find_json_error(text));
  return root;
}

SyntaxError find_json_error(std::string_view text) {
  return Checker(text).run();
}

}  // namespace wire
