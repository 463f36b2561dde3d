#pragma once

// JSON text to and from base::Value, and the pieces of a JSON writer. Typed API traffic goes through aws_json.h.

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "base/value.h"

namespace wire {

// Where a document stops being well-formed. Lines and columns count from 1, columns in bytes.
struct SyntaxError {
  std::string reason;
  std::size_t line = 1;
  std::size_t column = 1;

  std::string place() const;  // "(line 1, column 25)"
};

// Objects keep their order; of a repeated key the last value stays, at the first one's place. At most kDepthMax
// (walk.h) levels. Integers beyond 64 bits become doubles.
std::expected<base::Value, SyntaxError> parse_json(std::string_view text);

enum class JsonLayout : bool { Compact, Indented };
// Numbers that JSON cannot express become the strings "NaN", "Infinity", "-Infinity".
std::string write_json(const base::Value& value, JsonLayout layout = JsonLayout::Compact);

// The text in quotes, escaped. Bytes that are not UTF-8 become U+FFFD: a reply must stay parseable.
void append_json_string(std::string& out, std::string_view text);
void append_json_number(std::string& out, double number);

// Keeps the last value of each repeated key, at the place of the first. Not quadratic.
void drop_repeated_keys(base::Value::Object& members);

}  // namespace wire
