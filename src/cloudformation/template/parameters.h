#pragma once

// Binds what a caller gave to what a template declares, with every constraint checked.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cloudformation/template/template.h"

namespace cloudformation {

struct GivenParameter {
  std::string key;
  std::optional<std::string> value;
  bool use_previous = false;
};

// Texts by parameter name, in no other order than the names'.
using ParameterTexts = std::map<std::string, std::string>;

// `previous` holds the stack's present texts; null on create.
Result<ParameterTexts> bind_parameters(const Template& source, const std::vector<GivenParameter>& given,
                                       const ParameterTexts* previous);

// What Ref answers: the text as given, or a list of trimmed texts for list types.
base::Value parameter_value(const ParameterDeclaration& declaration, const std::string& text);
bool is_list_type(std::string_view parameter_type);

}  // namespace cloudformation
