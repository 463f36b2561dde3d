#include <algorithm>

#include "base/fault.h"
#include "base/random.h"
#include "cloudformation/run.h"

namespace cloudformation {
namespace {

// ECS service stabilisation, as CloudFormation's handlers wait (facts: 3 hours).
constexpr base::Duration kStabilizationMax = std::chrono::hours(3);

std::string list_of_failed(const char* what, const Texts& names) {
  return names.empty() ? ""
                       : std::string("The following resource(s) failed to ") + what + ": [" + joined(names) + "]. ";
}

bool in_flight(const ResourceRow& row) {
  return row.work == Work::Creating || row.work == Work::Updating || row.work == Work::Replacing;
}

}  // namespace

template <class Call>
Step Machine::Run::attempt(Call call) {
  const service::Change::Mark mark = ctx_.change.mark();
  Step step = call();
  if (!step) ctx_.change.roll_back_to(mark);
  return step;
}

Machine::Run::Next Machine::Run::apply() {
  const auto plan = blueprint(operation().wanted);
  if (operation().deadline && ctx_.now >= *operation().deadline && !operation().halted) {
    edit([](StackRow& stack) {
      stack.operation.halted = true;
      stack.operation.refusal = "Stack creation time exceeded the specified timeout.";
    });
  }
  for (bool moved = true; moved && !operation().halted;) {
    moved = false;
    for (const auto& [name, needs] : plan->graph) {
      if (operation().halted) break;
      const ResourceRow* row = machine_.tables_.find_resource(stack(), name);
      if (row != nullptr && in_flight(*row)) {
        if (!spend()) return Next::Wait;
        poll(*row);
        const Work after = machine_.tables_.find_resource(stack(), name)->work;
        moved = moved || after == Work::Finished;
        continue;
      }
      if (row != nullptr && row->work != Work::None) continue;
      const bool ready = std::ranges::all_of(needs, [&](const std::string& need) {
        const ResourceRow* other = machine_.tables_.find_resource(stack(), need);
        return other != nullptr && other->work == Work::Finished;
      });
      if (!ready) continue;
      if (!spend()) return Next::Wait;
      begin_resource(*plan->source.find_resource(name));
      moved = true;
    }
  }
  if (operation().halted) return fail();
  bool finished = true;
  for (const auto& [name, needs] : plan->graph) {
    const ResourceRow* row = machine_.tables_.find_resource(stack(), name);
    finished = finished && row != nullptr && row->work == Work::Finished;
    if (row != nullptr && in_flight(*row)) {
      look_again(row->work_started + kStabilizationMax);
    }
  }
  if (finished) return succeed();
  if (operation().deadline) look_again(*operation().deadline);
  return Next::Wait;
}

void Machine::Run::begin_resource(const ResourceDeclaration& declaration) {
  const auto plan = blueprint(operation().wanted);
  const TypeSchema& type = machine_.providers_.find(declaration.type)->schema();
  const ResourceRow* held = machine_.tables_.find_resource(stack(), declaration.name);
  const bool exists = held != nullptr && !held->now.physical_id.empty() && held->status != "DELETE_COMPLETE";
  ResourceRow row = exists ? *held : ResourceRow{.logical_id = declaration.name, .type = declaration.type};
  row.metadata = declaration.metadata;
  row.deletion_policy = declaration.deletion_policy;
  row.update_replace_policy = declaration.update_replace_policy;
  row.request_token = base::uuid(ctx_.random);
  row.work_started = ctx_.now;

  const std::vector<std::string> zones = machine_.zones(ctx_);
  StackSurroundings surroundings(*plan, machine_.providers_, zones);
  surroundings.ctx = &ctx_;
  surroundings.tables = &machine_.tables_;
  surroundings.stack = &stack();
  auto properties = resolve_properties(*plan, declaration, type, surroundings);
  if (!properties) {
    note(row, exists ? "UPDATE_IN_PROGRESS" : "CREATE_IN_PROGRESS", "");
    fail_resource(row, properties.error().message);
    return;
  }
  Incarnation wanted{.physical_id = row.now.physical_id,
                     .properties = std::move(*properties),
                     .tags = tags_for(stack(), operation().wanted, declaration.name, type),
                     .attributes = row.now.attributes};
  const auto& needs = plan->graph.at(declaration.name);
  wanted.depends_on.assign(needs.begin(), needs.end());
  wanted.imports.assign(surroundings.imports.begin(), surroundings.imports.end());
  if (!exists) return create(std::move(row), std::move(wanted));

  const Difference difference = compare(type, row.now, wanted.properties, wanted.tags);
  if (!difference.any && !provider(row).always_updates()) {
    row.now.depends_on = wanted.depends_on;
    row.now.imports = wanted.imports;
    row.work = Work::Finished;
    put(row);
    return;
  }
  bool replaced = difference.replace;
  for (const std::string& name : difference.properties) {
    if (replaced || type.find(name) == nullptr || type.find(name)->update != UpdateBehavior::Conditional) continue;
    replaced = provider(row).needs_replacement(job(row, wanted, &row.now));
  }
  if (replaced) return replace(std::move(row), std::move(wanted));
  update(std::move(row), std::move(wanted));
}

void Machine::Run::create(ResourceRow row, Incarnation wanted) {
  wanted.physical_id.clear();
  wanted.attributes = {};
  row.now = std::move(wanted);
  row.created = true;
  note(row, "CREATE_IN_PROGRESS", "");
  const auto whole = revealed(row, row.now);
  if (!whole) return fail_resource(row, whole.error().message);
  const Step step = attempt([&] { return provider(row).create(job(row, *whole, nullptr)); });
  if (!step) return fail_resource(row, step.error().reason);
  row.now.physical_id = step->physical_id;
  note(row, "CREATE_IN_PROGRESS", "Resource creation Initiated");
  take(row, *step, Work::Creating);
}

void Machine::Run::update(ResourceRow row, Incarnation wanted) {
  row.before = row.now;
  note(row, "UPDATE_IN_PROGRESS", "");
  const auto whole = revealed(row, wanted);
  if (!whole) {
    row.before.reset();
    return fail_resource(row, whole.error().message);
  }
  const Step step = attempt([&] { return provider(row).update(job(row, *whole, &row.now)); });
  if (!step) {
    row.before.reset();
    return fail_resource(row, step.error().reason);
  }
  row.now = std::move(wanted);
  take(row, *step, Work::Updating);
}

void Machine::Run::replace(ResourceRow row, Incarnation wanted) {
  const TypeSchema& type = provider(row).schema();
  wanted.physical_id.clear();
  wanted.attributes = {};
  note(row, "UPDATE_IN_PROGRESS",
       "Requested update requires the creation of a new physical resource; hence creating one.");
  const base::Value* name = type.name_property.empty() ? nullptr : wanted.properties.find(type.name_property);
  if (const base::Value* old = name == nullptr ? nullptr : row.now.properties.find(type.name_property);
      old != nullptr && *old == *name) {
    return fail_resource(
        row, "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename " +
                 name->to_text() + " and update the stack again.");
  }
  const auto whole = revealed(row, wanted);
  if (!whole) return fail_resource(row, whole.error().message);
  const Step step = attempt([&] { return provider(row).create(job(row, *whole, nullptr)); });
  if (!step) return fail_resource(row, step.error().reason);
  row.before = std::move(row.now);
  row.replaced = true;
  row.now = std::move(wanted);
  row.now.physical_id = step->physical_id;
  note(row, "UPDATE_IN_PROGRESS", "Resource creation Initiated");
  take(row, *step, Work::Replacing);
}

void Machine::Run::take(ResourceRow& row, Progress progress, Work work) {
  if (!progress.physical_id.empty()) row.now.physical_id = std::move(progress.physical_id);
  if (!progress.attributes.is_null()) row.now.attributes = std::move(progress.attributes);
  row.notes = std::move(progress.notes);
  if (!progress.finished && progress.look_again) look_again(*progress.look_again);
  row.work = work;
  if (progress.finished) return complete(row);
  put(row);
}

void Machine::Run::complete(ResourceRow& row) {
  const bool creating = row.work == Work::Creating;
  row.work = Work::Finished;
  row.notes = {};
  note(row, creating ? "CREATE_COMPLETE" : "UPDATE_COMPLETE", "");
}

void Machine::Run::fail_resource(ResourceRow& row, const std::string& reason) {
  const bool creating = row.status.starts_with("CREATE");
  row.work = Work::Failed;
  note(row, creating ? "CREATE_FAILED" : "UPDATE_FAILED", reason);
  edit([&](StackRow& stack) {
    stack.operation.halted = true;
    (creating ? stack.operation.failed_to_create : stack.operation.failed_to_update).push_back(row.logical_id);
  });
}

void Machine::Run::poll(ResourceRow row) {
  if (ctx_.now >= row.work_started + kStabilizationMax) {
    const Failure failure = handler_failure(job(row, row.now, nullptr), "Exceeded attempts to wait", "NotStabilized");
    return fail_resource(row, failure.reason);
  }
  const Incarnation* before = row.before ? &*row.before : nullptr;
  const Step step = attempt([&] { return provider(row).poll(job(row, row.now, before), row.work); });
  if (!step) return fail_resource(row, step.error().reason);
  // Written only when there is something to write: each turn that writes is followed by another look.
  if (!step->finished && step->attributes.is_null() && step->notes == row.notes) {
    if (step->look_again) look_again(*step->look_again);
    return;
  }
  take(row, *step, row.work);
}

// The rest of what is going on stops when something has failed.
void Machine::Run::cancel_rest() {
  for (ResourceRow row : rows()) {
    if (!in_flight(row)) continue;
    const bool creating = row.work == Work::Creating;
    provider(row).cancel(job(row, row.now, nullptr));
    fail_resource(row, creating ? "Resource creation cancelled" : "Resource update cancelled");
  }
}

Machine::Run::Next Machine::Run::succeed() {
  const auto plan = blueprint(operation().wanted);
  auto outputs = evaluate_outputs(*plan);
  if (outputs) {
    if (const auto checked = check_exports(*outputs); !checked) outputs = std::unexpected(checked.error());
  }
  if (!outputs) {
    edit([&](StackRow& stack) {
      stack.operation.halted = true;
      stack.operation.refusal = outputs.error().message;
    });
    return Next::Again;
  }
  edit([&](StackRow& stack) {
    stack.outputs = std::move(*outputs);
    stack.present = stack.operation.wanted;
  });
  if (operation().goal == Goal::Create) {
    finish("CREATE_COMPLETE", "");
    return Next::Wait;
  }
  set_status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "");
  enter(stack().parent_id.empty() ? Phase::Cleaning : Phase::AwaitRoot);
  return Next::Again;
}

