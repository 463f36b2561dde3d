#include <algorithm>
#include <set>

#include "base/fault.h"
#include "cloudformation/operations/operations.h"
#include "wire/json.h"

namespace cloudformation {
namespace {

constexpr std::size_t kStacksPage = 100;
constexpr std::size_t kEventsPage = 100;
constexpr std::size_t kResourcesPage = 100;
constexpr std::size_t kExportsPage = 100;

std::optional<std::string> if_any(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

cfn::StackDriftInformation no_drift() {
  cfn::StackDriftInformation drift;
  drift.stack_drift_status = "NOT_CHECKED";
  return drift;
}

std::optional<std::vector<cfn::OperationEntry>> last_operations(const StackRow& stack) {
  const auto space = stack.last_operation.find(' ');
  if (space == std::string::npos) return std::nullopt;
  cfn::OperationEntry entry;
  entry.operation_type = stack.last_operation.substr(0, space);
  entry.operation_id = stack.last_operation.substr(space + 1);
  return std::vector<cfn::OperationEntry>{std::move(entry)};
}

std::string description_of(const State& state, const StackRow& stack) {
  const auto source = read_template(state.tables.template_body(stack, stack.present));
  return source ? source->description : "";
}

cfn::Stack shown_stack(const State& state, const StackRow& stack) {
  cfn::Stack shown;
  shown.stack_id = stack.id;
  shown.stack_name = stack.name;
  shown.change_set_id = if_any(stack.change_set_id);
  shown.description = if_any(description_of(state, stack));
  shown.parameters = shown_parameters(state, stack, stack.present);
  shown.creation_time = stack.created_at;
  shown.deletion_time = stack.deleted_at;
  shown.last_updated_time = stack.updated_at;
  shown.rollback_configuration.emplace();
  shown.stack_status = stack.status;
  shown.stack_status_reason = if_any(stack.reason);
  shown.disable_rollback = stack.disable_rollback;
  shown.notification_arns.emplace();
  shown.timeout_in_minutes = stack.timeout_minutes;
  shown.capabilities = stack.present.capabilities;
  shown.outputs.emplace();
  for (const OutputRow& row : stack.outputs) {
    cfn::Output output;
    output.output_key = row.key;
    output.output_value = row.value;
    output.description = if_any(row.description);
    output.export_name = if_any(row.export_name);
    shown.outputs->push_back(std::move(output));
  }
  shown.role_arn = if_any(stack.present.role_arn);
  shown.tags = shown_tags(stack.present.tags);
  if (stack.status != "DELETE_COMPLETE") shown.enable_termination_protection = stack.termination_protection;
  shown.parent_id = if_any(stack.parent_id);
  shown.root_id = if_any(stack.root_id);
  shown.drift_information = no_drift();
  shown.last_operations = last_operations(stack);
  return shown;
}

template <class Shown>
void fill(Shown& shown, const StackRow& stack, const ResourceRow& row) {
  shown.logical_resource_id = row.logical_id;
  shown.physical_resource_id = if_any(row.now.physical_id);
  shown.resource_type = row.type;
  shown.resource_status = row.status;
  shown.resource_status_reason = if_any(row.reason);
  shown.drift_information.emplace();
  shown.drift_information->stack_resource_drift_status = "NOT_CHECKED";
  if constexpr (requires { shown.stack_id; }) {
    shown.stack_id = stack.id;
    shown.stack_name = stack.name;
  }
  if constexpr (requires { shown.timestamp; }) {
    shown.timestamp = row.changed_at;
  } else {
    shown.last_updated_timestamp = row.changed_at;
  }
}

// Newest first.
std::vector<const StackRow*> stacks_of(const State& state, service::Context& ctx) {
  std::vector<const StackRow*> stacks;
  for (const auto& [key, row] : state.tables.stacks.with_prefix(service::scope_prefix(ctx.call)))
    stacks.push_back(&row);
  std::ranges::stable_sort(stacks, std::ranges::greater{}, &StackRow::created_at);
  return stacks;
}

}  // namespace

CLOUDFORMATION_OPERATION(DescribeStacks, describe_stacks) {
  cfn::DescribeStacksOutput output;
  output.stacks.emplace();
  if (input.stack_name && !input.stack_name->empty()) {
    const StackRow* stack = state.tables.find_stack(ctx.call, *input.stack_name);
    if (stack == nullptr) return refuse("Stack with id " + *input.stack_name + " does not exist");
    output.stacks->push_back(shown_stack(state, *stack));
    return output;
  }
  auto stacks = stacks_of(state, ctx);
  std::erase_if(stacks, [](const StackRow* stack) { return stack->status == "DELETE_COMPLETE"; });
  TRY(const Page page, cloudformation::page(stacks.size(), kStacksPage, input.next_token));
  for (std::size_t i = page.first; i < page.last; ++i) output.stacks->push_back(shown_stack(state, *stacks[i]));
  output.next_token = page.next;
  return output;
}

CLOUDFORMATION_OPERATION(ListStacks, list_stacks) {
  auto stacks = stacks_of(state, ctx);
  if (input.stack_status_filter && !input.stack_status_filter->empty()) {
    std::erase_if(stacks, [&](const StackRow* stack) {
      return std::ranges::find(*input.stack_status_filter, stack->status) == input.stack_status_filter->end();
    });
  }
  TRY(const Page page, cloudformation::page(stacks.size(), kStacksPage, input.next_token));
  cfn::ListStacksOutput output;
  output.stack_summaries.emplace();
  for (std::size_t i = page.first; i < page.last; ++i) {
    const StackRow& stack = *stacks[i];
    cfn::StackSummary summary;
    summary.stack_id = stack.id;
    summary.stack_name = stack.name;
    summary.template_description = if_any(description_of(state, stack));
    summary.creation_time = stack.created_at;
    summary.last_updated_time = stack.updated_at;
    summary.deletion_time = stack.deleted_at;
    summary.stack_status = stack.status;
    summary.stack_status_reason = if_any(stack.reason);
    summary.parent_id = if_any(stack.parent_id);
    summary.root_id = if_any(stack.root_id);
    summary.drift_information.emplace();
    summary.drift_information->stack_drift_status = "NOT_CHECKED";
    summary.last_operations = last_operations(stack);
    output.stack_summaries->push_back(std::move(summary));
  }
  output.next_token = page.next;
  return output;
}

CLOUDFORMATION_OPERATION(DescribeStackEvents, describe_stack_events) {
  TRY(const StackRow* stack, stack_or_fault(state, input.stack_name, ctx));
  std::vector<const EventRow*> events;
  for (const auto& [key, row] : state.tables.events.with_prefix(part_prefix(*stack))) events.push_back(&row);
  std::ranges::reverse(events);
  TRY(const Page page, cloudformation::page(events.size(), kEventsPage, input.next_token));
  cfn::DescribeStackEventsOutput output;
  output.stack_events.emplace();
  for (std::size_t i = page.first; i < page.last; ++i) {
    const EventRow& row = *events[i];
    cfn::StackEvent event;
    event.stack_id = stack->id;
    event.event_id = row.event_id;
    event.stack_name = stack->name;
    event.operation_id = if_any(row.operation_id);
    event.logical_resource_id = row.logical_id;
    event.physical_resource_id = row.physical_id;
    event.resource_type = row.type;
    event.timestamp = row.at;
    event.resource_status = row.status;
    event.resource_status_reason = if_any(row.reason);
    event.resource_properties = if_any(row.properties);
    event.client_request_token = if_any(row.token);
    output.stack_events->push_back(std::move(event));
  }
  output.next_token = page.next;
  return output;
}

CLOUDFORMATION_OPERATION(DescribeStackResource, describe_stack_resource) {
  const StackRow* stack = state.tables.find_stack(ctx.call, input.stack_name);
  if (stack == nullptr) return refuse("Stack '" + input.stack_name + "' does not exist");
  const ResourceRow* row = state.tables.find_resource(*stack, input.logical_resource_id);
  if (row == nullptr) {
    return refuse("Resource " + input.logical_resource_id + " does not exist for stack " + input.stack_name);
  }
  cfn::DescribeStackResourceOutput output;
  output.stack_resource_detail.emplace();
  fill(*output.stack_resource_detail, *stack, *row);
  output.stack_resource_detail->metadata = row->metadata.is_null() ? "{}" : wire::write_json(row->metadata);
  return output;
}

CLOUDFORMATION_OPERATION(DescribeStackResources, describe_stack_resources) {
  const StackRow* stack = nullptr;
  if (input.stack_name) {
    stack = state.tables.find_stack(ctx.call, *input.stack_name);
    if (stack == nullptr) return refuse("Stack with id " + *input.stack_name + " does not exist");
  } else {
    if (!input.physical_resource_id) return refuse("Either StackName or PhysicalResourceId must be specified.");
    for (const StackRow* candidate : stacks_of(state, ctx)) {
      for (const ResourceRow* row : state.tables.resources_of(*candidate)) {
        if (candidate->status != "DELETE_COMPLETE" && row->now.physical_id == *input.physical_resource_id)
          stack = candidate;
      }
    }
    if (stack == nullptr) return refuse("Stack for " + *input.physical_resource_id + " does not exist");
  }
  cfn::DescribeStackResourcesOutput output;
  output.stack_resources.emplace();
  for (const ResourceRow* row : state.tables.resources_of(*stack)) {
    if (input.logical_resource_id && row->logical_id != *input.logical_resource_id) continue;
    if (output.stack_resources->size() == kResourcesPage) break;
    fill(output.stack_resources->emplace_back(), *stack, *row);
  }
  if (input.logical_resource_id && output.stack_resources->empty()) {
    return refuse("Resource " + *input.logical_resource_id + " does not exist for stack " + stack->name);
  }
  return output;
}

CLOUDFORMATION_OPERATION(ListStackResources, list_stack_resources) {
  const StackRow* stack = state.tables.find_stack(ctx.call, input.stack_name);
  if (stack == nullptr) return refuse("Stack with id " + input.stack_name + " does not exist");
  const auto rows = state.tables.resources_of(*stack);
  TRY(const Page page, cloudformation::page(rows.size(), kResourcesPage, input.next_token));
  cfn::ListStackResourcesOutput output;
  output.stack_resource_summaries.emplace();
  for (std::size_t i = page.first; i < page.last; ++i) {
    fill(output.stack_resource_summaries->emplace_back(), *stack, *rows[i]);
  }
  output.next_token = page.next;
  return output;
}

CLOUDFORMATION_OPERATION(ListExports, list_exports) {
  std::vector<cfn::Export> exports;
  for (const StackRow* stack : stacks_of(state, ctx)) {
    for (const OutputRow& row : stack->outputs) {
      if (row.export_name.empty() || stack->deleted_at) continue;
      cfn::Export exported;
      exported.exporting_stack_id = stack->id;
      exported.name = row.export_name;
      exported.value = row.value;
      exports.push_back(std::move(exported));
    }
  }
  std::ranges::sort(exports, {}, [](const cfn::Export& exported) { return exported.name.value_or(""); });
  TRY(const Page page, cloudformation::page(exports.size(), kExportsPage, input.next_token));
  cfn::ListExportsOutput output;
  output.exports.emplace(exports.begin() + static_cast<std::ptrdiff_t>(page.first),
                         exports.begin() + static_cast<std::ptrdiff_t>(page.last));
  output.next_token = page.next;
  return output;
}

CLOUDFORMATION_OPERATION(ListImports, list_imports) {
  StackRow near;
  near.account = ctx.call.account;
  near.region = ctx.call.region;
  const auto names = importers_of(state.tables, near, input.export_name);
  if (names.empty()) return refuse("Export '" + input.export_name + "' is not imported by any stack.");
  TRY(const Page page, cloudformation::page(names.size(), kExportsPage, input.next_token));
  cfn::ListImportsOutput output;
  output.imports.emplace(names.begin() + static_cast<std::ptrdiff_t>(page.first),
                         names.begin() + static_cast<std::ptrdiff_t>(page.last));
  output.next_token = page.next;
  return output;
}

}  // namespace cloudformation
