#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/shape.h"

namespace cloud::access {

// Reads members of an input by name, whatever operation it belongs to.
class Input {
 public:
  explicit Input(const api::Object& object) : type_(&object.type()), data_(object.data()) {}

  // A text, or an integer as text; "" if it is not there.
  std::string text(std::string_view member) const;
  // A list of texts; empty if it is not there.
  std::vector<std::string> texts(std::string_view member) const;
  // A map of texts.
  std::vector<std::pair<std::string, std::string>> entries(std::string_view member) const;
  // A structure.
  std::optional<Input> part(std::string_view member) const;
  // A list of structures.
  std::vector<Input> parts(std::string_view member) const;

 private:
  Input(const api::Type& type, const void* data) : type_(&type), data_(data) {}
  const api::Member* find(std::string_view name) const;

  const api::Type* type_;
  const void* data_;
};

}  // namespace cloud::access
