#include "wire/validate.h"

#include <algorithm>
#include <cmath>

#include "base/value.h"
#include "wire/text.h"

namespace wire {
namespace {

using api::Kind;
using api::Member;
using api::Type;

std::string bound_text(double bound) {
  return bound == std::floor(bound) && std::abs(bound) < 1e15 ? std::to_string(static_cast<std::int64_t>(bound))
                                                              : format_double(bound);
}

std::string enum_text(const Type& type) {
  std::string text = "Member must satisfy enum value set: [";
  for (std::size_t i = 0; i < type.enum_values.size(); ++i) {
    if (i != 0) text += ", ";
    text += type.enum_values[i];
  }
  return text + ']';
}

bool measures_value(const Type& type) {
  return type.kind == Kind::Integer || type.kind == Kind::Double;
}

std::string bound_rule(const Type& type, std::string_view comparison, double bound) {
  const std::string what = measures_value(type) ? "value" : "length";
  return "Member must have " + what + ' ' + std::string(comparison) + " than or equal to " + bound_text(bound);
}

// What is bounded: the number itself, or a length or count.
double measure(const Type& type, const void* value) {
  switch (type.kind) {
    case Kind::Integer:
      return static_cast<double>(*static_cast<const std::int64_t*>(value));
    case Kind::Double:
      return *static_cast<const double*>(value);
    case Kind::String:
      return static_cast<double>(character_count(*static_cast<const std::string*>(value)));
    case Kind::Blob:
      return static_cast<double>(static_cast<const std::string*>(value)->size());
    default:
      return static_cast<double>(type.size(value));
  }
}

bool is_bounded(const Type& type) {
  return type.kind != Kind::Boolean && type.kind != Kind::Timestamp && type.kind != Kind::Structure &&
         type.kind != Kind::Document;
}

// The constraints that a value breaks.
std::vector<std::string> broken_rules(const Type& type, const void* value) {
  std::vector<std::string> rules;
  if (!is_bounded(type)) return rules;
  if (type.kind == Kind::String && !type.enum_values.empty()) {
    const auto& text = *static_cast<const std::string*>(value);
    for (const auto allowed : type.enum_values) {
      if (allowed == text) return rules;
    }
    rules.push_back(enum_text(type));
    return rules;
  }
  if (type.max && measure(type, value) > *type.max) rules.push_back(bound_rule(type, "less", *type.max));
  if (type.min && measure(type, value) < *type.min) rules.push_back(bound_rule(type, "greater", *type.min));
  if (type.kind == Kind::String && !type.pattern.empty() &&
      !matches_pattern(type.pattern, *static_cast<const std::string*>(value))) {
    rules.push_back("Member must satisfy regular expression pattern: " + std::string(type.pattern));
  }
  return rules;
}

// All constraints of a type: what AWS lists when an element of a list of scalars breaks one of them.
std::string all_rules(const Type& type) {
  std::string text;
  const auto add = [&](const std::string& rule) {
    if (!text.empty()) text += ", ";
    text += rule;
  };
  if (!type.enum_values.empty()) {
    add(enum_text(type));
  } else {
    if (type.max) add(bound_rule(type, "less", *type.max));
    if (type.min) add(bound_rule(type, "greater", *type.min));
    if (!type.pattern.empty()) add("Member must satisfy regular expression pattern: " + std::string(type.pattern));
  }
  return text;
}

std::string shown(const Type& type, const void* value);

// As Java prints a list: [a, b]; structures by their name only.
std::string shown_list(const Type& type, const void* value) {
  std::string text = "[";
  const std::size_t count = type.size(value);
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) text += ", ";
    text += shown(*type.element(), type.at(value, i));
  }
  return text + ']';
}

