#include "cloudformation/template/parameters.h"

#include <algorithm>
#include <regex>
#include <set>

#include "base/fault.h"

namespace cloudformation {
namespace {

// Bytes; CloudFormation quotas page.
constexpr std::size_t kParameterValueMax = 4096;

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> items;
  std::size_t from = 0;
  for (;;) {
    const auto comma = text.find(',', from);
    items.push_back(trimmed(std::string_view(text).substr(from, comma - from)));
    if (comma == std::string::npos) return items;
    from = comma + 1;
  }
}

std::optional<double> as_number(const std::string& text) {
  const std::string bare = trimmed(text);
  char* end = nullptr;
  const double value = std::strtod(bare.c_str(), &end);
  if (bare.empty() || *end != '\0') return std::nullopt;
  return value;
}

std::string number_text(double value) {
  return base::Value(value).to_text();
}

std::unexpected<Problem> violated(const ParameterDeclaration& declaration, const std::string& otherwise) {
  if (!declaration.constraint_description.empty()) {
    return problem("Parameter " + declaration.name +
                   " failed to satisfy constraint: " + declaration.constraint_description);
  }
  return problem("Parameter '" + declaration.name + "' " + otherwise);
}

Result<void> check_pattern(const ParameterDeclaration& declaration, const std::string& item) {
  // AWS evaluates Java expressions; what ECMAScript can't read is refused rather than passed over.
  try {
    const std::regex pattern(*declaration.allowed_pattern, std::regex::ECMAScript);
    if (std::regex_match(item, pattern)) return {};
  } catch (const std::regex_error&) {
    return problem("AllowedPattern " + *declaration.allowed_pattern + " of parameter '" + declaration.name +
                   "' is not supported by renkei.");
  }
  return violated(declaration, "must match pattern " + *declaration.allowed_pattern);
}

Result<void> check_number(const ParameterDeclaration& declaration, const std::string& item) {
  const auto number = as_number(item);
  if (!number) return violated(declaration, "must be a number.");
  if (declaration.min_value && *number < *declaration.min_value) {
    return violated(declaration, "must be a number not less than " + number_text(*declaration.min_value));
  }
  if (declaration.max_value && *number > *declaration.max_value) {
    return violated(declaration, "must be a number not greater than " + number_text(*declaration.max_value));
  }
  return {};
}

Result<void> check_item(const ParameterDeclaration& declaration, const std::string& item) {
  const bool stored = declaration.type.starts_with("AWS::SSM::");
  if (!stored && declaration.type.find("Number") != std::string::npos) CHECK(check_number(declaration, item));
  if (!declaration.allowed_values.empty() &&
      std::ranges::find(declaration.allowed_values, item) == declaration.allowed_values.end()) {
    return violated(declaration, "must be one of AllowedValues");
  }
  if (declaration.allowed_pattern) CHECK(check_pattern(declaration, item));
  if (declaration.min_length && item.size() < static_cast<std::size_t>(*declaration.min_length)) {
    return violated(declaration, "must contain at least " + std::to_string(*declaration.min_length) + " characters");
  }
  if (declaration.max_length && item.size() > static_cast<std::size_t>(*declaration.max_length)) {
    return violated(declaration, "must contain at most " + std::to_string(*declaration.max_length) + " characters");
  }
  return {};
}

Result<void> check_parameter(const ParameterDeclaration& declaration, const std::string& text) {
  if (text.size() > kParameterValueMax) {
    return problem("Parameter '" + declaration.name + "' must contain at most 4096 characters");
  }
  // Of a name in Parameter Store the name is checked, not what it stands for.
  if (declaration.type.starts_with("AWS::SSM::")) return check_item(declaration, text);
  if (!is_list_type(declaration.type)) return check_item(declaration, text);
  for (const std::string& item : split_list(text)) CHECK(check_item(declaration, item));
  return {};
}

// The text for one declared parameter, or nothing when nobody gave one.
Result<std::optional<std::string>> choose(const ParameterDeclaration& declaration, const GivenParameter* given,
                                          const ParameterTexts* previous) {
  if (given != nullptr && given->use_previous) {
    const auto held = previous == nullptr ? ParameterTexts::const_iterator{} : previous->find(declaration.name);
    if (previous == nullptr || held == previous->end()) {
      return problem("Invalid input for parameter key " + declaration.name +
                     ". Cannot specify usePreviousValue as true for a parameter key not in the previous template");
    }
    if (given->value) {
      return problem("Invalid input for parameter key " + declaration.name +
                     ". Cannot specify usePreviousValue as true and also provide a value for a parameter");
    }
    return held->second;
  }
  if (given != nullptr && given->value) return given->value;
  if (given != nullptr && !declaration.default_value) {
    return problem("Invalid input for parameter key " + declaration.name +
                   ". Either value or usePreviousValue must be specified.");
  }
  return declaration.default_value;
}

}  // namespace

bool is_list_type(std::string_view type) {
  constexpr std::string_view kStored = "AWS::SSM::Parameter::Value<";
  if (type.starts_with(kStored) && type.ends_with('>')) {
    return is_list_type(type.substr(kStored.size(), type.size() - kStored.size() - 1));
  }
  return type == "CommaDelimitedList" || type.starts_with("List<");
}

base::Value parameter_value(const ParameterDeclaration& declaration, const std::string& text) {
  if (!is_list_type(declaration.type)) return text;
  base::Value::Array items;
  for (std::string& item : split_list(text)) items.emplace_back(std::move(item));
  return items;
}

Result<ParameterTexts> bind_parameters(const Template& source, const std::vector<GivenParameter>& given,
                                       const ParameterTexts* previous) {
  std::map<std::string, const GivenParameter*> by_key;
  std::vector<std::string> unknown;
  for (const GivenParameter& parameter : given) {
    if (source.find_parameter(parameter.key) == nullptr) unknown.push_back(parameter.key);
    if (!by_key.emplace(parameter.key, &parameter).second) {
      return problem("Duplicate input parameter key " + parameter.key);
    }
  }
  if (!unknown.empty()) return problem("Parameters: [" + joined(unknown) + "] do not exist in the template");

  ParameterTexts bound;
  std::vector<std::string> missing;
  for (const ParameterDeclaration& declaration : source.parameters) {
    const auto found = by_key.find(declaration.name);
    TRY(auto text, choose(declaration, found == by_key.end() ? nullptr : found->second, previous));
    if (text) {
      bound.emplace(declaration.name, std::move(*text));
    } else {
      missing.push_back(declaration.name);
    }
  }
  if (!missing.empty()) return problem("Parameters: [" + joined(missing) + "] must have values");
  for (const ParameterDeclaration& declaration : source.parameters) {
    CHECK(check_parameter(declaration, bound.at(declaration.name)));
  }
  return bound;
}

}  // namespace cloudformation
