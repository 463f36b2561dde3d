#include <algorithm>

#include "cloudformation/run.h"

namespace cloudformation {
namespace {

// A deletion that something still stands in the way of (tasks that are stopping, interfaces that are going) is tried
// again for about 10 minutes, as the EC2 handlers do.
constexpr base::Duration kRemoveRetry = std::chrono::seconds(5);
constexpr std::int64_t kRemoveAttemptsMax = 120;
// In the cleanup after an update AWS tries three times and leaves the rest ("Update behaviors of stack resources").
constexpr std::int64_t kCleanAttemptsMax = 3;
constexpr base::Duration kStabilizationMax = std::chrono::hours(3);

bool is_gone(const ResourceRow& row) {
  return row.status == "DELETE_COMPLETE" || row.status == "DELETE_SKIPPED";
}

}  // namespace

std::vector<Machine::Run::Target> Machine::Run::targets() {
  const bool everything = phase() == Phase::Deleting;
  const auto plan = everything ? nullptr : blueprint(stack().present);
  std::vector<Target> targets;
  for (ResourceRow& row : rows()) {
    if (row.leftover) {
      targets.push_back({row, true});
    } else if (!is_gone(row) && (everything || !plan->includes(row.logical_id))) {
      targets.push_back({row, false});
    }
  }
  return targets;
}

// Starts and polls what can go now. A resource goes when nothing that depends on it is left.
bool Machine::Run::remove(const std::vector<Target>& left) {
  bool going = false;
  const auto needed = [&](const Target& target) {
    return std::ranges::any_of(left, [&](const Target& other) {
      const Texts& needs = other.incarnation().depends_on;
      return other.row.logical_id != target.row.logical_id &&
             std::ranges::find(needs, target.row.logical_id) != needs.end();
    });
  };
  std::vector<const Target*> ready;
  const Target* blocked = nullptr;
  for (const Target& target : left) {
    if (target.row.work == Work::Failed) continue;
    if (target.row.work == Work::Deleting) {
      ready.push_back(&target);
    } else if (needed(target)) {
      blocked = &target;
    } else {
      ready.push_back(&target);
    }
  }
  // Edges of old and new incarnations together may form a circle.
  const bool failed = std::ranges::any_of(left, [](const Target& target) { return target.row.work == Work::Failed; });
  if (ready.empty() && blocked != nullptr && !failed) ready.push_back(blocked);
  for (const Target* target : ready) {
    going = true;
    if (target->row.work != Work::Deleting && target->row.look_again && *target->row.look_again > ctx_.now) {
      look_again(*target->row.look_again);
      continue;
    }
    if (!spend()) return true;
    remove_one(target->row, target->leftover);
  }
  return going;
}

// True when all that can go is gone.
bool Machine::Run::remove_targets() {
  for (;;) {
    moved_ = false;
    const std::vector<Target> left = targets();
    const bool going = remove(left);
    if (!moved_) return !going;
  }
}

void Machine::Run::remove_one(ResourceRow row, bool leftover) {
  const Incarnation target = leftover ? *row.leftover : row.now;
  const std::string& policy = leftover ? row.update_replace_policy : row.deletion_policy;
  const bool rolling_back_creation = operation().rolling_back && row.created;
  const bool retain = policy == "RetainExceptOnCreate" || (policy == "Retain" && operation().retain_except_on_create)
                          ? !rolling_back_creation
                          : policy == "Retain";
  const Texts& listed = operation().retained;
  const bool asked = operation().goal == Goal::Delete && std::ranges::find(listed, row.logical_id) != listed.end();
  if (target.physical_id.empty()) return removed(row, leftover, "DELETE_COMPLETE");
  if (retain || asked) return removed(row, leftover, "DELETE_SKIPPED");

  const bool begun = row.work == Work::Deleting;
  if (!begun) {
    if (row.attempts == 0) {
      ResourceRow shown = row;
      shown.now = target;
      row.work_started = ctx_.now;
      if (leftover) {
        shown.status = "DELETE_IN_PROGRESS";
        shown.reason = "";
        add_resource_event(machine_.tables_, stack(), shown, provider(row).schema(), target.physical_id, ctx_);
        row.last_event = shown.last_event;
        put(row);
      } else {
        note(row, "DELETE_IN_PROGRESS", "");
      }
    }
    row.work = Work::Deleting;
    row.request_token = base::uuid(ctx_.random);
  }
  const service::Change::Mark mark = ctx_.change.mark();
  const Job work = job(row, target, nullptr);
  Step step = begun ? provider(row).poll(work, Work::Deleting) : provider(row).remove(work);
  if (step && !step->finished && ctx_.now >= row.work_started + kStabilizationMax) {
    step = std::unexpected(handler_failure(work, "Exceeded attempts to wait", "NotStabilized"));
  }
  if (!step) {
    ctx_.change.roll_back_to(mark);
    return remove_failed(row, leftover, step.error());
  }
  if (step->finished) return removed(row, leftover, "DELETE_COMPLETE");
  if (step->look_again) look_again(*step->look_again);
  look_again(row.work_started + kStabilizationMax);
  if (begun && row.notes == step->notes) return;
  row.notes = step->notes;
  put(row);
}

void Machine::Run::removed(ResourceRow& row, bool leftover, const std::string& status) {
  moved_ = true;
  row.look_again.reset();
  row.notes = {};
  row.attempts = 0;
  if (leftover) {
    ResourceRow shown = row;
    shown.now = *row.leftover;
    shown.status = status;
    shown.reason = "";
    add_resource_event(machine_.tables_, stack(), shown, provider(row).schema(), shown.now.physical_id, ctx_);
    row.leftover.reset();
    row.work = Work::None;
    row.last_event = shown.last_event;
    put(row);
    return;
  }
  row.work = Work::Finished;
  note(row, status, "");
  if (phase() == Phase::Cleaning) {
    machine_.tables_.resources.erase(ctx_.change, resource_key(stack(), row.logical_id));
  }
}

void Machine::Run::remove_failed(ResourceRow& row, bool leftover, const Failure& failure) {
  const bool cleaning = phase() == Phase::Cleaning;
  ++row.attempts;
  const std::int64_t attempts_max = failure.may_pass ? kRemoveAttemptsMax : cleaning ? kCleanAttemptsMax : 1;
  if (row.attempts < attempts_max) {
    row.work = Work::None;
    row.look_again = ctx_.now + kRemoveRetry;
    look_again(*row.look_again);
    put(row);
    return;
  }
  moved_ = true;
  row.work = Work::Failed;
  row.look_again.reset();
  ResourceRow shown = row;
  if (leftover) shown.now = *row.leftover;
  shown.status = "DELETE_FAILED";
  shown.reason = failure.reason;
  add_resource_event(machine_.tables_, stack(), shown, provider(row).schema(), shown.now.physical_id, ctx_);
  row.last_event = shown.last_event;
  if (!leftover) {
    row.status = shown.status;
    row.reason = shown.reason;
    row.changed_at = ctx_.now;
  }
  put(row);
  edit([&](StackRow& stack) { stack.operation.failed_to_delete.push_back(row.logical_id); });
}

// From here on the update (or its undoing) stands: what was replaced is to go.
void Machine::Run::settle() {
  edit([](StackRow& stack) { stack.operation.settled = true; });
  for (ResourceRow row : rows()) {
    if (row.replaced) row.leftover = std::move(row.before);
    provider(row).settle(job(row, row.now, nullptr));
    row.before.reset();
    row.replaced = false;
    row.created = row.created && operation().rolling_back;
    row.work = Work::None;
    put(row);
  }
}

Machine::Run::Next Machine::Run::clean() {
  if (!operation().settled) settle();
  if (!remove_targets()) return Next::Wait;
  const Texts& failed = operation().failed_to_delete;
  const std::string reason =
      failed.empty() ? "" : "The following resource(s) failed to delete: [" + joined(failed) + "]. ";
  for (const Target& target : targets()) {
    if (target.leftover) {
      ResourceRow row = target.row;
      row.leftover.reset();
      row.work = Work::None;
      put(row);
    } else {
      machine_.tables_.resources.erase(ctx_.change, resource_key(stack(), target.row.logical_id));
    }
  }
  finish(operation().rolling_back ? "UPDATE_ROLLBACK_COMPLETE" : "UPDATE_COMPLETE", reason);
  return Next::Wait;
}

Machine::Run::Next Machine::Run::remove_all() {
  if (!remove_targets()) return Next::Wait;
  return end_delete();
}

Machine::Run::Next Machine::Run::end_delete() {
  const Texts failed = operation().failed_to_delete;
  const bool of_stack = operation().goal == Goal::Delete || stack().on_failure == "DELETE";
  for (ResourceRow row : rows()) {
    row.work = Work::None;
    row.attempts = 0;
    put(row);
  }
  if (!failed.empty()) {
    finish(of_stack ? "DELETE_FAILED" : "ROLLBACK_FAILED",
           "The following resource(s) failed to delete: [" + joined(failed) + "]. ");
    return Next::Wait;
  }
  edit([&](StackRow& stack) { stack.outputs.clear(); });
  if (!of_stack) {
    finish("ROLLBACK_COMPLETE", "");
    return Next::Wait;
  }
  edit([&](StackRow& stack) { stack.deleted_at = ctx_.now; });
  std::vector<std::string> change_sets;
  for (const auto& [key, row] : machine_.tables_.change_sets.with_prefix(part_prefix(stack())))
    change_sets.push_back(key);
  for (const std::string& key : change_sets) machine_.tables_.change_sets.erase(ctx_.change, key);
  finish("DELETE_COMPLETE", "");
  return Next::Wait;
}

}  // namespace cloudformation
