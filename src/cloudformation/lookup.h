#pragma once

// What stacks ask of Parameter Store and Secrets Manager.

#include <string>

#include "cloudformation/rows.h"
#include "cloudformation/template/dynamic.h"
#include "cloudformation/template/template.h"
#include "service/context.h"

namespace cloudformation {

// The value of "NAME" or "NAME:VERSION", for {{resolve:ssm:…}}.
Result<std::string> look_up_parameter(const std::string& name, service::Context& ctx);
// The text of a secret, or of one member of it. The words are those of a resource's event; they hold no value.
Result<std::string> look_up_secret(const SecretReference& reference, service::Context& ctx);

// The values of a template's parameters of the types AWS::SSM::Parameter::Value<…>, by the parameter's name. `texts`
// are what the caller gave: names in Parameter Store.
Result<std::map<std::string, std::string>> resolve_typed_parameters(const Template& source,
                                                                    const std::map<std::string, std::string>& texts,
                                                                    service::Context& ctx);
// Why a parameter of the type AWS::SSM::Parameter::Name can't be used, found out once the operation has begun; "" if
// all can.
std::string missing_named_parameter(const Template& source, const std::map<std::string, std::string>& texts,
                                    service::Context& ctx);

}  // namespace cloudformation
