#include "cloud/access/input.h"

#include <algorithm>

namespace cloud::access {

const api::Member* Input::find(std::string_view name) const {
  const auto found = std::ranges::find(type_->members, name, &api::Member::name);
  return found == type_->members.end() || !found->present(data_) ? nullptr : &*found;
}

std::string Input::text(std::string_view member) const {
  const api::Member* found = find(member);
  if (found == nullptr) return "";
  const void* value = found->get(data_);
  const api::Kind kind = found->type()->kind;
  if (kind == api::Kind::String) return *static_cast<const std::string*>(value);
  return kind == api::Kind::Integer ? std::to_string(*static_cast<const std::int64_t*>(value)) : "";
}

std::vector<std::string> Input::texts(std::string_view member) const {
  std::vector<std::string> texts;
  const api::Member* found = find(member);
  if (found == nullptr || found->type()->kind != api::Kind::List) return texts;
  const api::Type& list = *found->type();
  if (list.element()->kind != api::Kind::String) return texts;
  const void* value = found->get(data_);
  for (std::size_t i = 0; i < list.size(value); ++i)
    texts.push_back(*static_cast<const std::string*>(list.at(value, i)));
  return texts;
}

std::vector<std::pair<std::string, std::string>> Input::entries(std::string_view member) const {
  std::vector<std::pair<std::string, std::string>> entries;
  const api::Member* found = find(member);
  if (found == nullptr || found->type()->kind != api::Kind::Map) return entries;
  const api::Type& map = *found->type();
  if (map.element()->kind != api::Kind::String) return entries;
  map.each(found->get(data_), &entries, [](void* into, const std::string& key, const void* value) {
    static_cast<decltype(entries)*>(into)->emplace_back(key, *static_cast<const std::string*>(value));
  });
  return entries;
}

std::optional<Input> Input::part(std::string_view member) const {
  const api::Member* found = find(member);
  if (found == nullptr || found->type()->kind != api::Kind::Structure) return std::nullopt;
  return Input(*found->type(), found->get(data_));
}

std::vector<Input> Input::parts(std::string_view member) const {
  std::vector<Input> parts;
  const api::Member* found = find(member);
  if (found == nullptr || found->type()->kind != api::Kind::List) return parts;
  const api::Type& list = *found->type();
  if (list.element()->kind != api::Kind::Structure) return parts;
  const void* value = found->get(data_);
  for (std::size_t i = 0; i < list.size(value); ++i) parts.push_back(Input(*list.element(), list.at(value, i)));
  return parts;
}

}  // namespace cloud::access
