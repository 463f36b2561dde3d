#pragma once

// JSON text <-> generated structs, along their tables: the bodies of awsJson 1.0/1.1 and restJson1.

#include <expected>
#include <string>
#include <string_view>

#include "api/shape.h"
#include "wire/walk.h"

namespace wire {

// awsJson names members as the model does; restJson1 by their location names, and only those bound to the body.
enum class JsonNames : std::uint8_t { Model, Body };

// Fills the structure `out`, fresh from Type::create. An empty text is an empty object. Unknown members are skipped,
// null is absent. A text of another form is a SerializationException. Missing required members go to `missing`.
base::Outcome<void> decode_json(const api::Type& type, std::string_view text, void* out, Missing* missing = nullptr,
                                JsonNames names = JsonNames::Model);

std::string encode_json(const api::Type& type, const void* value, JsonNames names = JsonNames::Model);

}  // namespace wire
