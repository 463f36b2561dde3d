#pragma once

// Dynamic references: {{resolve:ssm:NAME:VERSION}} and {{resolve:secretsmanager:…}} inside texts. A parameter's value
// is put in when properties are worked out; a secret's only when a provider is called, so that no row holds it.

#include <functional>
#include <string>
#include <string_view>

#include "base/value.h"
#include "cloudformation/template/problem.h"

namespace cloudformation {

// {{resolve:secretsmanager:ID:SecretString:JSONKEY:STAGE:VERSIONID}}; what is left out is "".
struct SecretReference {
  std::string id;  // name or ARN
  std::string json_key;
  std::string stage;
  std::string version_id;
};

// "NAME" or "NAME:VERSION". What is not known yet answers kKnownAfterApply.
using ParameterLookup = std::function<Result<std::string>(const std::string& name)>;
using SecretLookup = std::function<Result<std::string>(const SecretReference& reference)>;

// The properties of a resource of this type with the values of parameters; references to secrets are checked and left.
Result<base::Value> expand_parameters(const base::Value& properties, std::string_view type,
                                      const ParameterLookup& lookup);
Result<base::Value> expand_secrets(const base::Value& properties, const SecretLookup& lookup);

// {{resolve:ssm:…}} without a version: not allowed in the Default of a parameter.
bool names_newest_parameter(std::string_view text);
bool names_secret(std::string_view text);
bool names_secrets(const base::Value& value);  // anywhere in the tree

}  // namespace cloudformation
