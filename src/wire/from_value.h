#pragma once

// base::Value trees <-> generated structs: resource properties of templates, container configurations, rows.

#include <expected>
#include <string>

#include "api/shape.h"
#include "base/value.h"

namespace wire {

struct FromValueOptions {
  // CloudFormation writes ContainerDefinitions where the API has containerDefinitions.
  bool ignore_case_of_first_letter = false;
  // "8" for 8, 256 for "256", "true" for true.
  bool coerce_scalars = false;
};

// Where and why a tree does not fit its type.
struct ValueError {
  enum class Reason : std::uint8_t { UnknownMember, WrongType, MissingMember };
  Reason reason;
  std::string path;      // as written, from the tree's root: "ContainerDefinitions/0/Foo"
  std::string expected;  // for WrongType: "String", "Integer", "List", …

  std::string to_text() const;
};

// Fills the structure `out`, fresh from Type::create. Keys of maps stay as written; null is absent.
std::expected<void, ValueError> from_value(const api::Type& type, const base::Value& value, void* out,
                                           FromValueOptions options = {});

// Absent members are left out; timestamps are ISO 8601 texts, blobs base64.
base::Value to_value(const api::Type& type, const void* value);

}  // namespace wire
