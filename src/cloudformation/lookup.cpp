#include "cloudformation/lookup.h"

#include <algorithm>

#include "api/secretsmanager/operations.h"
#include "api/ssm/operations.h"
#include "base/fault.h"
#include "base/random.h"
#include "cloudformation/template/parameters.h"
#include "wire/json.h"

namespace cloudformation {
namespace {

base::Outcome<api::ssm::Parameter> get_parameter(const std::string& name, service::Context& ctx) {
  api::ssm::GetParameterRequest request;
  request.name = name;
  TRY(auto answer, service::call<api::ssm::GetParameter>(std::move(request), ctx));
  return std::move(*answer.parameter);
}

// As the SDK that CloudFormation uses prints a refusal.
std::string sdk_words(const base::Fault& fault, service::Context& ctx) {
  return fault.message + " (Service: AWSSecretsManager; Status Code: " + std::to_string(fault.shape->http_status) +
         "; Error Code: " + std::string(fault.shape->name) + "; Request ID: " + base::uuid(ctx.random) +
         "; Proxy: null)";
}

// A label is no version to CloudFormation: its own servers stumble over one.
bool has_label(const std::string& name) {
  const auto colon = name.rfind(':');
  if (colon == std::string::npos || name.starts_with("arn:")) return false;
  return name.find_first_not_of("0123456789", colon + 1) != std::string::npos;
}

std::string trimmed_list(const std::string& text) {
  Texts items;
  for (const base::Value& item : parameter_value({.type = "CommaDelimitedList"}, text).as_array()) {
    items.push_back(item.as_string());
  }
  return joined(items, ",");
}

}  // namespace

Result<std::string> look_up_parameter(const std::string& name, service::Context& ctx) {
  const auto found = get_parameter(name, ctx);
  if (!found) return problem("Parameters: [ssm:" + name + "] cannot be found.");
  if (found->type_ == "SecureString") {
    return problem("Non-secure ssm prefix was used for secure parameter " + name.substr(0, name.find(':')));
  }
  return found->value.value_or("");
}

Result<std::string> look_up_secret(const SecretReference& reference, service::Context& ctx) {
  api::secretsmanager::GetSecretValueRequest request;
  request.secret_id = reference.id;
  if (!reference.stage.empty()) request.version_stage = reference.stage;
  if (!reference.version_id.empty()) request.version_id = reference.version_id;
  const auto found = service::call<api::secretsmanager::GetSecretValue>(std::move(request), ctx);
  if (!found) return problem(sdk_words(found.error(), ctx));
  if (!found->secret_string) return problem("Could not find a value associated with SecretString");
  if (reference.json_key.empty()) return *found->secret_string;
  const auto document = wire::parse_json(*found->secret_string);
  if (!document || !document->is_object()) return problem("Could not parse SecretString JSON");
  const base::Value* member = document->find(reference.json_key);
  if (member == nullptr) return problem("Could not find a value associated with JSONKey in SecretString");
  return member->is_scalar() ? member->to_text() : wire::write_json(*member);
}

Result<std::map<std::string, std::string>> resolve_typed_parameters(const Template& source,
                                                                    const std::map<std::string, std::string>& texts,
                                                                    service::Context& ctx) {
  std::map<std::string, std::string> values;
  Texts missing;
  Texts secure;
  Texts incompatible;
  for (const ParameterDeclaration& declared : source.parameters) {
    if (!declared.type.starts_with("AWS::SSM::Parameter::Value<")) continue;
    const std::string& name = texts.at(declared.name);
    if (has_label(name)) {
      return problem("Parameter labels (" + name + " of " + declared.name +
                     ") are not supported by CloudFormation: name a version.");
    }
    const auto found = get_parameter(name, ctx);
    const bool wants_list = is_list_type(declared.type);
    if (!found) {
      missing.push_back(name);
    } else if (found->type_ == "SecureString") {
      secure.push_back(name);
    } else if ((found->type_ == "StringList") != wants_list) {
      incompatible.push_back(name);
    } else {
      values[declared.name] = wants_list ? trimmed_list(*found->value) : *found->value;
    }
  }
  if (!missing.empty()) {
    return problem("Unable to fetch parameters [" + joined(missing, ",") + "] from parameter store for this account.");
  }
  if (!secure.empty()) {
    return problem("Parameters [" + joined(secure, ",") +
                   "] referenced by template have types not supported by CloudFormation.");
  }
  if (!incompatible.empty()) {
    return problem("Types for SSM parameters [" + joined(incompatible, ",") +
                   "] defined in CFN template and SSM are incompatible");
  }
  return values;
}

std::string missing_named_parameter(const Template& source, const std::map<std::string, std::string>& texts,
                                    service::Context& ctx) {
  for (const ParameterDeclaration& declared : source.parameters) {
    if (declared.type != "AWS::SSM::Parameter::Name") continue;
    const std::string& name = texts.at(declared.name);
    if (get_parameter(name, ctx)) continue;
    return "Parameter validation failed: parameter value " + name + " for parameter name " + declared.name +
           " does not exist.";
  }
  return "";
}

}  // namespace cloudformation
