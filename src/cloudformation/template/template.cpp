#include "cloudformation/template/template.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/fault.h"
#include "cloudformation/template/dynamic.h"

namespace cloudformation {
namespace {

using base::Value;

// CloudFormation quotas page.
constexpr std::size_t kResourcesMax = 500;
constexpr std::size_t kParametersMax = 200;
constexpr std::size_t kOutputsMax = 200;
constexpr std::size_t kMappingsMax = 200;
constexpr std::size_t kNameMax = 255;
constexpr std::size_t kDescriptionMax = 1024;

constexpr std::array<std::string_view, 10> kSections = {"AWSTemplateFormatVersion",
                                                        "Description",
                                                        "Metadata",
                                                        "Parameters",
                                                        "Rules",
                                                        "Mappings",
                                                        "Conditions",
                                                        "Transform",
                                                        "Resources",
                                                        "Outputs"};
constexpr std::array<std::string_view, 10> kResourceKeys = {
    "Type",           "Properties",     "DependsOn",           "Condition",    "Metadata",
    "DeletionPolicy", "CreationPolicy", "UpdateReplacePolicy", "UpdatePolicy", "Version"};
constexpr std::array<std::string_view, 12> kParameterKeys = {
    "Type",           "Default",       "Description", "ConstraintDescription",
    "AllowedPattern", "AllowedValues", "MinLength",   "MaxLength",
    "MinValue",       "MaxValue",      "NoEcho",      "Metadata"};

bool alphanumeric(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0; });
}

template <std::size_t N>
bool among(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string text_of(const Value* value) {
  return value == nullptr ? "" : value->to_text();
}

Result<void> check_sections(const Value& document) {
  std::vector<std::string> unknown;
  for (const auto& [name, value] : document.as_object()) {
    if (!among(kSections, name)) unknown.push_back(name);
  }
  if (!unknown.empty()) {
    return problem("Template format error: Invalid template property or properties [" + joined(unknown) + "]");
  }
  if (const Value* version = document.find("AWSTemplateFormatVersion");
      version != nullptr && version->to_text() != "2010-09-09") {
    return problem("Template format error: " + version->to_text() +
                   " is not a supported value for AWSTemplateFormatVersion.");
  }
  if (const Value* description = document.find("Description")) {
    if (!description->is_string()) return problem("Template format error: Description must be a string.");
    if (description->as_string().size() > kDescriptionMax) {
      return problem("Template format error: 'Description' length is greater than 1024.");
    }
  }
  return {};
}

// The members of a section that must be a map; empty when it is absent.
Result<Value::Object> section(const Value& document, std::string_view name, std::size_t count_max) {
  const Value* held = document.find(name);
  if (held == nullptr) return Value::Object{};
  if (!held->is_object()) return problem("Template format error: " + std::string(name) + " must be an object.");
  if (held->as_object().size() > count_max) {
    return problem("Template format error: Number of " + std::string(name) + ", " +
                   std::to_string(held->as_object().size()) + ", is greater than maximum allowed, " +
                   std::to_string(count_max));
  }
  return held->as_object();
}

Result<void> check_name(std::string_view kind, const std::string& name) {
  if (!alphanumeric(name)) {
    return problem("Template format error: " + std::string(kind) + " name " + name + " is non alphanumeric.");
  }
  if (name.size() > kNameMax) {
    return problem("Template format error: " + std::string(kind) + " name " + name + " is longer than 255 characters.");
  }
  return {};
}

Result<std::optional<std::int64_t>> whole(const Value& declaration, std::string_view key,
                                          const std::string& parameter) {
  const Value* held = declaration.find(key);
  if (held == nullptr) return std::nullopt;
  const std::string text = held->to_text();
  const bool digits =
      !text.empty() && text.size() < 10 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) {
    return problem("Template format error: Parameter '" + parameter + "' " + std::string(key) +
                   " must be a number not less than 0");
  }
  return std::stoll(text);
}

Result<std::optional<double>> number(const Value& declaration, std::string_view key, const std::string& parameter) {
  const Value* held = declaration.find(key);
  if (held == nullptr) return std::nullopt;
  if (held->is_number()) return held->as_double();
  const std::string text = held->to_text();
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') {
    return problem("Template format error: Parameter '" + parameter + "' " + std::string(key) + " must be a number");
  }
  return value;
}

