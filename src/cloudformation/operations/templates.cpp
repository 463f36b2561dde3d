#include <algorithm>
#include <set>

#include "base/fault.h"
#include "cloudformation/operations/operations.h"
#include "wire/json.h"

namespace cloudformation {
namespace {

std::optional<std::string> if_any(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

base::Outcome<Template> checked_template(const State& state, const std::string& body) {
  auto source = read_template(body);
  if (!source) return refuse(source.error().message);
  if (const auto checked = check_references(*source); !checked) return refuse(checked.error().message);
  std::vector<std::string> unknown;
  for (const ResourceDeclaration& resource : source->resources) {
    const bool met = std::ranges::find(unknown, resource.type) != unknown.end();
    if (state.providers.find(resource.type) == nullptr && !met) unknown.push_back(resource.type);
  }
  if (!unknown.empty()) return refuse("Template format error: Unrecognized resource types: [" + joined(unknown) + "]");
  return std::move(*source);
}

// Fills what ValidateTemplate and GetTemplateSummary both say about capabilities.
template <class Output>
void tell_capabilities(const State& state, const Template& source, Output& output) {
  output.capabilities.emplace();
  const CapabilityNeed need = capability_need(source, state.providers);
  if (!need.capability.empty()) {
    output.capabilities->push_back(need.capability);
    output.capabilities_reason = "The following resource(s) require capabilities: [" + joined(need.types) + "]";
  }
  if (!source.transforms.empty()) {
    output.capabilities->push_back("CAPABILITY_AUTO_EXPAND");
    output.declared_transforms = source.transforms;
  }
}

const ChangeSetRow* find_change_set(const State& state, const StackRow& stack, const std::string& name) {
  for (const auto& [key, row] : state.tables.change_sets.with_prefix(part_prefix(stack))) {
    if (row.id == name || (row.name == name && !row.by_arn_only)) return &row;
  }
  return nullptr;
}

}  // namespace

CLOUDFORMATION_OPERATION(GetTemplate, get_template) {
  if (!input.stack_name && !input.change_set_name) {
    return refuse("StackName is required if ChangeSetName is not specified.");
  }
  if (!input.stack_name) return refuse("StackName is a required parameter.");
  const StackRow* stack = state.tables.find_stack(ctx.call, *input.stack_name);
  if (stack == nullptr) return refuse("Stack with id " + *input.stack_name + " does not exist");
  const Deployment* deployment = &stack->present;
  if (input.change_set_name) {
    const ChangeSetRow* set = find_change_set(state, *stack, *input.change_set_name);
    if (set == nullptr) {
      return base::fault(cfn::faults::ChangeSetNotFoundException,
                         "ChangeSet [" + *input.change_set_name + "] does not exist");
    }
    deployment = &set->wanted;
  }
  cfn::GetTemplateOutput output;
  output.template_body = state.tables.template_body(*stack, *deployment);
  output.stages_available = {"Original", "Processed"};
  return output;
}

CLOUDFORMATION_OPERATION(GetTemplateSummary, get_template_summary) {
  std::string body;
  if (input.stack_name) {
    const StackRow* stack = state.tables.find_stack(ctx.call, *input.stack_name);
    if (stack == nullptr) return refuse("Stack with id " + *input.stack_name + " does not exist");
    if (stack->status == "REVIEW_IN_PROGRESS") {
      return refuse("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.");
    }
    body = state.tables.template_body(*stack, stack->present);
  } else {
    TRY(body, template_text(state, input.template_body, input.template_url, ctx));
  }
  TRY(const Template source, checked_template(state, body));
  cfn::GetTemplateSummaryOutput output;
  output.parameters.emplace();
  for (const ParameterDeclaration& declared : source.parameters) {
    cfn::ParameterDeclaration& shown = output.parameters->emplace_back();
    shown.parameter_key = declared.name;
    if (declared.default_value) shown.default_value = declared.no_echo ? "****" : *declared.default_value;
    shown.parameter_type = declared.type;
    shown.no_echo = declared.no_echo;
    shown.description = if_any(declared.description);
    shown.parameter_constraints.emplace();
    if (!declared.allowed_values.empty()) shown.parameter_constraints->allowed_values = declared.allowed_values;
  }
  output.description = if_any(source.description);
  tell_capabilities(state, source, output);
  output.resource_types.emplace();
  for (const ResourceDeclaration& resource : source.resources) {
    auto& types = *output.resource_types;
    if (std::ranges::find(types, resource.type) == types.end()) types.push_back(resource.type);
  }
  output.version = if_any(source.version);
  if (!source.metadata.is_null()) output.metadata = wire::write_json(source.metadata);
  return output;
}

CLOUDFORMATION_OPERATION(ValidateTemplate, validate_template) {
  TRY(const std::string body, template_text(state, input.template_body, input.template_url, ctx));
  TRY(const Template source, checked_template(state, body));
  cfn::ValidateTemplateOutput output;
  output.parameters.emplace();
  for (const ParameterDeclaration& declared : source.parameters) {
    cfn::TemplateParameter& shown = output.parameters->emplace_back();
    shown.parameter_key = declared.name;
    if (declared.default_value) shown.default_value = declared.no_echo ? "****" : *declared.default_value;
    shown.no_echo = declared.no_echo;
    shown.description = if_any(declared.description);
  }
  output.description = if_any(source.description);
  tell_capabilities(state, source, output);
  return output;
}

}  // namespace cloudformation
