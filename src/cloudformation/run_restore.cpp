#include <algorithm>

#include "cloudformation/run.h"

namespace cloudformation {
namespace {

constexpr base::Duration kStabilizationMax = std::chrono::hours(3);

}  // namespace

// Everything that the update changed goes back at once: what it needs is all still there.
Machine::Run::Next Machine::Run::restore() {
  bool waiting = false;
  for (const ResourceRow& row : rows()) {
    if (row.work == Work::Finished || row.work == Work::Failed) continue;
    if (!spend()) return Next::Wait;
    restore_resource(row);
    const ResourceRow* after = machine_.tables_.find_resource(stack(), row.logical_id);
    if (after->work != Work::Updating) continue;
    waiting = true;
    look_again(after->work_started + kStabilizationMax);
  }
  return waiting ? Next::Wait : end_restore();
}

void Machine::Run::restore_resource(ResourceRow row) {
  Provider& provider = this->provider(row);
  if (row.work == Work::Updating) {
    if (ctx_.now >= row.work_started + kStabilizationMax) return restore_failed(row, "Exceeded attempts to wait");
    Job waiting = job(row, *row.before, &row.now);
    waiting.restoring = true;
    const Step step = provider.poll(waiting, Work::Updating);
    if (!step) return restore_failed(row, step.error().reason);
    const bool news = !step->attributes.is_null() || step->notes != row.notes;
    row.notes = step->notes;
    if (!step->attributes.is_null()) row.before->attributes = step->attributes;
    if (step->finished) return restored(row);
    if (step->look_again) look_again(*step->look_again);
    if (news) put(row);
    return;
  }
  if (row.replaced) {
    row.leftover = std::move(row.now);
    row.now = std::move(*row.before);
    row.before.reset();
    row.replaced = false;
    row.work = Work::Finished;
    return note(row, "UPDATE_COMPLETE", "");
  }
  const bool skipped = std::ranges::find(operation().retained, row.logical_id) != operation().retained.end();
  if (!row.before || skipped) {
    if (row.before && skipped) row.now = *row.before;
    row.before.reset();
    row.work = Work::Finished;
    if (row.status == "UPDATE_FAILED") return note(row, "UPDATE_COMPLETE", "");
    put(row);
    return;
  }
  note(row, "UPDATE_IN_PROGRESS", "");
  row.work_started = ctx_.now;
  const auto whole = revealed(row, *row.before);
  if (!whole) return restore_failed(row, whole.error().message);
  const service::Change::Mark mark = ctx_.change.mark();
  Job undo = job(row, *whole, &row.now);
  undo.restoring = true;
  undo.physical_id = row.now.physical_id;
  const Step step = provider.update(undo);
  if (!step) {
    ctx_.change.roll_back_to(mark);
    return restore_failed(row, step.error().reason);
  }
  if (!step->attributes.is_null()) row.before->attributes = step->attributes;
  if (step->finished) return restored(row);
  row.work = Work::Updating;
  if (step->look_again) look_again(*step->look_again);
  row.notes = step->notes;
  put(row);
}

void Machine::Run::restored(ResourceRow& row) {
  row.now = std::move(*row.before);
  row.before.reset();
  row.work = Work::Finished;
  row.notes = {};
  note(row, "UPDATE_COMPLETE", "");
}

void Machine::Run::restore_failed(ResourceRow& row, const std::string& reason) {
  row.work = Work::Failed;
  note(row, "UPDATE_FAILED", reason);
  edit([&](StackRow& stack) { stack.operation.failed_to_update.push_back(row.logical_id); });
}

Machine::Run::Next Machine::Run::end_restore() {
  for (ResourceRow row : rows()) {
    row.work = Work::None;
    put(row);
  }
  if (!operation().failed_to_update.empty()) {
    finish("UPDATE_ROLLBACK_FAILED",
           "The following resource(s) failed to update: [" + joined(operation().failed_to_update) + "]. ");
    return Next::Wait;
  }
  edit([](StackRow& stack) {
    stack.present = stack.operation.previous;
    stack.outputs = stack.operation.previous_outputs;
    stack.operation.rolling_back = true;
    stack.operation.phase = Phase::Cleaning;
  });
  const auto plan = blueprint(stack().present);
  for (ResourceRow row : rows()) {
    const ResourceDeclaration* declaration = plan->source.find_resource(row.logical_id);
    if (declaration == nullptr) continue;
    row.metadata = declaration->metadata;
    row.deletion_policy = declaration->deletion_policy;
    row.update_replace_policy = declaration->update_replace_policy;
    put(row);
  }
  set_status("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "");
  return Next::Again;
}

}  // namespace cloudformation
