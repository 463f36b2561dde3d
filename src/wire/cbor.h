#pragma once

// CBOR (RFC 8949) <-> generated structs, along their tables: rpcv2Cbor bodies, and the form in which durable rows
// hold API shapes. Everything a struct can hold reads back equal.

#include <string>
#include <string_view>

#include "api/shape.h"
#include "wire/walk.h"

namespace wire::cbor {

// Structures become maps with text keys; absent members are left out. Timestamps are tag 1 over a double, or, where a
// double cannot tell the microsecond, tag 4 [-6, microseconds].
std::string encode(const api::Type& type, const void* value);

// Fills `out`, fresh and of that type. Definite and indefinite lengths, all float widths; null is absent; unknown
// members are skipped. Anything else is a SerializationException.
base::Outcome<void> decode(const api::Type& type, std::string_view bytes, void* out, Missing* missing = nullptr);

// For bodies without a type of their own, such as faults.
void append_map_head(std::string& out, std::size_t entries);
void append_text(std::string& out, std::string_view text);
// The text members at the top of a map; others are skipped. Empty if the bytes are no map.
std::vector<std::pair<std::string, std::string>> text_members(std::string_view bytes);

}  // namespace wire::cbor
