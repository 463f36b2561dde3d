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

  Census(const ServiceGoal& goal, const std::vector<TaskView>& tasks, base::TimePoint now);
};

bool is_outdated(const ServiceGoal& goal, const TaskView& task) {
  return task.deployment != goal.deployment;
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
    }
  }
}

// Whether `a` is stopped before `b`, if nothing else matters: tasks that do not run yet, then the newest, then by id.
bool goes_first(const TaskView* a, const TaskView* b) {
  return std::tuple(a->running, b->created_at, a->id) < std::tuple(b->running, a->created_at, b->id);
}

// Scale-in takes from the zone with most tasks.
std::vector<const TaskView*> scale_in_order(const ServiceGoal& goal, const std::vector<TaskView>& tasks) {
  std::map<std::string, std::vector<const TaskView*>> by_zone;
  std::size_t left = 0;
  for (const TaskView& task : tasks) {
    if (is_outdated(goal, task) || task.sick) continue;
    by_zone[task.zone].push_back(&task);
    ++left;
  }
  for (auto& [zone, members] : by_zone)
    std::ranges::sort(members, [](auto* a, auto* b) { return goes_first(b, a); });  // victims last
  std::vector<const TaskView*> order;
  while (order.size() < left) {
    const auto fullest = std::ranges::max_element(by_zone, [](const auto& a, const auto& b) {
      const auto& [of_a, of_b] = std::tie(a.second, b.second);
      if (of_a.size() != of_b.size() || of_a.empty()) return of_a.size() < of_b.size();
      return goes_first(of_b.back(), of_a.back());
    });
    order.push_back(fullest->second.back());
    fullest->second.pop_back();
  }
  return order;
}

// Tasks of earlier deployments: what does not serve goes first, then the oldest.
std::vector<const TaskView*> outdated_order(const ServiceGoal& goal, const std::vector<TaskView>& tasks,
                                            base::TimePoint now) {
  std::vector<const TaskView*> order;
  for (const TaskView& task : tasks) {
    if (is_outdated(goal, task)) order.push_back(&task);
  }
  std::ranges::sort(order, [&](const TaskView* a, const TaskView* b) {
    return std::tuple(serves(goal, *a, now), a->created_at, a->id) <
           std::tuple(serves(goal, *b, now), b->created_at, b->id);
  });
  return order;
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
  int extra = census.current - goal.desired;
  for (const TaskView* task : scale_in_order(goal, tasks)) {
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
