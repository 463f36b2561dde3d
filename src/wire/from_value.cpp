#include "wire/from_value.h"

#include "base/time.h"
#include "wire/text.h"
#include "wire/walk.h"

namespace wire {
namespace {

using api::Kind;
using api::Member;
using api::Type;
using base::Value;
using Result = std::expected<void, ValueError>;

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::Boolean:
      return "Boolean";
    case Kind::Integer:
      return "Integer";
    case Kind::Double:
      return "Number";
    case Kind::String:
      return "String";
    case Kind::Blob:
      return "Base64 String";
    case Kind::Timestamp:
      return "Timestamp";
    case Kind::List:
      return "List";
    case Kind::Map:
      return "Map";
    case Kind::Structure:
      return "Object";
    case Kind::Document:
      return "Json";
  }
  return "";
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_but_first_case(std::string_view a, std::string_view b) {
  return !a.empty() && a.size() == b.size() && lower(a[0]) == lower(b[0]) && a.substr(1) == b.substr(1);
}

class Reader {
 public:
  explicit Reader(FromValueOptions options) : options_(options) {}

  Result any(const Type& type, const Value& value, void* out, const std::string& path) {
    switch (type.kind) {
      case Kind::Structure:
        return structure(type, value, out, path);
      case Kind::List:
        return list(type, value, out, path);
      case Kind::Map:
        return map(type, value, out, path);
      case Kind::Document:
        *static_cast<Value*>(out) = value;
        return {};
      default:
        return scalar(type, value, out) ? Result{} : wrong(type, path);
    }
  }

 private:
  static std::string join(const std::string& path, std::string_view step) {
    return path.empty() ? std::string(step) : path + '/' + std::string(step);
  }

  static Result wrong(const Type& type, const std::string& path) {
    return std::unexpected(ValueError{ValueError::Reason::WrongType, path, std::string(kind_name(type.kind))});
  }

  const Member* find(const Type& type, std::string_view name) const {
    for (const Member& member : type.members) {
      if (member.name == name) return &member;
    }
    if (!options_.ignore_case_of_first_letter) return nullptr;
    for (const Member& member : type.members) {
      if (same_but_first_case(member.name, name)) return &member;
    }
    return nullptr;
  }

  Result structure(const Type& type, const Value& value, void* out, const std::string& path) {
    if (!value.is_object()) return wrong(type, path);
    Seen seen(type);
    for (const auto& [key, item] : value.as_object()) {
      const Member* member = find(type, key);
      if (member == nullptr) return std::unexpected(ValueError{ValueError::Reason::UnknownMember, join(path, key), ""});
      if (item.is_null()) continue;
      seen.mark(*member);
      CHECK(any(*member->type(), item, member->emplace(out), join(path, key)));
    }
    Missing missing;
    seen.report(Path{}, &missing);
    if (missing.empty()) return {};
    return std::unexpected(ValueError{ValueError::Reason::MissingMember, join(path, as_written(missing.front())), ""});
  }

  // Templates write PascalCase.
  std::string as_written(std::string name) const {
    if (options_.ignore_case_of_first_letter && name[0] >= 'a' && name[0] <= 'z')
      name[0] = static_cast<char>(name[0] - 'a' + 'A');
    return name;
  }

  Result list(const Type& type, const Value& value, void* out, const std::string& path) {
    if (!value.is_array()) return wrong(type, path);
    for (std::size_t i = 0; i < value.as_array().size(); ++i) {
      CHECK(any(*type.element(), value.as_array()[i], type.append(out), join(path, std::to_string(i))));
    }
    return {};
  }

  Result map(const Type& type, const Value& value, void* out, const std::string& path) {
    if (!value.is_object()) return wrong(type, path);
    for (const auto& [key, item] : value.as_object()) {
      CHECK(any(*type.element(), item, type.insert(out, key), join(path, key)));
    }
    return {};
  }

  bool scalar(const Type& type, const Value& value, void* out) const {
    switch (type.kind) {
      case Kind::Boolean:
        if (!value.is_bool()) break;
        *static_cast<bool*>(out) = value.as_bool();
        return true;
      case Kind::Integer:
        if (!value.is_integer()) break;
        *static_cast<std::int64_t*>(out) = value.as_integer();
        return true;
      case Kind::Double:
        if (!value.is_number()) break;
        *static_cast<double*>(out) = value.as_double();
        return true;
      default:
        if (!value.is_string()) break;
        return scalar_from_text(type, value.as_string(), out);
    }
    const bool may_coerce = options_.coerce_scalars && value.is_scalar();
    if (!may_coerce) return false;
    if (type.kind == Kind::Boolean && value.is_number()) return false;
    return scalar_from_text(type, coerced_text(type, value), out);
  }

  // 5.0 is a whole number when an integer is wanted.
  static std::string coerced_text(const Type& type, const Value& value) {
    std::string text = value.to_text();
    if (type.kind == Kind::Integer && text.ends_with(".0")) text.resize(text.size() - 2);
    return text;
  }

  FromValueOptions options_;
};

Value list_to_value(const Type& type, const void* list) {
  Value::Array items;
  const std::size_t count = type.size(list);
  for (std::size_t i = 0; i < count; ++i) items.push_back(to_value(*type.element(), type.at(list, i)));
  return items;
}

Value map_to_value(const Type& type, const void* map) {
  struct Visit {
    const Type& inner;
    Value::Object members;
  };
  Visit visit{*type.element(), {}};
  type.each(map, &visit, [](void* context, const std::string& key, const void* item) {
    auto& at = *static_cast<Visit*>(context);
    at.members.emplace_back(key, to_value(at.inner, item));
  });
  return std::move(visit.members);
}

Value structure_to_value(const Type& type, const void* value) {
  Value::Object members;
  for (const Member& member : type.members) {
    if (member.present(value))
      members.emplace_back(std::string(member.name), to_value(*member.type(), member.get(value)));
  }
  return members;
}

}  // namespace

std::string ValueError::to_text() const {
  switch (reason) {
    case Reason::UnknownMember:
      return "Encountered unsupported property " + path;
    case Reason::MissingMember:
      return "Property " + path + " is required";
    case Reason::WrongType:
      break;
  }
  return "Value of property " + path + " must be of type " + expected;
}

std::expected<void, ValueError> from_value(const Type& type, const Value& value, void* out, FromValueOptions options) {
  return Reader(options).any(type, value, out, "");
}

Value to_value(const Type& type, const void* value) {
  switch (type.kind) {
    case Kind::Boolean:
      return *static_cast<const bool*>(value);
    case Kind::Integer:
      return *static_cast<const std::int64_t*>(value);
    case Kind::Double:
      return *static_cast<const double*>(value);
    case Kind::List:
      return list_to_value(type, value);
    case Kind::Map:
      return map_to_value(type, value);
    case Kind::Structure:
      return structure_to_value(type, value);
    case Kind::Document:
      return *static_cast<const Value*>(value);
    default:
      return scalar_to_text(type, api::TimestampFormat::DateTime, value);
  }
}

}  // namespace wire
