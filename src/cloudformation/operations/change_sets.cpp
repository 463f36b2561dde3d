#include <algorithm>

#include "base/fault.h"
#include "cloudformation/operations/operations.h"
#include "wire/from_value.h"

namespace cloudformation {
namespace {

constexpr std::size_t kChangesPage = 100;
constexpr const char* kNoChanges =
    "The submitted information didn't contain changes. Submit different information to create a change set.";

std::string change_set_key(const StackRow& stack, const std::string& id) {
  return part_prefix(stack) + id.substr(id.rfind('/') + 1);
}

struct Found {
  const StackRow* stack = nullptr;
  const ChangeSetRow* set = nullptr;
};

// A change set by name and stack, or by ARN alone. `set` is null when the stack is there but has none of that name.
base::Outcome<Found> find(const State& state, const std::string& name, const std::optional<std::string>& stack_name,
                          service::Context& ctx) {
  const bool by_arn = name.starts_with("arn:");
  if (!by_arn && !stack_name) {
    return refuse("StackName must be specified if ChangeSetName is not specified as an ARN.");
  }
  Found found;
  if (by_arn) {
    for (const auto& [key, stack] : state.tables.stacks.with_prefix(service::scope_prefix(ctx.call))) {
      for (const auto& [at, set] : state.tables.change_sets.with_prefix(part_prefix(stack))) {
        if (set.id == name) return Found{&stack, &set};
      }
    }
    return found;
  }
  TRY(found.stack, stack_or_fault(state, *stack_name, ctx));
  for (const auto& [at, set] : state.tables.change_sets.with_prefix(part_prefix(*found.stack))) {
    if (set.name == name && !set.by_arn_only) found.set = &set;
  }
  return found;
}

std::unexpected<base::Fault> not_found(const std::string& name) {
  return base::fault(cfn::faults::ChangeSetNotFoundException, "ChangeSet [" + name + "] does not exist");
}

base::Outcome<void> check_state(const StackRow& stack) {
  const std::string& status = stack.status;
  if (status == "REVIEW_IN_PROGRESS" || status == "CREATE_COMPLETE" || status == "UPDATE_COMPLETE" ||
      status == "UPDATE_ROLLBACK_COMPLETE" || status == "UPDATE_FAILED" || status == "CREATE_FAILED") {
    return {};
  }
  return refuse("Stack:" + stack.id + " is in " + status + " state and can not be updated.");
}

base::Outcome<void> refuse_unsupported(const cfn::CreateChangeSetInput& input) {
  if (input.resources_to_import && !input.resources_to_import->empty()) {
    return refuse("ResourcesToImport is not supported by renkei yet.");
  }
  if (input.change_set_type == "IMPORT") return refuse("ChangeSetType IMPORT is not supported by renkei yet.");
  if (input.import_existing_resources.value_or(false)) return not_supported("ImportExistingResources");
  if (input.deployment_mode) return not_supported("DeploymentMode");
  return refuse_wishes({input.notification_arns, input.rollback_configuration, input.deployment_config});
}

// The stack a change set is for; a new one in REVIEW_IN_PROGRESS for type CREATE.
base::Outcome<std::string> stack_for(State& state, const cfn::CreateChangeSetInput& input, const std::string& type,
                                     service::Context& ctx) {
  const StackRow* stack = state.tables.find_stack(ctx.call, input.stack_name);
  if (type == "UPDATE") {
    if (stack == nullptr) return refuse("Stack [" + input.stack_name + "] does not exist");
    CHECK(check_state(*stack));
    return stack_key(*stack);
  }
  if (stack != nullptr) {
    if (stack->status == "REVIEW_IN_PROGRESS") return stack_key(*stack);
    return refuse("Stack [" + input.stack_name + "] already exists and cannot be created again with the changeSet [" +
                  input.change_set_name + "].");
  }
  CHECK(check_stack_name(input.stack_name));
  StackRow row = new_stack(input.stack_name, ctx);
  row.status = "REVIEW_IN_PROGRESS";
  row.reason = "User Initiated";
  const std::string key = stack_key(row);
  state.tables.stacks.put(ctx.change, key, std::move(row));
  add_stack_event(state.tables, key, "User Initiated", ctx);
  return key;
}

base::Outcome<Proposal> propose(State& state, const cfn::CreateChangeSetInput& input, const StackRow& stack,
                                service::Context& ctx) {
  Proposal proposal;
  const bool exists = stack.status != "REVIEW_IN_PROGRESS";
  if (input.use_previous_template.value_or(false)) {
    if (!exists) return refuse("A previous template is only there for a stack that exists.");
    proposal.body = state.tables.template_body(stack, stack.present);
  } else {
    TRY(proposal.body, template_text(state, input.template_body, input.template_url, ctx));
  }
  proposal.given = given_parameters(input.parameters);
  if (exists) proposal.previous = &stack.present.parameters;
  proposal.deployment.tags = stack.present.tags;
  if (input.tags) {
    TRY(proposal.deployment.tags, given_tags(input.tags));
  }
  proposal.deployment.capabilities = input.capabilities.value_or(Texts{});
  TRY(proposal.deployment.role_arn, given_role(input.role_arn, stack.present.role_arn, ctx));
  return proposal;
}

}  // namespace

CLOUDFORMATION_OPERATION(CreateChangeSet, create_change_set) {
  CHECK(refuse_unsupported(input));
  const std::string type = input.change_set_type.value_or("UPDATE");
  TRY(const std::string key, stack_for(state, input, type, ctx));
  const StackRow& stack = *state.tables.stacks.find(key);
  for (const auto& [at, held] : state.tables.change_sets.with_prefix(part_prefix(stack))) {
    if (held.name != input.change_set_name || held.by_arn_only) continue;
    if (input.client_token && held.token == *input.client_token) {
      cfn::CreateChangeSetOutput output;
      output.id = held.id;
      output.stack_id = stack.id;
      return output;
    }
    return base::fault(
        cfn::faults::AlreadyExistsException,
        "ChangeSet " + input.change_set_name + " cannot be created due to a mismatch with existing attribute Template");
  }
  TRY(Proposal proposal, propose(state, input, stack, ctx));
  const auto zones = list_zones(ctx);
  TRY(const auto blueprint, check_proposal(state.providers, zones, stack, proposal, ctx));
  CHECK(check_resource_types(*blueprint, input.resource_types));

  const std::string uuid = base::uuid(ctx.random);
  ChangeSetRow row{.id = ctx.arn("cloudformation", "changeSet/" + input.change_set_name + "/" + uuid),
                   .name = input.change_set_name,
                   .description = input.description.value_or(""),
                   .type = type,
                   .status = "CREATE_COMPLETE",
                   .execution_status = "AVAILABLE",
                   .created_at = ctx.now,
                   .include_nested = input.include_nested_stacks.value_or(false),
                   .on_stack_failure = input.on_stack_failure.value_or(""),
                   .token = input.client_token.value_or("")};
  ChangePlan plan = plan_changes(state, stack, *blueprint, proposal.deployment, zones, ctx);
  if (!plan.any()) {
    row.status = "FAILED";
    row.status_reason = kNoChanges;
    row.execution_status = "UNAVAILABLE";
  }
  row.changes = std::move(plan.changes);
  proposal.deployment.template_id = state.tables.keep_template(stack, std::move(proposal.body), ctx);
  row.wanted = std::move(proposal.deployment);
  cfn::CreateChangeSetOutput output;
  output.id = row.id;
  output.stack_id = stack.id;
  const std::string at = change_set_key(stack, row.id);
  state.tables.change_sets.put(ctx.change, at, std::move(row));
  return output;
}

CLOUDFORMATION_OPERATION(DescribeChangeSet, describe_change_set) {
  TRY(const Found found, find(state, input.change_set_name, input.stack_name, ctx));
  if (found.set == nullptr) return not_found(input.change_set_name);
  const ChangeSetRow& set = *found.set;
  cfn::DescribeChangeSetOutput output;
  output.change_set_name = set.name;
  output.change_set_id = set.id;
  output.stack_id = found.stack->id;
  output.stack_name = found.stack->name;
  if (!set.description.empty()) output.description = set.description;
  output.parameters = shown_parameters(state, *found.stack, set.wanted);
  output.creation_time = set.created_at;
  output.execution_status = set.execution_status;
  output.status = set.status;
  if (!set.status_reason.empty()) output.status_reason = set.status_reason;
  output.notification_arns.emplace();
  output.rollback_configuration.emplace();
  output.capabilities = set.wanted.capabilities;
  output.tags = shown_tags(set.wanted.tags);
  output.include_nested_stacks = set.include_nested;
  if (!set.on_stack_failure.empty()) output.on_stack_failure = set.on_stack_failure;
  const base::Value::Array none;
  const base::Value::Array& changes = set.changes.is_array() ? set.changes.as_array() : none;
  TRY(const Page page, cloudformation::page(changes.size(), kChangesPage, input.next_token));
  output.changes.emplace();
  for (std::size_t i = page.first; i < page.last; ++i) {
    cfn::Change& change = output.changes->emplace_back();
    change.type_ = "Resource";
    change.resource_change.emplace();
    (void)wire::from_value(cfn::ResourceChange::type(), changes[i], &*change.resource_change);
  }
  output.next_token = page.next;
  return output;
}

CLOUDFORMATION_OPERATION(ExecuteChangeSet, execute_change_set) {
  TRY(const Found found, find(state, input.change_set_name, input.stack_name, ctx));
  if (found.set == nullptr) return not_found(input.change_set_name);
  const ChangeSetRow set = *found.set;
  const std::string key = stack_key(*found.stack);
  if (set.execution_status != "AVAILABLE") {
    const std::string& status = set.status == "FAILED" ? set.status : set.execution_status;
    return base::fault(cfn::faults::InvalidChangeSetStatusException,
                       "ChangeSet [" + set.id + "] cannot be executed in its current status of [" + status + "]");
  }
  CHECK(check_state(*found.stack));
  std::vector<std::string> others;
  for (const auto& [at, row] : state.tables.change_sets.with_prefix(part_prefix(*found.stack))) others.push_back(at);
  for (const std::string& at : others) {
    const bool own = at == change_set_key(*found.stack, set.id);
    state.tables.change_sets.modify(ctx.change, at, [&](ChangeSetRow& row) {
      if (own) row.execution_status = "EXECUTE_COMPLETE";
      if (!own && !row.by_arn_only) row.execution_status = "OBSOLETE";
      row.by_arn_only = true;
    });
  }
  const bool creating = found.stack->status == "REVIEW_IN_PROGRESS";
  state.tables.stacks.modify(ctx.change, key, [&](StackRow& stack) {
    stack.change_set_id = set.id;
    stack.updated_at = ctx.now;
    if (!creating) return;
    stack.disable_rollback = input.disable_rollback.value_or(false);
    stack.on_failure = set.on_stack_failure.empty() ? "ROLLBACK" : set.on_stack_failure;
  });
  Machine::Start start{.wanted = set.wanted,
                       .token = input.client_request_token.value_or(""),
                       .disable_rollback = input.disable_rollback.value_or(false),
                       .retain_except_on_create = input.retain_except_on_create.value_or(false)};
  if (creating) {
    state.machine.begin_create(key, std::move(start), ctx);
  } else {
    state.machine.begin_update(key, std::move(start), ctx);
  }
  return cfn::ExecuteChangeSet::Output{};
}

CLOUDFORMATION_OPERATION(DeleteChangeSet, delete_change_set) {
  TRY(const Found found, find(state, input.change_set_name, input.stack_name, ctx));
  if (found.set == nullptr) return cfn::DeleteChangeSet::Output{};
  if (found.set->execution_status == "EXECUTE_COMPLETE") {
    return refuse("Cannot delete ChangeSet in execution status EXECUTE_COMPLETE");
  }
  state.tables.change_sets.erase(ctx.change, change_set_key(*found.stack, found.set->id));
  return cfn::DeleteChangeSet::Output{};
}

CLOUDFORMATION_OPERATION(ListChangeSets, list_change_sets) {
  TRY(const StackRow* stack, stack_or_fault(state, input.stack_name, ctx));
  std::vector<const ChangeSetRow*> rows;
  for (const auto& [at, row] : state.tables.change_sets.with_prefix(part_prefix(*stack))) {
    if (!row.by_arn_only) rows.push_back(&row);
  }
  std::ranges::stable_sort(rows, {}, &ChangeSetRow::created_at);
  TRY(const Page page, cloudformation::page(rows.size(), kChangesPage, input.next_token));
  cfn::ListChangeSetsOutput output;
  output.summaries.emplace();
  for (std::size_t i = page.first; i < page.last; ++i) {
    cfn::ChangeSetSummary& summary = output.summaries->emplace_back();
    summary.stack_id = stack->id;
    summary.stack_name = stack->name;
    summary.change_set_id = rows[i]->id;
    summary.change_set_name = rows[i]->name;
    summary.execution_status = rows[i]->execution_status;
    summary.status = rows[i]->status;
    if (!rows[i]->status_reason.empty()) summary.status_reason = rows[i]->status_reason;
    summary.creation_time = rows[i]->created_at;
    if (!rows[i]->description.empty()) summary.description = rows[i]->description;
    summary.include_nested_stacks = rows[i]->include_nested;
  }
  output.next_token = page.next;
  return output;
}

}  // namespace cloudformation
