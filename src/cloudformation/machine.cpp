#include "cloudformation/machine.h"

#include <algorithm>

#include "base/ensure.h"
#include "base/fault.h"
#include "base/random.h"
#include "cloudformation/run.h"

namespace cloudformation {
namespace {

// How soon a stack is looked at again whose turn could not be written.
constexpr base::Duration kRetry = std::chrono::seconds(1);
// Changes elsewhere make a busy stack look again, but not more often than this.
constexpr base::Duration kLookGap = std::chrono::milliseconds(10);

}  // namespace

Difference compare(const TypeSchema& type, const Incarnation& before, const base::Value& properties, const Tags& tags) {
  Difference difference;
  for (const PropertySchema& property : type.properties) {
    if (same_value(property, before.properties.find(property.name), properties.find(property.name))) continue;
    difference.any = true;
    difference.properties.emplace_back(property.name);
    if (property.update == UpdateBehavior::Replace) difference.replace = true;
  }
  if (before.tags != tags) {
    difference.any = true;
    if (std::ranges::find(difference.properties, "Tags") == difference.properties.end()) {
      difference.properties.emplace_back("Tags");
    }
  }
  return difference;
}

Machine::Machine(Tables& tables, ProviderSet& providers, ZoneLister zones)
    : tables_(tables), providers_(providers), zones_(std::move(zones)) {
  // Rows tell which stacks are busy, whether they came from a call, an undo or the disk.
  tables_.stacks.on_change = [this](const std::string& key, const StackRow*, const StackRow* after) {
    if (after != nullptr && after->operation.phase != Phase::None) {
      wake_.try_emplace(key);
    } else {
      wake_.erase(key);
      blueprints_.erase(key);
    }
  };
}

base::TimePoint Machine::deadline() const {
  base::TimePoint next = base::kNever;
  for (const auto& [key, wake] : wake_) next = std::min(next, wake.at);
  return next;
}

void Machine::tick(service::Context& ctx) {
  std::vector<std::string> busy;
  for (auto& [key, wake] : wake_) {
    if (wake.at <= ctx.now || wake.looked + kLookGap <= ctx.now) {
      busy.push_back(key);
    } else {
      wake.at = std::min(wake.at, wake.looked + kLookGap);
    }
  }
  for (const std::string& key : busy) {
    const StackRow* stack = tables_.stacks.find(key);
    if (stack == nullptr || stack->operation.phase == Phase::None) continue;
    service::Call call = ctx.call;
    call.account = stack->account;
    call.region = stack->region;
    service::Context here = ctx.as(call);
    const base::TimePoint again = Run(*this, key, here).advance();
    ctx.change.on_undo([this, key, at = ctx.now + kRetry] {
      if (const auto held = wake_.find(key); held != wake_.end()) held->second.at = at;
    });
    if (const auto held = wake_.find(key); held != wake_.end()) held->second = {again, ctx.now};
  }
}

Result<std::shared_ptr<const Blueprint>> Machine::blueprint(const StackRow& stack, const Deployment& deployment) {
  std::vector<Cached>& cached = blueprints_[stack_key(stack)];
  for (const Cached& held : cached) {
    if (held.deployment == deployment) return held.blueprint;
  }
  TRY(auto made, make_blueprint(tables_.template_body(stack, deployment), deployment, stack));
  if (stack.operation.phase == Phase::None) {
    blueprints_.erase(stack_key(stack));  // nobody would drop it
  } else {
    cached.push_back({deployment, made});
  }
  return made;
}

void Machine::begin_create(const std::string& key, Start start, service::Context& ctx) {
  tables_.stacks.modify(ctx.change, key, [&](StackRow& stack) {
    stack.present = start.wanted;
    stack.status = "CREATE_IN_PROGRESS";
    stack.reason = "User Initiated";
    stack.operation = {.phase = Phase::Starting,
                       .goal = Goal::Create,
                       .id = base::uuid(ctx.random),
                       .token = std::move(start.token),
                       .wanted = std::move(start.wanted),
                       .started = ctx.now,
                       .disable_rollback = start.disable_rollback,
                       .retain_except_on_create = start.retain_except_on_create};
    if (stack.timeout_minutes) stack.operation.deadline = ctx.now + std::chrono::minutes(*stack.timeout_minutes);
    stack.last_operation = "CREATE_STACK " + stack.operation.id;
  });
  add_stack_event(tables_, key, "User Initiated", ctx);
}

void Machine::begin_update(const std::string& key, Start start, service::Context& ctx) {
  tables_.stacks.modify(ctx.change, key, [&](StackRow& stack) {
    stack.status = "UPDATE_IN_PROGRESS";
    stack.reason = "User Initiated";
    stack.updated_at = ctx.now;
    stack.operation = {.phase = Phase::Starting,
                       .goal = Goal::Update,
                       .id = base::uuid(ctx.random),
                       .token = std::move(start.token),
                       .wanted = std::move(start.wanted),
                       .previous = stack.present,
                       .previous_outputs = stack.outputs,
                       .started = ctx.now,
                       .disable_rollback = start.disable_rollback,
                       .retain_except_on_create = start.retain_except_on_create};
    stack.last_operation = "UPDATE_STACK " + stack.operation.id;
  });
  add_stack_event(tables_, key, "User Initiated", ctx);
}

void Machine::begin_delete(const std::string& key, std::string token, Texts retained, service::Context& ctx) {
  tables_.stacks.modify(ctx.change, key, [&](StackRow& stack) {
    const std::string before = stack.status;
    stack.status = "DELETE_IN_PROGRESS";
    stack.reason = "User Initiated";
    stack.operation = {.phase = Phase::Starting,
                       .goal = Goal::Delete,
                       .id = base::uuid(ctx.random),
                       .token = std::move(token),
                       .started = ctx.now,
                       .retained = std::move(retained),
                       .status_before = before};
    stack.last_operation = "DELETE_STACK " + stack.operation.id;
  });
  add_stack_event(tables_, key, "User Initiated", ctx);
}

void Machine::cancel_update(const std::string& key, const std::string& token, service::Context& ctx) {
  tables_.stacks.modify(ctx.change, key, [&](StackRow& stack) {
    ENSURE(stack.operation.goal == Goal::Update);
    stack.operation.halted = true;
    stack.operation.disable_rollback = false;
    stack.operation.refusal = "User Initiated";
    if (!token.empty()) stack.operation.token = token;
  });
}

void Machine::continue_rollback(const std::string& key, std::string token, Texts skipped, service::Context& ctx) {
  tables_.stacks.modify(ctx.change, key, [&](StackRow& stack) {
    Operation& operation = stack.operation;
    operation.phase = Phase::Restoring;
    operation.id = base::uuid(ctx.random);
    operation.token = std::move(token);
    operation.retained = std::move(skipped);
    operation.failed_to_update.clear();
    operation.failed_to_create.clear();
    stack.status = "UPDATE_ROLLBACK_IN_PROGRESS";
    stack.reason = "User Initiated";
    stack.last_operation = "CONTINUE_ROLLBACK " + operation.id;
  });
  add_stack_event(tables_, key, "User Initiated", ctx);
}

void Machine::undo_nested(const std::string& key, service::Context& ctx) {
  const StackRow* stack = tables_.stacks.find(key);
  if (stack == nullptr || stack->operation.goal != Goal::Update) return;
  if (stack->operation.phase == Phase::Starting || stack->operation.phase == Phase::Applying) {
    cancel_update(key, "", ctx);
    return;
  }
  if (stack->operation.phase != Phase::AwaitRoot) return;
  tables_.stacks.modify(ctx.change, key, [&](StackRow& row) {
    row.operation.halted = true;
    row.operation.refusal = "Update of the parent stack failed.";
    row.operation.phase = Phase::Applying;
  });
}

void Machine::release_nested(const std::string& key, service::Context& ctx) {
  const StackRow* stack = tables_.stacks.find(key);
  if (stack == nullptr || stack->operation.phase != Phase::AwaitRoot) return;
  tables_.stacks.modify(ctx.change, key, [&](StackRow& row) { row.operation.released = true; });
}

}  // namespace cloudformation
