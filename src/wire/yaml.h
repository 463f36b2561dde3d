#pragma once

// YAML as CloudFormation takes it, to base::Value.

#include <expected>
#include <string_view>

#include "base/value.h"
#include "wire/json.h"

namespace wire {

// One document. Only plain scalars become booleans, integers, floats or null, by YAML's core schema; dates stay texts,
// and so do numbers that would lose digits as numbers ("012345678901", "1.10" does lose its zero). Of a repeated key
// the last value stays. Short tags become CloudFormation's long form: !Ref x -> {"Ref": "x"}, !GetAtt a.b ->
// {"Fn::GetAtt": ["a", "b"]}, !Sub x -> {"Fn::Sub": "x"}; unknown tags are errors. Aliases and merge keys are
// followed, up to kYamlNodesMax nodes in all.
std::expected<base::Value, SyntaxError> parse_yaml(std::string_view text);

inline constexpr std::size_t kYamlNodesMax = 200'000;

}  // namespace wire
