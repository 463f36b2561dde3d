#pragma once

// The few functions behind the generated tables of api/shape.h. Only generated files (and hand-made tables in tests)
// include this.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/shape.h"

namespace api {

// Fills Member::type and Type::element. `Table` may be declared only.
template <const Type& Table>
const Type* table() {
  return &Table;
}

// A required member: a plain T.
template <class T>
inline constexpr Access kPlain{
    [](const void*) { return true; },
    [](const void* field) { return field; },
    [](void* field) -> void* { return &(*static_cast<T*>(field) = T()); },
};

template <class T>
inline constexpr Access kOptional{
    [](const void* field) { return static_cast<const std::optional<T>*>(field)->has_value(); },
    [](const void* field) -> const void* { return &**static_cast<const std::optional<T>*>(field); },
    [](void* field) -> void* { return &static_cast<std::optional<T>*>(field)->emplace(); },
};

template <class List>
std::size_t list_size(const void* list) {
  return static_cast<const List*>(list)->size();
}
template <class List>
const void* list_at(const void* list, std::size_t index) {
  return &(*static_cast<const List*>(list))[index];
}
template <class List>
void* list_append(void* list) {
  return &static_cast<List*>(list)->emplace_back();
}

template <class Map>
std::size_t map_size(const void* map) {
  return static_cast<const Map*>(map)->size();
}
template <class Map>
void* map_insert(void* map, std::string_view key) {
  return &(*static_cast<Map*>(map))[std::string(key)];
}
template <class Map>
void map_each(const void* map, void* context, void (*visit)(void* context, const std::string& key, const void* value)) {
  for (const auto& [key, value] : *static_cast<const Map*>(map)) visit(context, key, &value);
}

template <class T>
void* create() {
  return new T();
}
template <class T>
void destroy(void* object) {
  delete static_cast<T*>(object);
}

}  // namespace api
