#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ecs/rows.h"
#include "service/context.h"
#include "service/session.h"
#include "service/table.h"

namespace ecs {

// A task or service that something happened to, or whose time has come, by the key of its row.
using Agenda = std::set<std::pair<base::TimePoint, std::string>>;

// All durable state of ECS, and what is derived from it. Keys begin with "account/region/":
//   clusters, families   name
//   definitions          family/revision (10 digits, so that they sort)
//   services             cluster/name
//   events               cluster/name/number (12 digits)
//   tasks                cluster/task id
//   run_tokens           cluster/client token
// and these do not: log_positions (task id/container), credentials (uuid).
class Tables {
 public:
  // `sessions` hears of every row of `credentials`.
  explicit Tables(service::Sessions& sessions);

  service::Table<ClusterRow> clusters;
  service::Table<FamilyRow> families;
  service::Table<TaskDefinitionRow> definitions;
  service::Table<ServiceRow> services;
  service::Table<ServiceEventRow> events;
  service::Table<TaskRow> tasks;
  service::Table<LogPositionRow> log_positions;
  service::Table<CredentialsRow> credentials;
  service::Table<RunTokenRow> run_tokens;

  std::vector<service::TableBase*> all();

  // Row key of a task by its id, or nullptr.
  const std::string* find_task_key(const std::string& task_id) const;
  // Row keys of a service's tasks, stopped ones too, in order.
  const std::set<std::string>& tasks_of_service(const std::string& service_key) const;
  // When the next task needs time to pass (a stop timeout, a health check, forgetting a stopped one).
  const Agenda& task_agenda() const { return task_agenda_; }
  // When the next task gets new keys, by the id of its credentials.
  const Agenda& renewals() const { return renewals_; }
  const TaskDefinitionRow* find_definition(const std::string& arn) const;
  // Tasks of services that are RUNNING now: those that are measured.
  std::int64_t running_service_tasks() const { return running_service_tasks_; }
  std::int64_t clusters_with_insights() const { return clusters_with_insights_; }

 private:
  void on_task(const std::string& key, const TaskRow* before, const TaskRow* after);
  base::TimePoint task_deadline(const TaskRow& task) const;

  std::map<std::string, std::string> keys_by_task_;
  std::map<std::string, std::set<std::string>> tasks_by_service_;
  Agenda task_agenda_;
  Agenda renewals_;
  std::int64_t running_service_tasks_ = 0;
  std::int64_t clusters_with_insights_ = 0;
  std::map<std::string, base::TimePoint> agenda_of_task_;
};

// How long a stopped task stays visible (Amazon ECS Developer Guide: "at least one hour").
inline constexpr base::Duration kStoppedTaskLife = std::chrono::hours(1);

// "account/region/" of a row key, as a call of the cloud itself.
service::Call call_of_key(std::string_view key, const service::Call& own);
std::string service_key_of(std::string_view task_key, const TaskRow& task);

}  // namespace ecs
