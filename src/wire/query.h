#pragma once

// awsQuery and ec2Query forms <-> generated structs. The replies are XML: see xml.h.

#include <optional>
#include <string>
#include <string_view>

#include "api/shape.h"
#include "wire/walk.h"

namespace wire {

enum class QueryDialect : std::uint8_t { Aws, Ec2 };

// The first value of a field.
std::optional<std::string> form_field(std::string_view form, std::string_view name);

// Fills the structure `out`, fresh from Type::create. Indexes may have gaps and come in any order; a list or map of
// one element may lack its index; `Name=` alone is an empty list. Unknown fields are skipped. A value of a wrong form
// is a MalformedInput fault.
base::Outcome<void> decode_query(const api::Type& type, std::string_view form, QueryDialect dialect, void* out,
                                 Missing* missing = nullptr);

// "Action=…&Version=…&…"
std::string encode_query(const api::Operation& operation, const void* value, QueryDialect dialect);

}  // namespace wire
