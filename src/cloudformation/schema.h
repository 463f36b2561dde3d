#pragma once

// What a resource type's properties are, as data: types, what is required, and what a change of each means.

#include <span>
#include <string>
#include <string_view>

#include "api/shape.h"
#include "base/value.h"
#include "cloudformation/template/problem.h"

namespace cloudformation {

enum class PropertyKind : std::uint8_t {
  Text,
  Integer,
  Number,
  Boolean,
  Json,  // a policy or such: an object, or JSON text
  TextList,
  TextMap,     // values are stringified
  TagList,     // [{Key, Value}]
  Object,      // members below
  ObjectList,  // of objects with the members below
  Shape,       // as an API structure, keys in either case
  ShapeList,   // of such structures
};

enum class UpdateBehavior : std::uint8_t {
  InPlace,
  Replace,
  Conditional,  // replaced only in some cases; the type's `needs_replacement` tells
  Unsupported,  // AWS has it, renkei does not yet: a template that sets it is refused
};

struct PropertySchema {
  std::string_view name;
  PropertyKind kind = PropertyKind::Text;
  UpdateBehavior update = UpdateBehavior::InPlace;
  bool required = false;
  std::span<const PropertySchema> members{};  // Object, ObjectList
  const api::Type& (*shape)() = nullptr;      // Shape, ShapeList
  bool unordered = false;                     // the order of a list means nothing
  bool secret = false;                        // no event shows it
};

struct TypeSchema {
  std::string_view name;  // "AWS::SQS::Queue"
  std::span<const PropertySchema> properties;
  std::span<const std::string_view> attributes{};  // for Fn::GetAtt; "Outputs.*" admits any output
  std::string_view name_property{};                // a custom name, which an unlike resource can't share
  // Gets aws:cloudformation:… tags, as the type's registry schema says ("cloudFormationSystemTags").
  bool system_tags = false;
  bool needs_iam_capability = false;

  const PropertySchema* find(std::string_view property) const;
  bool has_attribute(std::string_view attribute) const;
};

// The properties with scalars converted to their types, or what is wrong with them, worded as for the resource with
// this logical id. Values that are known only after others were made (kKnownAfterApply), and references to secrets, fit
// everywhere.
Result<base::Value> coerce_properties(const TypeSchema& type, const base::Value& properties,
                                      const std::string& logical_id);

// As events show them: of secret properties only that they are there.
base::Value without_secrets(const TypeSchema& type, const base::Value& properties);

// Whether two coerced values of a property mean the same.
bool same_value(const PropertySchema& property, const base::Value* before, const base::Value* after);

}  // namespace cloudformation