bool known_parameter_type(std::string_view type) {
  static const std::set<std::string_view> kTypes = {"String",
                                                    "Number",
                                                    "List<Number>",
                                                    "List<String>",
                                                    "CommaDelimitedList",
                                                    "AWS::EC2::AvailabilityZone::Name",
                                                    "AWS::EC2::Image::Id",
                                                    "AWS::EC2::Instance::Id",
                                                    "AWS::EC2::KeyPair::KeyName",
                                                    "AWS::EC2::SecurityGroup::GroupName",
                                                    "AWS::EC2::SecurityGroup::Id",
                                                    "AWS::EC2::Subnet::Id",
                                                    "AWS::EC2::Volume::Id",
                                                    "AWS::EC2::VPC::Id",
                                                    "AWS::Route53::HostedZone::Id",
                                                    "AWS::SSM::Parameter::Name"};
  if (kTypes.contains(type)) return true;
  if (type.starts_with("AWS::SSM::Parameter::Value<") && type.ends_with(">")) return true;
  if (type.starts_with("List<AWS::") && type.ends_with(">")) return kTypes.contains(type.substr(5, type.size() - 6));
  return false;
}

Result<ParameterDeclaration> parse_parameter(const std::string& name, const Value& declared) {
  CHECK(check_name("Parameter", name));
  if (!declared.is_object()) return problem("Template format error: Every Parameters member must be an object.");
  for (const auto& [key, value] : declared.as_object()) {
    if (!among(kParameterKeys, key)) return problem("Invalid template parameter property '" + key + "'");
  }
  ParameterDeclaration parameter{.name = name, .type = text_of(declared.find("Type"))};
  if (parameter.type.empty()) {
    return problem("Template format error: Every Parameters object must contain a Type member.");
  }
  if (!known_parameter_type(parameter.type)) {
    return problem("Template format error: Unrecognized parameter type: " + parameter.type);
  }
  if (const Value* held = declared.find("Default")) {
    if (!held->is_scalar()) {
      return problem("Template format error: Every Default member must be a string.");
    }
    parameter.default_value = held->to_text();
    if (names_newest_parameter(*parameter.default_value)) {
      return problem("Template error: parameter " + name + " should not contain ssm versionless resolver");
    }
  }
  if (const Value* held = declared.find("AllowedValues")) {
    if (!held->is_array()) return problem("Template format error: Every AllowedValues member must be a list.");
    for (const Value& value : held->as_array()) parameter.allowed_values.push_back(value.to_text());
  }
  if (const Value* held = declared.find("AllowedPattern")) parameter.allowed_pattern = held->to_text();
  parameter.description = text_of(declared.find("Description"));
  parameter.constraint_description = text_of(declared.find("ConstraintDescription"));
  parameter.no_echo = text_of(declared.find("NoEcho")) == "true";
  TRY(parameter.min_length, whole(declared, "MinLength", name));
  TRY(parameter.max_length, whole(declared, "MaxLength", name));
  TRY(parameter.min_value, number(declared, "MinValue", name));
  TRY(parameter.max_value, number(declared, "MaxValue", name));
  return parameter;
}

Result<std::vector<std::string>> parse_depends_on(const Value* held) {
  std::vector<std::string> names;
  if (held == nullptr) return names;
  if (held->is_string()) return std::vector<std::string>{held->as_string()};
  if (!held->is_array()) {
    return problem("Template format error: DependsOn must be a string or list of strings.");
  }
  for (const Value& item : held->as_array()) {
    if (!item.is_string()) return problem("Template format error: DependsOn must be a string or list of strings.");
    names.push_back(item.as_string());
  }
  return names;
}

Result<std::string> parse_policy(const Value& declared, std::string_view key, const std::string& resource) {
  const Value* held = declared.find(key);
  if (held == nullptr) return "";
  const bool deletion = key == "DeletionPolicy";
  const std::string policy = held->to_text();
  if (policy == "Delete" || policy == "Retain" || (deletion && policy == "RetainExceptOnCreate")) return policy;
  if (policy == "Snapshot") {
    return problem("Template error: resource type " + text_of(declared.find("Type")) +
                   " does not support deletion policy Snapshot");
  }
  return problem("Template format error: Unrecognized " + std::string(key) + " " + policy + " for resource " +
                 resource);
}

