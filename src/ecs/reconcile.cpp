#include "ecs/reconcile.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/ensure.h"

namespace ecs {
namespace {

constexpr base::Duration kFirstBackOff = std::chrono::seconds(10);
constexpr base::Duration kLongestBackOff = std::chrono::minutes(15);

// Everything reconcile() counts, once.
struct Census {
  int live = 0;
  int current = 0;  // of the PRIMARY deployment and not sick
  int current_healthy = 0;
  int serving = 0;  // what the floor protects
  int outdated = 0;
  int sick = 0;
  int current_protected = 0;

  Census(const ServiceGoal& goal, const std::vector<TaskView>& tasks, base::TimePoint now);
};

bool is_outdated(const ServiceGoal& goal, const TaskView& task) {
  return task.deployment != goal.deployment;
}

bool is_protected(const TaskView& task, base::TimePoint now) {
  return now < task.protected_until;
}

// A new task serves when it is healthy. An old one has served before this deployment began, so running is enough.
bool serves(const ServiceGoal& goal, const TaskView& task, base::TimePoint now) {
  if (!task.running || task.sick) return false;
  return is_outdated(goal, task) || task.healthy_at <= now;
}

Census::Census(const ServiceGoal& goal, const std::vector<TaskView>& tasks, base::TimePoint now) {
  for (const TaskView& task : tasks) {
    ++live;
    const bool serving_now = serves(goal, task, now);
    if (serving_now) ++serving;
    if (is_outdated(goal, task)) {
      ++outdated;
    } else if (task.sick) {
      ++sick;
    } else {
      ++current;
      if (serving_now) ++current_healthy;
      if (is_protected(task, now)) ++current_protected;
    }
  }
}

// Whether `a` is stopped before `b`, if nothing else matters: tasks that do not run yet, then the newest, then by id.
bool goes_first(const TaskView* a, const TaskView* b) {
  return std::tuple(a->running, b->created_at, a->id) < std::tuple(b->running, a->created_at, b->id);
}

// Scale-in takes from the zone with most tasks. Protected ones count there, but are no victims.
struct Zone {
  std::size_t tasks = 0;
  std::vector<const TaskView*> victims;  // the next one last
};

std::vector<const TaskView*> scale_in_order(const ServiceGoal& goal, const std::vector<TaskView>& tasks,
                                            base::TimePoint now) {
  std::map<std::string, Zone> by_zone;
  std::size_t left = 0;
  for (const TaskView& task : tasks) {
    if (is_outdated(goal, task) || task.sick) continue;
    Zone& zone = by_zone[task.zone];
    ++zone.tasks;
    if (is_protected(task, now)) continue;
    zone.victims.push_back(&task);
    ++left;
  }
  for (auto& [name, zone] : by_zone) std::ranges::sort(zone.victims, [](auto* a, auto* b) { return goes_first(b, a); });
  std::vector<const TaskView*> order;
  while (order.size() < left) {
    const auto fullest = std::ranges::max_element(by_zone, [](const auto& a, const auto& b) {
      const auto& [of_a, of_b] = std::tie(a.second, b.second);
      if (of_a.victims.empty() || of_b.victims.empty()) return of_a.victims.empty() && !of_b.victims.empty();
      if (of_a.tasks != of_b.tasks) return of_a.tasks < of_b.tasks;
      return goes_first(of_b.victims.back(), of_a.victims.back());
    });
    Zone& zone = fullest->second;
    order.push_back(zone.victims.back());
    zone.victims.pop_back();
    --zone.tasks;
  }
  return order;
}

// Tasks of earlier deployments: what does not serve goes first, then the oldest. Protected ones stay.
std::vector<const TaskView*> outdated_order(const ServiceGoal& goal, const std::vector<TaskView>& tasks,
                                            base::TimePoint now) {
  std::vector<const TaskView*> order;
  for (const TaskView& task : tasks) {
    if (is_outdated(goal, task) && !is_protected(task, now)) order.push_back(&task);
  }
  std::ranges::sort(order, [&](const TaskView* a, const TaskView* b) {
    return std::tuple(serves(goal, *a, now), a->created_at, a->id) <
           std::tuple(serves(goal, *b, now), b->created_at, b->id);
  });
  return order;
}

// Protected tasks that are more than their deployment should have: of the PRIMARY one more than desired, of an earlier
// one any, once nothing else is left of it.
void note_protection(const ServiceGoal& goal, const std::vector<TaskView>& tasks, const Census& census,
                     base::TimePoint now, ServicePlan& plan) {
  const bool scale_in_held = census.current_protected > goal.desired;
  bool old_held = census.outdated > 0 && goal.may_start;
  std::string old;
  for (const TaskView& task : tasks) {
    if (!is_outdated(goal, task)) continue;
    old_held = old_held && is_protected(task, now);
    old = std::max(old, task.deployment);
  }
  if (scale_in_held) plan.held = goal.deployment;
  if (old_held) plan.held = old;
  if (!scale_in_held && census.outdated == 0) return;
  for (const TaskView& task : tasks) {
    if (is_protected(task, now)) plan.wake = std::min(plan.wake, task.protected_until);
  }
}

}  // namespace

int healthy_floor(const ServiceGoal& goal) {
  return (goal.desired * goal.min_healthy_percent + 99) / 100;
}

int total_ceiling(const ServiceGoal& goal) {
  return goal.desired * goal.max_percent / 100;
}

ServicePlan reconcile(const ServiceGoal& goal, const std::vector<TaskView>& tasks, base::TimePoint launch_not_before,
                      base::TimePoint now) {
  const Census census(goal, tasks, now);
  ServicePlan plan;

  const int missing = goal.may_start ? std::max(0, goal.desired - census.current) : 0;
  const int room = std::max(0, total_ceiling(goal) - census.live);
  plan.start = std::min(missing, room);
  if (plan.start > 0 && now < launch_not_before) {
    plan.start = 0;
    plan.wake = launch_not_before;
  }

  int spare = census.serving - healthy_floor(goal);
  const auto stop = [&](const TaskView& task) {
    const bool serving = serves(goal, task, now);
    if (serving && spare <= 0) return false;
    if (serving) --spare;
    plan.stop.push_back(task.id);
    return true;
  };
  // With more protected tasks than desired ones nothing is stopped at all, also of those that are not protected.
  int extra = census.current_protected > goal.desired ? 0 : census.current - goal.desired;
  for (const TaskView* task : scale_in_order(goal, tasks, now)) {
    if (extra <= 0) break;
    if (stop(*task)) --extra;
  }
  for (const TaskView* task : outdated_order(goal, tasks, now)) {
    // A failed deployment leaves the old tasks alone.
    if (goal.may_start || goal.desired == 0) stop(*task);
  }
  // A sick task is replaced first and stopped then, unless the ceiling leaves no room for its replacement.
  const bool replaced = census.current_healthy >= goal.desired;
  for (const TaskView& task : tasks) {
    if (task.sick && !is_outdated(goal, task) && (replaced || missing > room)) stop(task);
  }

  if (census.outdated + census.sick > 0) {
    for (const TaskView& task : tasks) {
      if (task.running && !task.sick && task.healthy_at > now) plan.wake = std::min(plan.wake, task.healthy_at);
    }
  }
  note_protection(goal, tasks, census, now, plan);
  plan.blocked =
      census.outdated > 0 && missing > 0 && room == 0 && plan.idle() && census.current == census.current_healthy;
  ENSURE(census.live + plan.start <= std::max(census.live, total_ceiling(goal)));
  return plan;
}

base::Duration launch_back_off(int failures) {
  if (failures <= 0) return base::Duration::zero();
  base::Duration wait = kFirstBackOff;
  for (int i = 1; i < failures && wait < kLongestBackOff; ++i) wait *= 2;
  return std::min(wait, kLongestBackOff);
}

int circuit_breaker_threshold(int desired) {
  return std::clamp((desired + 1) / 2, 3, 200);
}

}  // namespace ecs
