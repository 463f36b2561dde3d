#include "cloudformation/template/functions.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "base/fault.h"
#include "cloudformation/template/cidr.h"
#include "wire/json.h"
#include "wire/text.h"

namespace cloudformation {
namespace {

using base::Value;
using Evaluated = Result<std::optional<Value>>;

constexpr std::array<std::string_view, 8> kPseudo = {"AWS::AccountId", "AWS::NotificationARNs", "AWS::NoValue",
                                                     "AWS::Partition", "AWS::Region",           "AWS::StackId",
                                                     "AWS::StackName", "AWS::URLSuffix"};

constexpr std::string_view kJoinShape =
    "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings "
    "to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.";
constexpr std::string_view kSplitShape =
    "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be "
    "split or a function that returns a string to be split.";
constexpr std::string_view kSelectShape =
    "Template error: Fn::Select requires a list argument with two elements: an integer index and a list";
constexpr std::string_view kSubShape =
    "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as "
    "first argument, and an optional second argument to specify a mapping of values to replace in the string";
constexpr std::string_view kIfShape =
    "Template error: Fn::If requires a list argument with the first element being a condition";
constexpr std::string_view kFindInMapShape =
    "Template error: FindInMap requires a list argument with three elements: the name of the mapping, the top-level "
    "key and the second-level key";
constexpr std::string_view kAttributeShape =
    "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource "
    "attribute";

std::unexpected<Problem> refuse(std::string_view text) {
  return problem(std::string(text));
}

bool is_list_of(const Value& value, std::size_t count) {
  return value.is_array() && value.as_array().size() == count;
}

// An unknown list can be joined, split and picked from; what comes out is unknown.
bool is_unknown_text(const Value& value) {
  return value.is_string() && !is_known_text(value.as_string());
}

std::optional<std::int64_t> as_integer(const Value& value) {
  if (value.is_integer()) return value.as_integer();
  if (!value.is_string()) return std::nullopt;
  const std::string& text = value.as_string();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

class Evaluator {
 public:
  explicit Evaluator(const Scope& scope) : scope_(scope) {}

  Evaluated evaluate(const Value& expression) const {
    if (expression.is_array()) return evaluate_list(expression.as_array());
    if (!expression.is_object()) return expression;
    const std::string_view name = function_name(expression);
    if (name.empty()) return evaluate_object(expression.as_object());
    const Value& argument = expression.as_object().front().second;
    static const std::map<std::string_view, Evaluated (Evaluator::*)(const Value&) const> kFunctions = {
        {"Ref", &Evaluator::ref},
        {"Fn::GetAtt", &Evaluator::get_att},
        {"Fn::Sub", &Evaluator::sub},
        {"Fn::Join", &Evaluator::join},
        {"Fn::Select", &Evaluator::select},
        {"Fn::Split", &Evaluator::split},
        {"Fn::FindInMap", &Evaluator::find_in_map},
        {"Fn::If", &Evaluator::choose},
        {"Fn::ImportValue", &Evaluator::import_value},
        {"Fn::Base64", &Evaluator::base64},
        {"Fn::Cidr", &Evaluator::cidr},
        {"Fn::GetAZs", &Evaluator::get_azs},
        {"Fn::Length", &Evaluator::length},
        {"Fn::ToJsonString", &Evaluator::to_json_string},
    };
    const auto found = kFunctions.find(name);
    if (found != kFunctions.end()) return (this->*found->second)(argument);
    if (name == "Fn::Transform" || name == "Fn::GetStackOutput" || name.starts_with("Fn::ForEach::")) {
      return problem("Function " + std::string(name) + " is not supported by renkei yet.");
    }
    return problem("Template error: unrecognized function " + std::string(name));
  }

  // For arguments that must come to one text.
  Result<std::string> text(const Value& expression, std::string_view shape) const {
    TRY(const auto value, evaluate(expression));
    if (!value || !value->is_scalar()) return refuse(shape);
    return value->to_text();
  }

 private:
  Evaluated evaluate_list(const Value::Array& list) const {
    Value::Array items;
    for (const Value& item : list) {
      TRY(auto value, evaluate(item));
      if (value) items.push_back(std::move(*value));
    }
    return Value(std::move(items));
  }

  Evaluated evaluate_object(const Value::Object& object) const {
    Value::Object members;
    for (const auto& [key, member] : object) {
      TRY(auto value, evaluate(member));
      if (value) members.emplace_back(key, std::move(*value));
    }
    return Value(std::move(members));
  }

  Evaluated name(const std::string& name) const {
    if (is_pseudo_parameter(name)) return pseudo(name);
    if (const ParameterDeclaration* parameter = scope_.source.find_parameter(name)) {
      return parameter_value(*parameter, scope_.parameters.at(name));
    }
    CHECK(included(name));
    return scope_.surroundings.reference(name);
  }

  // A resource that a false condition takes out can't be referred to.
  Result<void> included(const std::string& name) const {
    const ResourceDeclaration* resource = scope_.source.find_resource(name);
    if (resource != nullptr && resource->condition.empty()) return {};
    if (resource != nullptr) {
      const auto condition = scope_.conditions.find(resource->condition);
      if (condition == scope_.conditions.end() || condition->second) return {};
    }
    if (scope_.block == Block::Outputs) {
      return problem("Unresolved resource dependencies [" + name + "] in the Outputs block of the template");
    }
    return problem("Template format error: Unresolved resource dependencies [" + name +
                   "] in the Resources block of the template");
  }

  Evaluated pseudo(const std::string& name) const {
    const PseudoParameters& pseudo = scope_.pseudo;
    if (name == "AWS::AccountId") return Value(pseudo.account);
    if (name == "AWS::Region") return Value(pseudo.region);
    if (name == "AWS::StackId") return Value(pseudo.stack_id);
    if (name == "AWS::StackName") return Value(pseudo.stack_name);
    if (name == "AWS::Partition") return Value("aws");
    if (name == "AWS::URLSuffix") return Value("amazonaws.com");
    if (name == "AWS::NoValue") return std::nullopt;
    Value::Array arns;
    for (const std::string& arn : pseudo.notification_arns) arns.emplace_back(arn);
    return Value(std::move(arns));
  }

  Evaluated ref(const Value& argument) const {
    if (!argument.is_string()) return refuse("Template format error: Every Ref must be a string.");
    return name(argument.as_string());
  }

  Evaluated get_att(const Value& argument) const {
    const auto wanted = attribute_name(argument);
    if (!wanted) return refuse(kAttributeShape);
    TRY(const std::string attribute, text(wanted->attribute, kAttributeShape));
    CHECK(included(wanted->resource));
    return scope_.surroundings.attribute(wanted->resource, attribute);
  }

  Result<std::string> sub_name(const std::string& text, const Value* variables) const {
    if (const Value* variable = variables == nullptr ? nullptr : variables->find(text)) {
      return this->text(*variable, kSubShape);
    }
    const auto dot = text.find('.');
    TRY(const auto value, dot == std::string::npos
                              ? name(text)
                              : get_att(Value(Value::Array{text.substr(0, dot), text.substr(dot + 1)})));
    if (!value) return "";
    if (!value->is_scalar()) {
      return problem("Template error: variable " + text + " in Fn::Sub expression does not resolve to a string");
    }
    return value->to_text();
  }

  Evaluated sub(const Value& argument) const {
    const bool pair =
        is_list_of(argument, 2) && argument.as_array()[0].is_string() && argument.as_array()[1].is_object();
    if (!pair && !argument.is_string()) return refuse(kSubShape);
    const Value* variables = pair ? &argument.as_array()[1] : nullptr;
    std::string text;
    for (const SubPart& part : split_sub(pair ? argument.as_array()[0].as_string() : argument.as_string())) {
      if (!part.is_name) {
        text += part.text;
        continue;
      }
      TRY(const std::string value, sub_name(part.text, variables));
      text += value;
    }
    return Value(std::move(text));
  }

  Evaluated join(const Value& argument) const {
    if (!is_list_of(argument, 2)) return refuse(kJoinShape);
    TRY(const std::string delimiter, text(argument.as_array()[0], kJoinShape));
    TRY(const auto list, evaluate(argument.as_array()[1]));
    if (list && is_unknown_text(*list)) return *list;
    if (!list || !list->is_array()) return refuse(kJoinShape);
    std::string text;
    bool first = true;
    for (const Value& item : list->as_array()) {
      if (!item.is_scalar()) return refuse(kJoinShape);
      if (!std::exchange(first, false)) text += delimiter;
      text += item.to_text();
    }
    return Value(std::move(text));
  }

  Evaluated select(const Value& argument) const {
    if (!is_list_of(argument, 2)) return refuse(kSelectShape);
    TRY(const auto index_value, evaluate(argument.as_array()[0]));
    const auto index = index_value ? as_integer(*index_value) : std::nullopt;
    if (!index) return refuse(kSelectShape);
    TRY(const auto list, evaluate(argument.as_array()[1]));
    if (list && is_unknown_text(*list)) return *list;
    if (!list || !list->is_array()) return refuse(kSelectShape);
    if (*index < 0 || static_cast<std::size_t>(*index) >= list->as_array().size()) {
      return problem("Template error: Fn::Select cannot select nonexistent value at index " + std::to_string(*index));
    }
    const Value& picked = list->as_array()[static_cast<std::size_t>(*index)];
    if (picked.is_null())
      return problem("Template error: Fn::Select cannot select a null value at index " + std::to_string(*index));
    return picked;
  }

  Evaluated split(const Value& argument) const {
    if (!is_list_of(argument, 2) || !argument.as_array()[0].is_string() || argument.as_array()[0].as_string().empty()) {
      return refuse(kSplitShape);
    }
    const std::string& delimiter = argument.as_array()[0].as_string();
    TRY(const std::string text, this->text(argument.as_array()[1], kSplitShape));
    if (!is_known_text(text)) return Value(kKnownAfterApply);
    Value::Array items;
    std::size_t from = 0;
    for (std::size_t at = text.find(delimiter); at != std::string::npos; at = text.find(delimiter, from)) {
      items.emplace_back(text.substr(from, at - from));
      from = at + delimiter.size();
    }
    items.emplace_back(text.substr(from));
    return Value(std::move(items));
  }

  Evaluated find_in_map(const Value& argument) const {
    const bool extended = is_list_of(argument, 4) && scope_.source.has_language_extensions();
    if (!is_list_of(argument, 3) && !extended) return refuse(kFindInMapShape);
    std::array<std::string, 3> keys;
    for (std::size_t i = 0; i < 3; ++i) {
      TRY(keys[i], text(argument.as_array()[i], kFindInMapShape));
    }
    const Value* held = scope_.source.mappings.find(keys[0]);
    if (held == nullptr && !extended) {
      return problem("Template error: Mapping named '" + keys[0] +
                     "' is not present in the 'Mappings' section of template.");
    }
    for (std::size_t i = 1; i < 3 && held != nullptr; ++i) held = held->find(keys[i]);
    if (held != nullptr) return *held;
    const Value* otherwise = extended ? argument.as_array()[3].find("DefaultValue") : nullptr;
    if (otherwise != nullptr) return evaluate(*otherwise);
    return problem("Template error: Unable to get mapping for " + keys[0] + "::" + keys[1] + "::" + keys[2]);
  }

  Evaluated choose(const Value& argument) const {
    if (!is_list_of(argument, 3) || !argument.as_array()[0].is_string()) return refuse(kIfShape);
    const std::string& name = argument.as_array()[0].as_string();
    const auto condition = scope_.conditions.find(name);
    if (condition == scope_.conditions.end()) {
      return problem("Template error: unresolved condition dependency " + name + " in Fn::If");
    }
    return evaluate(argument.as_array()[condition->second ? 1 : 2]);
  }

  Evaluated import_value(const Value& argument) const {
    TRY(const std::string name, text(argument,
                                     "Template error: the attribute in Fn::ImportValue must be a string or a "
                                     "function that returns a string"));
    if (!is_known_text(name))
      return problem(
          "Template error: the attribute in Fn::ImportValue must not depend on any resources, imported values, or "
          "Fn::GetAZs");
    return scope_.surroundings.imported(name);
  }

  Evaluated base64(const Value& argument) const {
    TRY(const std::string text,
        this->text(argument, "Template error: every Fn::Base64 object must have a String-typed value."));
    return Value(is_known_text(text) ? wire::to_base64(text) : std::string(kKnownAfterApply));
  }

  Evaluated cidr(const Value& argument) const {
    constexpr std::string_view kShape =
        "Template error: every Fn::Cidr object requires an IP block, a count and the number of host bits";
    if (!is_list_of(argument, 3)) return refuse(kShape);
    TRY(const std::string block, text(argument.as_array()[0], kShape));
    TRY(const std::string count_text, text(argument.as_array()[1], kShape));
    TRY(const std::string bits_text, text(argument.as_array()[2], kShape));
    if (!is_known_text(block)) return Value(kKnownAfterApply);
    const auto count = as_integer(Value(count_text));
    const auto bits = as_integer(Value(bits_text));
    if (!count || !bits) return refuse(kShape);
    TRY(const auto blocks, split_cidr(block, *count, *bits));
    return Value(Value::Array(blocks.begin(), blocks.end()));
  }

  Evaluated get_azs(const Value& argument) const {
    TRY(std::string region, text(argument, "Template error: Fn::GetAZs requires a region name"));
    if (region.empty()) region = scope_.pseudo.region;
    const auto zones = scope_.surroundings.zones(region);
    return Value(Value::Array(zones.begin(), zones.end()));
  }

  Result<void> need_extensions(std::string_view name) const {
    if (scope_.source.has_language_extensions()) return {};
    return problem("Function " + std::string(name) + " needs Transform: AWS::LanguageExtensions.");
  }

  Evaluated length(const Value& argument) const {
    CHECK(need_extensions("Fn::Length"));
    TRY(const auto list, evaluate(argument));
    if (!list || !list->is_array()) return problem("Template error: Fn::Length requires a list");
    return Value(static_cast<std::int64_t>(list->as_array().size()));
  }

  Evaluated to_json_string(const Value& argument) const {
    CHECK(need_extensions("Fn::ToJsonString"));
    TRY(const auto value, evaluate(argument));
    if (!value || value->is_scalar()) return problem("Template error: Fn::ToJsonString requires an object or a list");
    return Value(wire::write_json(*value));
  }

  const Scope& scope_;
};

}  // namespace

bool is_known_text(std::string_view text) {
  return text.find(kKnownAfterApply) == std::string_view::npos;
}

bool is_known(const Value& value) {
  if (value.is_string()) return is_known_text(value.as_string());
  if (value.is_array()) return std::ranges::all_of(value.as_array(), [](const Value& item) { return is_known(item); });
  if (!value.is_object()) return true;
  return std::ranges::all_of(value.as_object(), [](const auto& member) { return is_known(member.second); });
}

bool is_pseudo_parameter(std::string_view name) {
  return std::ranges::find(kPseudo, name) != kPseudo.end();
}

std::vector<SubPart> split_sub(std::string_view text) {
  std::vector<SubPart> parts;
  const auto literal = [&](std::string_view piece) {
    if (piece.empty()) return;
    if (parts.empty() || parts.back().is_name) parts.push_back({false, ""});
    parts.back().text += piece;
  };
  while (!text.empty()) {
    const auto open = text.find("${");
    const auto close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) {
      literal(text);
      break;
    }
    literal(text.substr(0, open));
    const std::string_view name = text.substr(open + 2, close - open - 2);
    if (name.starts_with("!")) {
      literal("${");
      literal(name.substr(1));
      literal("}");
    } else {
      parts.push_back({true, std::string(name)});
    }
    text.remove_prefix(close + 1);
  }
  return parts;
}

std::optional<AttributeName> attribute_name(const Value& argument) {
  AttributeName name;
  if (argument.is_string()) {
    const std::string& text = argument.as_string();
    const auto dot = text.find('.');
    if (dot == std::string::npos || dot == 0 || dot + 1 == text.size()) return std::nullopt;
    return AttributeName{text.substr(0, dot), text.substr(dot + 1)};
  }
  if (!argument.is_array() || argument.as_array().size() < 2 || !argument.as_array()[0].is_string())
    return std::nullopt;
  const auto& list = argument.as_array();
  if (list[0].as_string().empty()) return std::nullopt;
  if (list.size() == 2) {
    if (list[1].is_string() && list[1].as_string().empty()) return std::nullopt;
    return AttributeName{list[0].as_string(), list[1]};
  }
  // [res, Outputs, Name] is accepted for ["res", "Outputs.Name"].
  std::string attribute;
  for (std::size_t i = 1; i < list.size(); ++i) {
    if (!list[i].is_string()) return std::nullopt;
    attribute += (i == 1 ? "" : ".") + list[i].as_string();
  }
  return AttributeName{list[0].as_string(), attribute};
}

Result<std::optional<Value>> evaluate(const Value& expression, const Scope& scope) {
  return Evaluator(scope).evaluate(expression);
}

}  // namespace cloudformation