Result<ResourceDeclaration> parse_resource(const std::string& name, const Value& declared) {
  if (name.starts_with("Fn::ForEach::")) return problem("Fn::ForEach is not supported by renkei yet: " + name);
  CHECK(check_name("Resource", name));
  if (!declared.is_object()) return problem("Template format error: Any Resources member must be an object.");
  for (const auto& [key, value] : declared.as_object()) {
    if (!among(kResourceKeys, key)) return problem("Invalid template resource property '" + key + "'");
  }
  const Value* type = declared.find("Type");
  if (type == nullptr || !type->is_string() || type->as_string().empty()) {
    return problem("Template format error: [/Resources/" + name +
                   "] Every Resources object must contain a Type member.");
  }
  ResourceDeclaration resource{.name = name, .type = type->as_string()};
  if (const Value* held = declared.find("Properties"); held != nullptr && !held->is_null()) {
    if (!held->is_object())
      return problem("Template format error: [/Resources/" + name + "/Properties] must be an object.");
    resource.properties = *held;
  }
  TRY(resource.depends_on, parse_depends_on(declared.find("DependsOn")));
  resource.condition = text_of(declared.find("Condition"));
  if (const Value* held = declared.find("Metadata")) resource.metadata = *held;
  TRY(resource.deletion_policy, parse_policy(declared, "DeletionPolicy", name));
  TRY(resource.update_replace_policy, parse_policy(declared, "UpdateReplacePolicy", name));
  return resource;
}

Result<OutputDeclaration> parse_output(const std::string& name, const Value& declared) {
  if (name.starts_with("Fn::ForEach::")) return problem("Fn::ForEach is not supported by renkei yet: " + name);
  CHECK(check_name("Output", name));
  const Value* value = declared.find("Value");
  if (value == nullptr) return problem("Template format error: Every Outputs member must contain a Value object");
  if (value->is_null()) {
    return problem("Template format error: [/Outputs/" + name + "/Value] 'null' values are not allowed in templates");
  }
  OutputDeclaration output{.name = name, .value = *value};
  for (const auto& [key, held] : declared.as_object()) {
    if (key == "Description")
      output.description = held.to_text();
    else if (key == "Condition")
      output.condition = held.to_text();
    else if (key == "Export") {
      const Value* export_name = held.find("Name");
      if (export_name == nullptr || held.as_object().size() != 1) {
        return problem("Template format error: Output " + name + " is malformed. The Export must contain a Name");
      }
      output.export_name = *export_name;
    } else if (key != "Value") {
      return problem("Invalid template output property '" + key + "'");
    }
  }
  return output;
}

Result<RuleDeclaration> parse_rule(const std::string& name, const Value& declared) {
  RuleDeclaration rule{.name = name};
  if (const Value* held = declared.find("RuleCondition")) rule.condition = *held;
  const Value* assertions = declared.find("Assertions");
  if (assertions == nullptr || !assertions->is_array() || assertions->as_array().empty()) {
    return problem("Template format error: Rule " + name + " must contain Assertions.");
  }
  for (const Value& item : assertions->as_array()) {
    const Value* assert = item.find("Assert");
    if (assert == nullptr)
      return problem("Template format error: every Assertion in rule " + name + " must contain Assert.");
    rule.assertions.push_back({*assert, text_of(item.find("AssertDescription"))});
  }
  return rule;
}

Result<void> check_mappings(const Value::Object& mappings) {
  for (const auto& [name, top] : mappings) {
    if (!alphanumeric(name)) return problem("Template format error: Mapping name " + name + " is non alphanumeric.");
    if (!top.is_object()) return problem("Template format error: Every Mappings member " + name + " must be a map");
    for (const auto& [key, second] : top.as_object()) {
      if (!second.is_object()) return problem("Template format error: Every Mappings member " + key + " must be a map");
      for (const auto& [attribute, value] : second.as_object()) {
        if (value.is_object() || value.is_null()) {
          return problem("Template format error: Every Mappings attribute must be a String or a List.");
        }
      }
    }
  }
  return {};
}

