#include "cloudformation/run.h"

#include "base/ensure.h"
#include "base/fault.h"
#include "cloudformation/lookup.h"

namespace cloudformation {
namespace {

// Calls of providers in one turn; more wait for the next, so that others get theirs.
constexpr int kActionsMax = 100;

}  // namespace

Machine::Run::Run(Machine& machine, std::string stack, service::Context& ctx)
    : machine_(machine), key_(std::move(stack)), ctx_(ctx), budget_(kActionsMax) {}

base::TimePoint Machine::Run::advance() {
  for (;;) {
    Next next = Next::Wait;
    switch (phase()) {
      case Phase::None:
        return base::kNever;
      case Phase::Starting:
        next = start();
        break;
      case Phase::Applying:
        next = apply();
        break;
      case Phase::AwaitRoot:
        if (operation().released) {
          enter(Phase::Cleaning);
          next = Next::Again;
        }
        break;
      case Phase::Cleaning:
        next = clean();
        break;
      case Phase::Restoring:
        next = restore();
        break;
      case Phase::Deleting:
        next = remove_all();
        break;
    }
    if (next == Next::Wait) return wake_;
  }
}

bool Machine::Run::spend() {
  if (budget_ == 0) {
    look_again(ctx_.now);
    return false;
  }
  --budget_;
  return true;
}

void Machine::Run::set_status(const std::string& status, const std::string& reason) {
  edit([&](StackRow& stack) {
    stack.status = status;
    stack.reason = reason;
  });
  add_stack_event(machine_.tables_, key_, reason, ctx_);
}

void Machine::Run::enter(Phase phase) {
  edit([&](StackRow& stack) { stack.operation.phase = phase; });
}

void Machine::Run::finish(const std::string& status, const std::string& reason) {
  set_status(status, reason);
  edit([](StackRow& stack) { stack.operation.phase = Phase::None; });
  machine_.tables_.drop_unused_templates(stack(), ctx_);
}

std::vector<ResourceRow> Machine::Run::rows() const {
  std::vector<ResourceRow> copies;
  for (const ResourceRow* row : machine_.tables_.resources_of(stack())) copies.push_back(*row);
  return copies;
}

void Machine::Run::put(const ResourceRow& row) {
  machine_.tables_.resources.put(ctx_.change, resource_key(stack(), row.logical_id), row);
}

void Machine::Run::note(ResourceRow& row, const std::string& status, const std::string& reason) {
  note(row, status, reason, row.now.physical_id);
}

void Machine::Run::note(ResourceRow& row, const std::string& status, const std::string& reason,
                        const std::string& physical_id) {
  row.status = status;
  row.reason = reason;
  row.changed_at = ctx_.now;
  add_resource_event(machine_.tables_, stack(), row, provider(row).schema(), physical_id, ctx_);
  put(row);
}

Job Machine::Run::job(const ResourceRow& row, const Incarnation& wanted, const Incarnation* before) const {
  return Job{.ctx = ctx_,
             .stack = stack(),
             .logical_id = row.logical_id,
             .type = provider(row).schema(),
             .properties = wanted.properties,
             .tags = wanted.tags,
             .before = before,
             .physical_id = wanted.physical_id,
             .notes = row.notes,
             .started = row.work_started};
}

// A nested stack gets the references themselves: its own resources are what they are put into.
Result<Incarnation> Machine::Run::revealed(const ResourceRow& row, const Incarnation& wanted) {
  if (!names_secrets(wanted.properties) || provider(row).always_updates()) return wanted;
  TRY(const base::Value expanded, expand_secrets(wanted.properties, [&](const SecretReference& reference) {
        return look_up_secret(reference, ctx_);
      }));
  auto coerced = coerce_properties(provider(row).schema(), expanded, row.logical_id);
  // What is wrong may say the value.
  if (!coerced) {
    return problem("Properties validation failed for resource " + row.logical_id +
                   " with message:\n[the value of a secret does not fit its property]");
  }
  Incarnation whole = wanted;
  whole.properties = std::move(*coerced);
  return whole;
}

std::shared_ptr<const Blueprint> Machine::Run::blueprint(const Deployment& deployment) {
  auto made = machine_.blueprint(stack(), deployment);
  ENSURE(made.has_value());  // it was made before the operation was accepted
  return *made;
}

void Machine::Run::forget_traces() {
  for (ResourceRow row : rows()) {
    if (row.replaced && row.before) row.leftover = row.before;
    row.before.reset();
    row.replaced = false;
    row.created = false;
    row.attempts = 0;
    row.look_again.reset();
    if (row.work != Work::Deleting || operation().goal != Goal::Delete) row.work = Work::None;
    put(row);
  }
}

Machine::Run::Next Machine::Run::start() {
  forget_traces();
  if (operation().goal == Goal::Delete) return start_delete();
  enter(Phase::Applying);
  const auto plan = blueprint(operation().wanted);
  if (auto missing = missing_named_parameter(plan->source, operation().wanted.parameters, ctx_); !missing.empty()) {
    edit([&](StackRow& stack) {
      stack.operation.halted = true;
      stack.operation.refusal = missing;
    });
    return Next::Again;
  }
  // Imports that do not exist are found before anything is made.
  const std::vector<std::string> zones = machine_.zones(ctx_);
  StackSurroundings surroundings(*plan, machine_.providers_, zones);
  surroundings.tables = &machine_.tables_;
  surroundings.stack = &stack();
  for (const auto& [name, needs] : plan->graph) {
    surroundings.pending.insert(name);
  }
  for (const auto& [name, needs] : plan->graph) {
    const ResourceDeclaration& declaration = *plan->source.find_resource(name);
    const auto resolved =
        resolve_properties(*plan, declaration, machine_.providers_.find(declaration.type)->schema(), surroundings);
    if (resolved || !resolved.error().message.starts_with("No export named ")) continue;
    edit([&](StackRow& stack) {
      stack.operation.halted = true;
      stack.operation.refusal = resolved.error().message;
    });
    break;
  }
  return Next::Again;
}

Machine::Run::Next Machine::Run::start_delete() {
  for (const OutputRow& output : stack().outputs) {
    if (output.export_name.empty()) continue;
    const auto users = importers_of(machine_.tables_, stack(), output.export_name);
    if (users.empty()) continue;
    const std::string before = operation().status_before;
    finish(before, "Delete canceled. Cannot delete export " + output.export_name + " as it is in use by " +
                       joined(users, " and ") + ".");
    return Next::Wait;
  }
  enter(Phase::Deleting);
  return Next::Again;
}

}  // namespace cloudformation
