#pragma once

// simdjson, for the .cpp files of this module only: the header is heavy.

#include <simdjson.h>

#include <expected>
#include <string_view>

#include "wire/json.h"

namespace wire {

// The parsed document, valid until the next call on the same thread.
std::expected<simdjson::dom::element, SyntaxError> json_dom(std::string_view text);

base::Value json_to_value(simdjson::dom::element element);

// What is wrong with a document that the parser refused, and where.
SyntaxError find_json_error(std::string_view text);

}  // namespace wire