Machine::Run::Next Machine::Run::fail() {
  cancel_rest();
  std::string reason = operation().refusal;
  if (reason.empty()) {
    reason =
        list_of_failed("create", operation().failed_to_create) + list_of_failed("update", operation().failed_to_update);
  }
  if (operation().goal == Goal::Create) return fail_create(reason);
  if (operation().disable_rollback) {
    finish("UPDATE_FAILED", reason);
    return Next::Wait;
  }
  set_status("UPDATE_ROLLBACK_IN_PROGRESS", reason);
  edit([](StackRow& stack) {
    stack.operation.failed_to_create.clear();
    stack.operation.failed_to_update.clear();
    stack.operation.phase = Phase::Restoring;
  });
  for (ResourceRow row : rows()) {
    row.work = Work::None;
    put(row);
  }
  return Next::Again;
}

Machine::Run::Next Machine::Run::fail_create(const std::string& reason) {
  if (operation().disable_rollback || stack().on_failure == "DO_NOTHING") {
    finish("CREATE_FAILED", reason);
    return Next::Wait;
  }
  const std::string text = reason.ends_with(" ") ? reason : reason + " ";
  for (ResourceRow row : rows()) {
    row.work = Work::None;
    put(row);
  }
  edit([&](StackRow& stack) {
    stack.deleted_at = ctx_.now;
    stack.operation.rolling_back = true;
    stack.operation.phase = Phase::Deleting;
  });
  if (stack().on_failure == "DELETE") {
    set_status("DELETE_IN_PROGRESS", text + "Delete requested by user.");
  } else {
    set_status("ROLLBACK_IN_PROGRESS", text + "Rollback requested by user.");
  }
  return Next::Again;
}

