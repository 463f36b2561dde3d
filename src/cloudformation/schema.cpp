#include "cloudformation/schema.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/fault.h"
#include "cloudformation/template/dynamic.h"
#include "cloudformation/template/functions.h"

namespace cloudformation {
namespace {

using base::Value;

// JSON schema's words for a Value.
std::string_view kind_of(const Value& value) {
  if (value.is_bool()) return "Boolean";
  if (value.is_integer()) return "Integer";
  if (value.is_double()) return "Double";
  if (value.is_string()) return "String";
  if (value.is_array()) return "JSONArray";
  if (value.is_object()) return "JSONObject";
  return "Null";
}

std::unexpected<Problem> wrong_type(const std::string& path, std::string_view expected, const Value& found) {
  std::string text = path + ": expected type: " + std::string(expected) + ", found: " + std::string(kind_of(found));
  if (found.is_string()) text += " (" + found.as_string() + ")";
  return problem(std::move(text));
}

std::unexpected<Problem> extraneous(const std::string& path, const std::string& key) {
  return problem(path + ": extraneous key [" + key + "] is not permitted");
}

// What fits everywhere: it is known only later.
bool is_open(const Value& value) {
  return value.is_string() && (!is_known_text(value.as_string()) || names_secret(value.as_string()));
}

Result<Value> to_integer(const Value& value, const std::string& path) {
  if (value.is_integer()) return value;
  if (value.is_double() && value.as_double() == static_cast<double>(static_cast<std::int64_t>(value.as_double()))) {
    return Value(static_cast<std::int64_t>(value.as_double()));
  }
  if (value.is_string()) {
    const std::string& text = value.as_string();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (!text.empty() && error == std::errc{} && end == text.data() + text.size()) return Value(number);
  }
  return wrong_type(path, "Integer", value);
}

Result<Value> to_number(const Value& value, const std::string& path) {
  if (value.is_number()) return value;
  if (value.is_string() && !value.as_string().empty()) {
    char* end = nullptr;
    const double number = std::strtod(value.as_string().c_str(), &end);
    if (*end == '\0')
      return number == static_cast<double>(static_cast<std::int64_t>(number)) ? Value(static_cast<std::int64_t>(number))
                                                                              : Value(number);
  }
  return wrong_type(path, "Number", value);
}

Result<Value> to_boolean(const Value& value, const std::string& path) {
  if (value.is_bool()) return value;
  if (value.is_string() && (value.as_string() == "true" || value.as_string() == "True")) return Value(true);
  if (value.is_string() && (value.as_string() == "false" || value.as_string() == "False")) return Value(false);
  return wrong_type(path, "Boolean", value);
}

Result<Value> to_text(const Value& value, const std::string& path) {
  if (!value.is_scalar()) return wrong_type(path, "String", value);
  return Value(value.to_text());
}

// A single value stands for a list of one, as CloudFormation takes it.
template <class Convert>
Result<Value> to_list(const Value& value, const std::string& path, Convert convert) {
  if (!value.is_array()) return wrong_type(path, "JSONArray", value);
  Value::Array items;
  for (std::size_t i = 0; i < value.as_array().size(); ++i) {
    TRY(auto item, convert(value.as_array()[i], path + "/" + std::to_string(i)));
    items.push_back(std::move(item));
  }
  return Value(std::move(items));
}

Result<Value> to_text_map(const Value& value, const std::string& path) {
  if (!value.is_object()) return wrong_type(path, "JSONObject", value);
  Value::Object members;
  for (const auto& [key, member] : value.as_object()) {
    TRY(auto text, to_text(member, path + "/" + key));
    members.emplace_back(key, std::move(text));
  }
  return Value(std::move(members));
}

Result<Value> to_shape(const api::Type& type, const Value& value, const std::string& path);

const api::Member* find_member(const api::Type& type, std::string_view key) {
  if (key.empty()) return nullptr;
  for (const api::Member& member : type.members) {
    if (member.name.size() == key.size() && member.name.substr(1) == key.substr(1) &&
        std::tolower(static_cast<unsigned char>(member.name[0])) == std::tolower(static_cast<unsigned char>(key[0]))) {
      return &member;
    }
  }
  return nullptr;
}

Result<Value> to_structure(const api::Type& type, const Value& value, const std::string& path) {
  if (!value.is_object()) return wrong_type(path, "JSONObject", value);
  Value::Object members;
  std::set<const api::Member*> met;
  for (const auto& [key, held] : value.as_object()) {
    const api::Member* member = find_member(type, key);
    if (member == nullptr) return extraneous(path, key);
    TRY(auto converted, to_shape(*member->type(), held, path + "/" + key));
    met.insert(member);
    members.emplace_back(key, std::move(converted));
  }
  for (const api::Member& member : type.members) {
    if (!member.required || met.contains(&member)) continue;
    std::string name(member.name);
    name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
    return problem(path + ": required key [" + name + "] not found");
  }
  return Value(std::move(members));
}

Result<Value> to_shape(const api::Type& type, const Value& value, const std::string& path) {
  if (is_open(value)) return value;
  switch (type.kind) {
    case api::Kind::Boolean:
      return to_boolean(value, path);
    case api::Kind::Integer:
      return to_integer(value, path);
    case api::Kind::Double:
      return to_number(value, path);
    case api::Kind::String:
    case api::Kind::Blob:
    case api::Kind::Timestamp:
      return to_text(value, path);
    case api::Kind::List:
      return to_list(value, path,
                     [&](const Value& item, const std::string& at) { return to_shape(*type.element(), item, at); });
    case api::Kind::Map: {
      if (!value.is_object()) return wrong_type(path, "JSONObject", value);
      Value::Object members;
      for (const auto& [key, member] : value.as_object()) {
        TRY(auto converted, to_shape(*type.element(), member, path + "/" + key));
        members.emplace_back(key, std::move(converted));
      }
      return Value(std::move(members));
    }
    case api::Kind::Structure:
      return to_structure(type, value, path);
    case api::Kind::Document:
      return value;
  }
  return value;
}

Result<Value> to_object(std::span<const PropertySchema> schema, const Value& value, const std::string& path);

Result<Value> to_tags(const Value& value, const std::string& path) {
  static constexpr PropertySchema kTag[] = {{.name = "Key", .required = true}, {.name = "Value", .required = true}};
  TRY(auto tags,
      to_list(value, path, [](const Value& item, const std::string& at) { return to_object(kTag, item, at); }));
  for (const Value& tag : tags.as_array()) {
    const Value* key = tag.find("Key");
    if (key != nullptr && key->to_text().starts_with("aws:")) {
      return problem(path + ": aws: prefixed tag key names are not allowed for external use.");
    }
  }
  return tags;
}

Result<Value> convert(const PropertySchema& property, const Value& value, const std::string& path) {
  if (is_open(value)) return value;
  switch (property.kind) {
    case PropertyKind::Text:
      return to_text(value, path);
    case PropertyKind::Integer:
      return to_integer(value, path);
    case PropertyKind::Number:
      return to_number(value, path);
    case PropertyKind::Boolean:
      return to_boolean(value, path);
    case PropertyKind::Json:
      if (!value.is_object() && !value.is_string() && !value.is_array()) return wrong_type(path, "JSONObject", value);
      return value;
    case PropertyKind::TextList:
      return to_list(value, path, to_text);
    case PropertyKind::TextMap:
      return to_text_map(value, path);
    case PropertyKind::TagList:
      return to_tags(value, path);
    case PropertyKind::Object:
      return to_object(property.members, value, path);
    case PropertyKind::ObjectList:
      return to_list(value, path,
                     [&](const Value& item, const std::string& at) { return to_object(property.members, item, at); });
    case PropertyKind::Shape:
      return to_shape(property.shape(), value, path);
    case PropertyKind::ShapeList:
      return to_list(value, path,
                     [&](const Value& item, const std::string& at) { return to_shape(property.shape(), item, at); });
  }
  return value;
}

Result<Value> to_object(std::span<const PropertySchema> schema, const Value& value, const std::string& path) {
  if (is_open(value)) return value;
  if (!value.is_object()) return wrong_type(path, "JSONObject", value);
  Value::Object members;
  for (const auto& [key, held] : value.as_object()) {
    const auto property = std::ranges::find(schema, std::string_view(key), &PropertySchema::name);
    if (property == schema.end()) return extraneous(path, key);
    if (held.is_null()) return problem(path + "/" + key + ": null values are not allowed in templates");
    if (property->update == UpdateBehavior::Unsupported) {
      return problem(path + "/" + key + ": property " + key + " is not supported by renkei yet");
    }
    TRY(auto converted, convert(*property, held, path + "/" + key));
    members.emplace_back(key, std::move(converted));
  }
  for (const PropertySchema& property : schema) {
    const bool there = std::ranges::any_of(members, [&](const auto& member) { return member.first == property.name; });
    if (property.required && !there) {
      return problem(path + ": required key [" + std::string(property.name) + "] not found");
    }
  }
  return Value(std::move(members));
}

bool same_unordered(const Value& before, const Value& after) {
  if (!before.is_array() || !after.is_array() || before.as_array().size() != after.as_array().size()) return false;
  std::vector<bool> taken(after.as_array().size(), false);
  for (const Value& item : before.as_array()) {
    bool found = false;
    for (std::size_t i = 0; i < taken.size() && !found; ++i) {
      if (taken[i] || !(after.as_array()[i] == item)) continue;
      taken[i] = found = true;
    }
    if (!found) return false;
  }
  return true;
}

}  // namespace

const PropertySchema* TypeSchema::find(std::string_view property) const {
  const auto found = std::ranges::find(properties, property, &PropertySchema::name);
  return found == properties.end() ? nullptr : &*found;
}

bool TypeSchema::has_attribute(std::string_view attribute) const {
  return std::ranges::any_of(attributes, [&](std::string_view known) {
    return known == attribute || (known.ends_with(".*") && attribute.starts_with(known.substr(0, known.size() - 1)));
  });
}

Result<Value> coerce_properties(const TypeSchema& type, const Value& properties, const std::string& logical_id) {
  auto coerced = to_object(type.properties, properties.is_null() ? Value(Value::Object{}) : properties, "#");
  if (!coerced) {
    return problem("Properties validation failed for resource " + logical_id + " with message:\n[" +
                   coerced.error().message + "]");
  }
  return coerced;
}

Value without_secrets(const TypeSchema& type, const Value& properties) {
  Value shown = properties;
  for (const PropertySchema& property : type.properties) {
    if (property.secret && shown.find(property.name) != nullptr) shown.set(property.name, "****");
  }
  return shown;
}

bool same_value(const PropertySchema& property, const Value* before, const Value* after) {
  if (before == nullptr || after == nullptr) return before == after;
  if (*before == *after) return true;
  return (property.unordered || property.kind == PropertyKind::TagList) && same_unordered(*before, *after);
}

}  // namespace cloudformation
