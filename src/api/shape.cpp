#include "api/shape.h"

#include <algorithm>

#include "base/ensure.h"

namespace api {

// Generated tables are sorted by name.
const Operation* Service::find_operation(std::string_view wanted) const {
  const auto found = std::ranges::lower_bound(operations, wanted, {}, [](const Operation* op) { return op->name; });
  return found != operations.end() && (*found)->name == wanted ? *found : nullptr;
}

bool Service::is_other_operation(std::string_view wanted) const {
  return std::ranges::binary_search(other_operations, wanted);
}

const void* Object::check(const Type& type) const {
  ENSURE(data_ != nullptr && type_ == &type);
  return data_;
}

}  // namespace api
