// Operations that begin or steer a stack's operation.

#include <algorithm>

#include "base/fault.h"
#include "cloudformation/operations/operations.h"
#include "wire/digest.h"
#include "wire/from_value.h"
#include "wire/json.h"

namespace cloudformation {
namespace {

template <class Input>
std::string fingerprint(const char* operation, const Input& input) {
  return operation + std::string(" ") + wire::sha256_hex(wire::write_json(wire::to_value(Input::type(), &input)));
}

base::Outcome<void> refuse_policies(const std::optional<std::string>& policy_body,
                                    const std::optional<std::string>& policy_url) {
  if (policy_body || policy_url) return refuse("Stack policies are not supported by renkei yet.");
  return {};
}

base::Outcome<void> check_types_stay(const State& state, const StackRow& stack, const Blueprint& wanted) {
  std::vector<std::string> moved;
  for (const ResourceDeclaration& resource : wanted.source.resources) {
    const ResourceRow* row = state.tables.find_resource(stack, resource.name);
    if (row != nullptr && !row->now.physical_id.empty() && row->type != resource.type) moved.push_back(resource.name);
  }
  if (moved.empty()) return {};
  return refuse(
      "Update of resource type is not permitted. The new template modifies resource type of the following resources: "
      "[" +
      joined(moved) + "]");
}

bool is_updatable(const std::string& status) {
  return status == "CREATE_COMPLETE" || status == "UPDATE_COMPLETE" || status == "UPDATE_ROLLBACK_COMPLETE" ||
         status == "UPDATE_FAILED" || status == "CREATE_FAILED";
}

}  // namespace

CLOUDFORMATION_OPERATION(CreateStack, create_stack) {
  CHECK(check_stack_name(input.stack_name));
  CHECK(refuse_policies(input.stack_policy_body, input.stack_policy_url));
  CHECK(refuse_wishes({input.notification_arns, input.rollback_configuration, input.deployment_config}));
  const std::string print = fingerprint("CreateStack", input);
  const StackRow* held = state.tables.find_stack(ctx.call, input.stack_name);
  if (held != nullptr && held->status != "REVIEW_IN_PROGRESS") {
    TRY(const bool seen, seen_token(*held, input.client_request_token, print));
    if (!seen) {
      return base::fault(cfn::faults::AlreadyExistsException, "Stack [" + input.stack_name + "] already exists");
    }
    cfn::CreateStackOutput output;
    output.stack_id = held->id;
    return output;
  }
  if (input.disable_rollback && input.on_failure)
    return refuse("You can not specify both DisableRollback and OnFailure");
  StackRow row = held != nullptr ? *held : new_stack(input.stack_name, ctx);
  row.on_failure = input.on_failure.value_or("ROLLBACK");
  row.disable_rollback = input.disable_rollback.value_or(false);
  row.timeout_minutes = input.timeout_in_minutes;
  row.termination_protection = input.enable_termination_protection.value_or(false);

  Proposal proposal;
  TRY(proposal.body, template_text(state, input.template_body, input.template_url, ctx));
  proposal.given = given_parameters(input.parameters);
  TRY(proposal.deployment.tags, given_tags(input.tags));
  proposal.deployment.capabilities = input.capabilities.value_or(Texts{});
  TRY(proposal.deployment.role_arn, given_role(input.role_arn, "", ctx));
  TRY(const auto blueprint, check_proposal(state.providers, list_zones(ctx), row, proposal, ctx));
  CHECK(check_resource_types(*blueprint, input.resource_types));

  const std::string key = stack_key(row);
  const bool disable_rollback = row.disable_rollback;
  state.tables.stacks.put(ctx.change, key, row);
  std::vector<std::string> obsolete;
  for (const auto& [at, change_set] : state.tables.change_sets.with_prefix(part_prefix(row))) obsolete.push_back(at);
  for (const std::string& at : obsolete) {
    state.tables.change_sets.modify(ctx.change, at, [](ChangeSetRow& set) { set.execution_status = "OBSOLETE"; });
  }
  proposal.deployment.template_id = state.tables.keep_template(row, std::move(proposal.body), ctx);
  remember_token(state, key, input.client_request_token, print, ctx);
  state.machine.begin_create(key,
                             {.wanted = std::move(proposal.deployment),
                              .token = input.client_request_token.value_or(""),
                              .disable_rollback = disable_rollback,
                              .retain_except_on_create = input.retain_except_on_create.value_or(false)},
                             ctx);
  cfn::CreateStackOutput output;
  output.stack_id = row.id;
  output.operation_id = state.tables.stacks.find(key)->operation.id;
  return output;
}

CLOUDFORMATION_OPERATION(UpdateStack, update_stack) {
  TRY(const StackRow* stack, stack_or_fault(state, input.stack_name, ctx));
  CHECK(refuse_policies(input.stack_policy_body, input.stack_policy_url));
  CHECK(refuse_policies(input.stack_policy_during_update_body, input.stack_policy_during_update_url));
  CHECK(refuse_wishes({input.notification_arns, input.rollback_configuration, input.deployment_config}));
  const std::string print = fingerprint("UpdateStack", input);
  TRY(const bool seen, seen_token(*stack, input.client_request_token, print));
  cfn::UpdateStackOutput output;
  output.stack_id = stack->id;
  if (seen) return output;
  if (!is_updatable(stack->status)) {
    return refuse("Stack:" + stack->id + " is in " + stack->status + " state and can not be updated.");
  }
  Proposal proposal;
  if (input.use_previous_template.value_or(false)) {
    if (input.template_body || input.template_url) {
      return refuse("You can not specify both usePreviousTemplate and a template");
    }
    proposal.body = state.tables.template_body(*stack, stack->present);
  } else {
    TRY(proposal.body, template_text(state, input.template_body, input.template_url, ctx));
  }
  proposal.given = given_parameters(input.parameters);
  proposal.previous = &stack->present.parameters;
  proposal.deployment.tags = stack->present.tags;
  if (input.tags) {
    TRY(proposal.deployment.tags, given_tags(input.tags));
  }
  proposal.deployment.capabilities = input.capabilities.value_or(Texts{});
  TRY(proposal.deployment.role_arn, given_role(input.role_arn, stack->present.role_arn, ctx));
  const auto zones = list_zones(ctx);
  TRY(const auto blueprint, check_proposal(state.providers, zones, *stack, proposal, ctx));
  CHECK(check_resource_types(*blueprint, input.resource_types));
  CHECK(check_types_stay(state, *stack, *blueprint));
  const bool failed_before = stack->status == "UPDATE_FAILED" || stack->status == "CREATE_FAILED";
  if (!failed_before && !plan_changes(state, *stack, *blueprint, proposal.deployment, zones, ctx).any()) {
    return refuse("No updates are to be performed.");
  }
  const std::string key = stack_key(*stack);
  proposal.deployment.template_id = state.tables.keep_template(*stack, std::move(proposal.body), ctx);
  remember_token(state, key, input.client_request_token, print, ctx);
  state.machine.begin_update(key,
                             {.wanted = std::move(proposal.deployment),
                              .token = input.client_request_token.value_or(""),
                              .disable_rollback = input.disable_rollback.value_or(false),
                              .retain_except_on_create = input.retain_except_on_create.value_or(false)},
                             ctx);
  output.operation_id = state.tables.stacks.find(key)->operation.id;
  return output;
}

CLOUDFORMATION_OPERATION(DeleteStack, delete_stack) {
  if (input.deletion_mode.value_or("STANDARD") != "STANDARD") return not_supported("DeletionMode");
  CHECK(refuse_wishes({std::nullopt, std::nullopt, input.deployment_config}));
  const StackRow* stack = state.tables.find_stack(ctx.call, input.stack_name);
  if (stack == nullptr || stack->status == "DELETE_COMPLETE" || stack->status == "DELETE_IN_PROGRESS") {
    return cfn::DeleteStack::Output{};
  }
  if (stack->termination_protection) {
    return refuse("Stack [" + stack->name + "] cannot be deleted while TerminationProtection is enabled");
  }
  if (stack->status.starts_with("UPDATE_") && stack->status.ends_with("IN_PROGRESS")) {
    return refuse("Stack:" + stack->id + " is in " + stack->status + " state and can not be deleted.");
  }
  TRY(const std::string role, given_role(input.role_arn, stack->present.role_arn, ctx));
  const Texts retained = input.retain_resources.value_or(Texts{});
  if (!retained.empty() && stack->status != "DELETE_FAILED") {
    return refuse("Invalid operation on stack [" + stack->id +
                  "]. Specified resources to retain but the stack is not in DELETE_FAILED state.");
  }
  for (const std::string& name : retained) {
    if (state.tables.find_resource(*stack, name) == nullptr) {
      return refuse("Resource " + name + " does not exist for stack " + stack->name);
    }
  }
  const std::string key = stack_key(*stack);
  state.tables.stacks.modify(ctx.change, key, [&](StackRow& row) { row.present.role_arn = role; });
  state.machine.begin_delete(key, input.client_request_token.value_or(""), retained, ctx);
  return cfn::DeleteStack::Output{};
}

CLOUDFORMATION_OPERATION(CancelUpdateStack, cancel_update_stack) {
  TRY(const StackRow* stack, stack_or_fault(state, input.stack_name, ctx));
  if (stack->status != "UPDATE_IN_PROGRESS") {
    return refuse("CancelUpdateStack cannot be called from current stack status");
  }
  state.machine.cancel_update(stack_key(*stack), input.client_request_token.value_or(""), ctx);
  return cfn::CancelUpdateStack::Output{};
}

CLOUDFORMATION_OPERATION(ContinueUpdateRollback, continue_update_rollback) {
  TRY(const StackRow* stack, stack_or_fault(state, input.stack_name, ctx));
  if (stack->status != "UPDATE_ROLLBACK_FAILED") {
    return refuse("Stack:" + stack->id + " is in " + stack->status + " state and can not continue update rollback.");
  }
  TRY(const std::string role, given_role(input.role_arn, stack->present.role_arn, ctx));
  const std::string key = stack_key(*stack);
  state.tables.stacks.modify(ctx.change, key, [&](StackRow& row) {
    row.present.role_arn = role;
    row.operation.previous.role_arn = role;
  });
  state.machine.continue_rollback(key, input.client_request_token.value_or(""),
                                  input.resources_to_skip.value_or(Texts{}), ctx);
  return cfn::ContinueUpdateRollback::Output{};
}

CLOUDFORMATION_OPERATION(UpdateTerminationProtection, update_termination_protection) {
  TRY(const StackRow* stack, stack_or_fault(state, input.stack_name, ctx));
  if (!stack->parent_id.empty()) {
    return refuse("Termination protection cannot be changed for nested stacks: it follows the root stack.");
  }
  state.tables.stacks.modify(ctx.change, stack_key(*stack),
                             [&](StackRow& row) { row.termination_protection = input.enable_termination_protection; });
  cfn::UpdateTerminationProtection::Output output;
  output.stack_id = stack->id;
  return output;
}

}  // namespace cloudformation