std::string shown_map(const Type& type, const void* value) {
  struct Visit {
    const Type& inner;
    std::string text;
  };
  Visit visit{*type.element(), "{"};
  type.each(value, &visit, [](void* context, const std::string& key, const void* item) {
    auto& at = *static_cast<Visit*>(context);
    if (at.text.size() > 1) at.text += ", ";
    at.text.append(key).append("=").append(shown(at.inner, item));
  });
  return visit.text + '}';
}

std::string shown(const Type& type, const void* value) {
  switch (type.kind) {
    case Kind::List:
      return shown_list(type, value);
    case Kind::Map:
      return shown_map(type, value);
    case Kind::Structure:
      return std::string(type.name);
    case Kind::Document:
      return "document";
    default:
      return scalar_to_text(type, api::TimestampFormat::DateTime, value);
  }
}

class Validator {
 public:
  explicit Validator(const Missing& missing) : missing_(missing) {}

  void structure(const Type& type, const void* value, const Path& path) {
    for (const Member& member : type.members) {
      if (!member.present(value)) continue;
      const Path at = path.member(member.name);
      // The plain default of a missing required member must not be judged as if it had been sent.
      const bool is_default = member.required && !missing_.empty() && std::ranges::count(missing_, at.to_text()) > 0;
      if (!is_default) any(*member.type(), member.get(value), at);
    }
  }

  std::vector<std::string> take() { return std::move(found_); }

 private:
  void any(const Type& type, const void* value, const Path& path) {
    for (const auto& rule : broken_rules(type, value)) add(shown(type, value), path, rule);
    if (type.kind == Kind::Structure) structure(type, value, path);
    if (type.kind == Kind::List) list(type, value, path);
    if (type.kind == Kind::Map) map(type, value, path);
  }

  void list(const Type& type, const void* value, const Path& path) {
    const Type& inner = *type.element();
    const std::size_t count = type.size(value);
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_scalar(inner)) {
        any(inner, type.at(value, i), path.element(i));
      } else if (!broken_rules(inner, type.at(value, i)).empty()) {
        return add(shown_list(type, value), path, "Member must satisfy constraint: [" + all_rules(inner) + ']');
      }
    }
  }

  void map(const Type& type, const void* value, const Path& path) {
    struct Visit {
      Validator* validator;
      const Type& inner;
      const Path& path;
      bool broken = false;
    };
    Visit visit{this, *type.element(), path};
    type.each(value, &visit, [](void* context, const std::string& key, const void* item) {
      auto& at = *static_cast<Visit*>(context);
      if (is_scalar(at.inner)) {
        at.broken = at.broken || !broken_rules(at.inner, item).empty();
      } else {
        at.validator->any(at.inner, item, at.path.entry(key));
      }
    });
    if (visit.broken) {
      add(shown_map(type, value), path, "Map value must satisfy constraint: [" + all_rules(*type.element()) + ']');
    }
  }

  void add(const std::string& value, const Path& path, const std::string& rule) {
    found_.push_back("Value '" + value + "' at '" + path.to_text() + "' failed to satisfy constraint: " + rule);
  }

  const Missing& missing_;
  std::vector<std::string> found_;
};

}  // namespace

std::size_t character_count(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) == 0x80 ? 0 : 1;
  return count;
}

std::vector<std::string> violations(const Type& type, const void* value, const Missing& missing) {
  std::vector<std::string> found;
  for (const auto& path : missing) {
    found.push_back("Value null at '" + path + "' failed to satisfy constraint: Member must not be null");
  }
  Validator validator(missing);
  validator.structure(type, value, Path{});
  for (auto& sentence : validator.take()) found.push_back(std::move(sentence));
  return found;
}

std::optional<std::string> validation_message(const Type& type, const void* value, const Missing& missing) {
  const auto found = violations(type, value, missing);
  if (found.empty()) return std::nullopt;
  std::string text =
      std::to_string(found.size()) + (found.size() == 1 ? " validation error" : " validation errors") + " detected: ";
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (i != 0) text += "; ";
    text += found[i];
  }
  return text;
}

}  // namespace wire
