#pragma once

// A template as a tree of declarations, checked for anatomy only: sections, names and shapes. What its expressions mean
// is in functions.h, which resource types there are in ../schema.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.h"
#include "cloudformation/template/problem.h"

namespace cloudformation {

struct ParameterDeclaration {
  std::string name;
  std::string type;
  std::optional<std::string> default_value;
  std::string description;
  std::string constraint_description;
  std::optional<std::string> allowed_pattern;
  std::vector<std::string> allowed_values;
  std::optional<std::int64_t> min_length;
  std::optional<std::int64_t> max_length;
  std::optional<double> min_value;
  std::optional<double> max_value;
  bool no_echo = false;
};

struct ResourceDeclaration {
  std::string name;  // logical id
  std::string type;
  base::Value properties;  // null or an object
  std::vector<std::string> depends_on;
  std::string condition;              // "" if none
  base::Value metadata;               // null if none
  std::string deletion_policy;        // "" means Delete
  std::string update_replace_policy;  // "" means Delete
};

struct OutputDeclaration {
  std::string name;
  std::string description;
  std::string condition;
  base::Value value;
  base::Value export_name;  // null if it is not exported
};

struct RuleDeclaration {
  struct Assertion {
    base::Value assert;
    std::string description;
  };
  std::string name;
  base::Value condition;  // null: always
  std::vector<Assertion> assertions;
};

struct Template {
  std::string description;
  std::string version;  // "2010-09-09" or ""
  std::vector<ParameterDeclaration> parameters;
  std::vector<RuleDeclaration> rules;
  base::Value mappings;    // null or an object
  base::Value conditions;  // null or an object
  std::vector<ResourceDeclaration> resources;
  std::vector<OutputDeclaration> outputs;
  std::vector<std::string> transforms;
  base::Value metadata;

  const ParameterDeclaration* find_parameter(std::string_view name) const;
  const ResourceDeclaration* find_resource(std::string_view name) const;
  bool has_condition(std::string_view name) const { return conditions.find(name) != nullptr; }
  // Transform: AWS::LanguageExtensions, which adds Fn::Length and Fn::ToJsonString.
  bool has_language_extensions() const;
};

inline constexpr std::string_view kLanguageExtensions = "AWS::LanguageExtensions";
inline constexpr std::string_view kServerless = "AWS::Serverless-2016-10-31";

// The function of a one-member object ("Ref", "Fn::Sub", "Condition"), or "" when it is data.
std::string_view function_name(const base::Value& value);

Result<Template> parse_template(const base::Value& document);

}  // namespace cloudformation
