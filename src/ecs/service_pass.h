#pragma once

#include <string>
#include <vector>

#include "ecs/core.h"
#include "ecs/reconcile.h"
#include "ecs/task_driver.h"
#include "service/context.h"

namespace ecs {

// One look of the scheduler at one service: counts what happened to its tasks, lets reconcile() decide, does what it
// says, and writes events. Works on a copy of the row, which it stores at the end.
class ServicePass {
 public:
  ServicePass(const std::string& key, Core& core, TaskDriver& driver, service::Context& ctx);
  // Returns when to look again, even if nothing happens.
  base::TimePoint run();

 private:
  struct Member {
    std::string key;
    const TaskRow* task;
    TaskView view;
  };

  base::TimePoint finish_deleting();
  void count_outcomes();
  void pace_crashes();
  void count_failure(const TaskRow& task);
  void note_failed_attempt(const std::string& message);
  void check_circuit_breaker();
  void check_alarms();
  void fail_deployment(const std::string& reason, const std::string& event);
  void roll_back(const std::string& detected_by);
  bool is_baking();
  ServiceGoal goal() const;
  void collect_members();
  TaskView view_of(const TaskRow& task);
  void start_tasks(int count);
  void stop_tasks(const std::vector<std::string>& ids);
  void note_blocked(bool blocked);
  void note_held(const std::string& deployment);
  bool settled() const;
  void say_steady();

  DeploymentRow& primary() { return row_.deployments.front(); }
  const DeploymentRow& primary() const { return row_.deployments.front(); }
  DeploymentRow* find_deployment(const std::string& id);
  void say(const std::string& message, base::Duration offset = {});
  std::string head() const { return "(service " + row_.name + ")"; }

  const std::string key_;
  Core& core_;
  TaskDriver& driver_;
  service::Context& ctx_;
  ServiceRow row_;
  std::vector<Member> members_;  // live tasks that have not been told to stop
  bool winding_down_ = false;    // others whose processes still run
  base::TimePoint wake_ = base::kNever;
};

// Sets the service's goal: called by CreateService, UpdateService and a rollback. The new deployment becomes PRIMARY.
DeploymentRow new_deployment(const api::ecs::CreateServiceRequest& config, const std::string& task_definition_arn,
                             std::int64_t desired, service::Context& ctx);

}  // namespace ecs
