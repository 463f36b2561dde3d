#include "ecs/tables.h"

#include <algorithm>

#include "ecs/credentials.h"
#include "ecs/insights.h"
#include "ecs/life_spec.h"
#include "ecs/names.h"
#include "service/table_codec.h"

namespace ecs {
namespace {

using service::make_codec;

service::Session session_of(const CredentialsRow& row, const TaskKey& key) {
  service::Session session;
  session.access_key_id = key.access_key_id;
  session.secret_access_key = key.secret_access_key;
  session.token = key.token;
  session.principal_arn =
      "arn:aws:sts::" + row.account + ":assumed-role/" + last_part(row.role_arn) + "/" + row.task_id;
  session.expires_at = key.expires_at;
  session.of_task = true;
  return session;
}

template <class Visit>
void each_key(const CredentialsRow* row, Visit visit) {
  if (row == nullptr) return;
  visit(row->key);
  for (const TaskKey& key : row->former) visit(key);
}

}  // namespace

Tables::Tables(service::Sessions& sessions)
    : clusters("ecs.clusters", make_codec<ClusterRow>()),
      families("ecs.families", make_codec<FamilyRow>()),
      definitions("ecs.definitions", make_codec<TaskDefinitionRow>()),
      services("ecs.services", make_codec<ServiceRow>()),
      events("ecs.events", make_codec<ServiceEventRow>()),
      tasks("ecs.tasks", make_codec<TaskRow>()),
      log_positions("ecs.log_positions", make_codec<LogPositionRow>()),
      credentials("ecs.credentials", make_codec<CredentialsRow>()),
      run_tokens("ecs.run_tokens", make_codec<RunTokenRow>()) {
  clusters.on_change = [this](const std::string&, const ClusterRow* before, const ClusterRow* after) {
    if (before != nullptr && has_insights(*before)) --clusters_with_insights_;
    if (after != nullptr && has_insights(*after)) ++clusters_with_insights_;
  };
  tasks.on_change = [this](const std::string& key, const TaskRow* before, const TaskRow* after) {
    on_task(key, before, after);
  };
  credentials.on_change = [this, &sessions](const std::string& id, const CredentialsRow* before,
                                            const CredentialsRow* after) {
    each_key(before, [&](const TaskKey& key) { sessions.close(key.access_key_id); });
    each_key(after, [&](const TaskKey& key) { sessions.open(session_of(*after, key)); });
    if (before != nullptr) renewals_.erase({before->key.expires_at - kRenewedBeforeEnd, id});
    if (after != nullptr) renewals_.insert({after->key.expires_at - kRenewedBeforeEnd, id});
  };
}

std::vector<service::TableBase*> Tables::all() {
  // Definitions before tasks: the agenda of a task is derived from both.
  return {&clusters, &families, &definitions, &services, &events, &tasks, &log_positions, &credentials, &run_tokens};
}

const std::string* Tables::find_task_key(const std::string& task_id) const {
  const auto found = keys_by_task_.find(task_id);
  return found == keys_by_task_.end() ? nullptr : &found->second;
}

const std::set<std::string>& Tables::tasks_of_service(const std::string& service_key) const {
  static const std::set<std::string> none;
  const auto found = tasks_by_service_.find(service_key);
  return found == tasks_by_service_.end() ? none : found->second;
}

// An ARN names account and region itself: "arn:aws:ecs:REGION:ACCOUNT:task-definition/FAMILY:REVISION".
const TaskDefinitionRow* Tables::find_definition(const std::string& arn) const {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start <= arn.size() && parts.size() < 7;) {
    const std::size_t end = std::min(arn.find(':', start), arn.size());
    parts.push_back(arn.substr(start, end - start));
    start = end + 1;
  }
  const std::string kind = "task-definition/";
  if (parts.size() != 7 || !parts[5].starts_with(kind) || parts[6].size() > 10) return nullptr;
  const std::string revision = std::string(10 - parts[6].size(), '0') + parts[6];
  return definitions.find(parts[4] + "/" + parts[3] + "/" + parts[5].substr(kind.size()) + "/" + revision);
}

base::TimePoint Tables::task_deadline(const TaskRow& task) const {
  if (task.life.phase == life::Phase::Stopped) return task.life.stopped_at + kStoppedTaskLife;
  const TaskDefinitionRow* definition = find_definition(task.task_definition_arn);
  if (definition == nullptr) return base::kNever;
  return life::deadline(life_spec(definition->definition), task.life);
}

void Tables::on_task(const std::string& key, const TaskRow* before, const TaskRow* after) {
  const auto measured = [](const TaskRow* task) {
    return task != nullptr && !task->service.empty() && task->life.phase == life::Phase::Running ? 1 : 0;
  };
  running_service_tasks_ += measured(after) - measured(before);
  if (const auto planned = agenda_of_task_.find(key); planned != agenda_of_task_.end()) {
    task_agenda_.erase({planned->second, key});
    agenda_of_task_.erase(planned);
  }
  if (before != nullptr && after == nullptr) {
    keys_by_task_.erase(before->id);
    if (!before->service.empty()) {
      const std::string owner = service_key_of(key, *before);
      tasks_by_service_[owner].erase(key);
      if (tasks_by_service_[owner].empty()) tasks_by_service_.erase(owner);
    }
  }
  if (after == nullptr) return;
  if (before == nullptr) {
    keys_by_task_[after->id] = key;
    if (!after->service.empty()) tasks_by_service_[service_key_of(key, *after)].insert(key);
  }
  const base::TimePoint next = task_deadline(*after);
  if (next == base::kNever) return;
  task_agenda_.insert({next, key});
  agenda_of_task_[key] = next;
}

service::Call call_of_key(std::string_view key, const service::Call& own) {
  service::Call call = own;
  const std::size_t first = key.find('/');
  const std::size_t second = key.find('/', first + 1);
  call.account = key.substr(0, first);
  call.region = key.substr(first + 1, second - first - 1);
  return call;
}

std::string service_key_of(std::string_view task_key, const TaskRow& task) {
  return std::string(task_key.substr(0, task_key.rfind('/') + 1)) + task.service;
}

}  // namespace ecs