Result<std::vector<std::string>> parse_transforms(const Value& document) {
  std::vector<std::string> names;
  const Value* held = document.find("Transform");
  if (held == nullptr) return names;
  const Value::Array list = held->is_array() ? held->as_array() : Value::Array{*held};
  for (const Value& item : list) {
    const Value* name = item.is_object() ? item.find("Name") : &item;
    if (name == nullptr || !name->is_string()) return problem("Key Name of transform definition must be a string.");
    names.push_back(name->as_string());
  }
  return names;
}

// Transforms run inside AWS. The ones here are those whose effect on this template is none, or is built into the
// evaluator: a SAM template without serverless resources is its own result.
Result<void> check_transforms(const Template& parsed) {
  for (const std::string& name : parsed.transforms) {
    if (name == kLanguageExtensions) continue;
    if (name != kServerless) return problem("Transform " + name + " is not supported by renkei yet.");
    for (const ResourceDeclaration& resource : parsed.resources) {
      if (!resource.type.starts_with("AWS::Serverless::")) continue;
      return problem("Transform " + name + " is not supported by renkei yet: resource " + resource.name +
                     " is of type " + resource.type + ".");
    }
  }
  return {};
}

Result<void> parse_members(const Value& document, Template& parsed) {
  TRY(const auto parameters, section(document, "Parameters", kParametersMax));
  for (const auto& [name, declared] : parameters) {
    TRY(auto parameter, parse_parameter(name, declared));
    parsed.parameters.push_back(std::move(parameter));
  }
  TRY(const auto rules, section(document, "Rules", kParametersMax));
  for (const auto& [name, declared] : rules) {
    TRY(auto rule, parse_rule(name, declared));
    parsed.rules.push_back(std::move(rule));
  }
  TRY(const auto resources, section(document, "Resources", kResourcesMax));
  if (resources.empty()) return problem("Template format error: At least one Resources member must be defined.");
  for (const auto& [name, declared] : resources) {
    TRY(auto resource, parse_resource(name, declared));
    parsed.resources.push_back(std::move(resource));
  }
  TRY(const auto outputs, section(document, "Outputs", kOutputsMax));
  for (const auto& [name, declared] : outputs) {
    TRY(auto output, parse_output(name, declared));
    parsed.outputs.push_back(std::move(output));
  }
  return {};
}

}  // namespace

std::string joined(const std::vector<std::string>& names, std::string_view separator) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += separator;
    text += name;
  }
  return text;
}

const ParameterDeclaration* Template::find_parameter(std::string_view name) const {
  const auto found = std::ranges::find(parameters, name, &ParameterDeclaration::name);
  return found == parameters.end() ? nullptr : &*found;
}

const ResourceDeclaration* Template::find_resource(std::string_view name) const {
  const auto found = std::ranges::find(resources, name, &ResourceDeclaration::name);
  return found == resources.end() ? nullptr : &*found;
}

bool Template::has_language_extensions() const {
  return std::ranges::find(transforms, kLanguageExtensions) != transforms.end();
}

std::string_view function_name(const Value& value) {
  if (!value.is_object() || value.as_object().size() != 1) return "";
  const std::string_view key = value.as_object().front().first;
  return key == "Ref" || key.starts_with("Fn::") ? key : "";
}

Result<Template> parse_template(const Value& document) {
  if (!document.is_object()) return problem("Template format error: unsupported structure.");
  Template parsed;
  TRY(parsed.transforms, parse_transforms(document));
  if (const Value* globals = document.find("Globals"); globals != nullptr && !parsed.transforms.empty()) {
    return problem("Transform " + parsed.transforms.front() + " is not supported by renkei yet: Globals.");
  }
  CHECK(check_sections(document));
  parsed.description = text_of(document.find("Description"));
  parsed.version = text_of(document.find("AWSTemplateFormatVersion"));
  if (const Value* held = document.find("Metadata")) parsed.metadata = *held;
  TRY(auto mappings, section(document, "Mappings", kMappingsMax));
  CHECK(check_mappings(mappings));
  if (!mappings.empty()) parsed.mappings = std::move(mappings);
  TRY(auto conditions, section(document, "Conditions", kParametersMax));
  if (!conditions.empty()) parsed.conditions = std::move(conditions);
  CHECK(parse_members(document, parsed));
  CHECK(check_transforms(parsed));
  return parsed;
}

}  // namespace cloudformation
