#include "base/value.h"

#include <algorithm>
#include <charconv>

namespace base {

double Value::as_double() const {
  return is_integer() ? static_cast<double>(as_integer()) : std::get<double>(data_);
}

const Value* Value::find(std::string_view name) const {
  if (!is_object()) return nullptr;
  const auto& members = as_object();
  const auto found = std::ranges::find(members, name, &Member::first);
  return found == members.end() ? nullptr : &found->second;
}

Value* Value::find(std::string_view name) {
  return const_cast<Value*>(std::as_const(*this).find(name));
}

void Value::set(std::string_view name, Value value) {
  if (is_null()) data_ = Object{};
  if (Value* held = find(name)) {
    *held = std::move(value);
  } else {
    as_object().emplace_back(std::string(name), std::move(value));
  }
}

void Value::remove(std::string_view name) {
  if (is_object()) std::erase_if(as_object(), [&](const Member& member) { return member.first == name; });
}

std::string Value::to_text() const {
  if (is_bool()) return as_bool() ? "true" : "false";
  if (is_integer()) return std::to_string(as_integer());
  if (is_string()) return as_string();
  if (!is_double()) return "";
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, std::get<double>(data_)).ptr;
  return std::string(buffer, end);
}

}  // namespace base
