// Task scale-in protection (Amazon ECS Developer Guide, "Protect your Amazon ECS tasks from being terminated by
// scale-in events"): who is protected is not stopped by scale-in and deployments, until it says so or time is up.

#include <algorithm>

#include "ecs/names.h"
#include "ecs/operations/operations.h"

namespace ecs {
namespace {

namespace faults = api::ecs::faults;

constexpr std::size_t kMaxTasks = 10;  // in a request
constexpr std::int64_t kUsualMinutes = 120;
constexpr std::int64_t kMostMinutes = 2'880;

api::ecs::ProtectedTask view_protection(const TaskRow& task, const Context& ctx) {
  api::ecs::ProtectedTask view;
  view.task_arn = task_arn(ctx, task);
  view.protection_enabled = ctx.now < task.protected_until;
  if (*view.protection_enabled) view.expiration_date = task.protected_until;
  return view;
}

base::Outcome<void> check_tasks(const std::vector<std::string>& tasks) {
  if (tasks.empty()) return base::fault(faults::InvalidParameterException, "Tasks cannot be empty.");
  if (tasks.size() <= kMaxTasks) return {};
  return base::fault(faults::InvalidParameterException, "Tasks cannot have more than 10 elements.");
}

// Why a task can't be protected or asked about, as a failure's reason; nothing if it can.
std::optional<std::string> objection(const TaskRow* task) {
  if (task == nullptr) return "MISSING";
  if (task->service.empty() || task->life.stop_wanted) return "TASK_NOT_VALID";
  return std::nullopt;
}

// While a service has more protected tasks than it should have tasks, no more are protected, and none for longer.
bool is_blocked(const Core& core, const std::string& service_key, const Context& ctx) {
  const ServiceRow* service = core.tables.services.find(service_key);
  if (service == nullptr) return true;
  std::int64_t count = 0;
  for (const std::string& key : core.tables.tasks_of_service(service_key)) {
    const TaskRow& task = *core.tables.tasks.find(key);
    if (!task.life.stop_wanted && ctx.now < task.protected_until) ++count;
  }
  return count > service->desired;
}

}  // namespace

Answer<api::ecs::UpdateTaskProtection> update_task_protection(Core& core,
                                                              const api::ecs::UpdateTaskProtectionRequest& in,
                                                              Context& ctx) {
  TRY(const ClusterRow* cluster, cluster_or_fault(core.tables, ctx, in.cluster));
  CHECK(check_tasks(in.tasks));
  const std::int64_t minutes = in.expires_in_minutes.value_or(kUsualMinutes);
  if (minutes < 1 || minutes > kMostMinutes) {
    return base::fault(faults::InvalidParameterException, "expiresInMinutes must be between 1 and 2880.");
  }
  const base::TimePoint until = in.protection_enabled ? ctx.now + std::chrono::minutes(minutes) : base::TimePoint{};
  api::ecs::UpdateTaskProtectionResponse out;
  out.protected_tasks.emplace();
  out.failures.emplace();
  for (const std::string& name : in.tasks) {
    TRY(const std::string id, task_id_of(name));
    const std::string key = task_key(ctx, cluster->name, id);
    const TaskRow* task = core.tables.tasks.find(key);
    auto reason = objection(task);
    if (!reason && in.protection_enabled && is_blocked(core, service_key_of(key, *task), ctx)) {
      reason = "DEPLOYMENT_BLOCKED";
    }
    if (reason) {
      out.failures->push_back({ctx.arn("ecs", "task/" + cluster->name + "/" + id), {}, *reason});
      continue;
    }
    const TaskRow& changed =
        core.tables.tasks.modify(ctx.change, key, [&](TaskRow& row) { row.protected_until = until; });
    core.touched.insert(service_key_of(key, changed));
    out.protected_tasks->push_back(view_protection(changed, ctx));
  }
  return out;
}

Answer<api::ecs::GetTaskProtection> get_task_protection(Core& core, const api::ecs::GetTaskProtectionRequest& in,
                                                        Context& ctx) {
  TRY(const ClusterRow* cluster, cluster_or_fault(core.tables, ctx, in.cluster));
  const std::vector<std::string> tasks = in.tasks.value_or(std::vector<std::string>{});
  CHECK(check_tasks(tasks));
  api::ecs::GetTaskProtectionResponse out;
  out.protected_tasks.emplace();
  out.failures.emplace();
  for (const std::string& name : tasks) {
    TRY(const std::string id, task_id_of(name));
    const TaskRow* task = core.tables.tasks.find(task_key(ctx, cluster->name, id));
    if (const auto reason = objection(task)) {
      out.failures->push_back({ctx.arn("ecs", "task/" + cluster->name + "/" + id), {}, *reason});
    } else {
      out.protected_tasks->push_back(view_protection(*task, ctx));
    }
  }
  return out;
}

}  // namespace ecs