Result<std::vector<OutputRow>> Machine::Run::evaluate_outputs(const Blueprint& plan) {
  const std::vector<std::string> zones = machine_.zones(ctx_);
  StackSurroundings surroundings(plan, machine_.providers_, zones);
  surroundings.tables = &machine_.tables_;
  surroundings.stack = &stack();
  const Scope scope{plan.source, plan.parameters, plan.pseudo, plan.conditions, surroundings, Block::Outputs};
  std::vector<OutputRow> outputs;
  for (const OutputDeclaration& declared : plan.source.outputs) {
    if (!declared.condition.empty() && !plan.conditions.at(declared.condition)) continue;
    surroundings.imports.clear();
    TRY(const auto value, evaluate(declared.value, scope));
    if (!value) continue;
    if (!value->is_scalar()) {
      return problem("Template format error: The Value field of every Outputs member must evaluate to a String.");
    }
    OutputRow output{.key = declared.name, .value = value->to_text(), .description = declared.description};
    TRY(const auto name, evaluate(declared.export_name, scope));
    if (name && name->is_scalar()) output.export_name = name->to_text();
    output.imports.assign(surroundings.imports.begin(), surroundings.imports.end());
    outputs.push_back(std::move(output));
  }
  return outputs;
}

Result<void> Machine::Run::check_exports(const std::vector<OutputRow>& outputs) {
  for (const OutputRow& output : outputs) {
    const auto other = find_export(machine_.tables_, stack(), output.export_name);
    if (!other || other->stack->id == stack().id) continue;
    return problem("Export with name " + output.export_name + " is already exported by stack " + other->stack->name +
                   ".");
  }
  for (const OutputRow& before : stack().outputs) {
    if (before.export_name.empty()) continue;
    const bool stays = std::ranges::any_of(outputs, [&](const OutputRow& output) {
      return output.export_name == before.export_name && output.value == before.value;
    });
    if (stays) continue;
    const auto users = importers_of(machine_.tables_, stack(), before.export_name);
    if (users.empty()) continue;
    return problem("Update canceled. Cannot update export " + before.export_name + " as it is in use by " +
                   joined(users, " and ") + ".");
  }
  return {};
}

}  // namespace cloudformation
