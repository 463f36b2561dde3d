#include <algorithm>

#include "ecs/launch.h"
#include "ecs/names.h"
#include "ecs/operations/operations.h"
#include "ecs/page.h"
#include "ecs/placement.h"
#include "ecs/size.h"
#include "ecs/tags.h"
#include "ecs/unsupported.h"
#include "ecs/views.h"

namespace ecs {
namespace {

namespace faults = api::ecs::faults;

constexpr std::int64_t kMaxRunCount = 10;
constexpr std::size_t kMaxStartedBy = 128;
constexpr std::size_t kMaxDescribedTasks = 100;
constexpr base::Duration kRunTokenLife = std::chrono::hours(24);

base::Outcome<void> check_overrides(const api::ecs::TaskDefinition& definition,
                                    const api::ecs::TaskOverride& overrides) {
  if (overrides.container_overrides) {
    for (const auto& one : *overrides.container_overrides) {
      const bool known = std::ranges::any_of(*definition.container_definitions,
                                             [&](const auto& container) { return container.name == one.name; });
      if (known) continue;
      return base::fault(faults::InvalidParameterException, "Override for container named " + one.name.value_or("") +
                                                                " is not a container in the TaskDefinition.");
    }
  }
  if (!overrides.cpu && !overrides.memory) return {};
  const auto complaint = fargate_size_complaint(overrides.cpu ? overrides.cpu : definition.cpu,
                                                overrides.memory ? overrides.memory : definition.memory);
  if (complaint) return base::fault(faults::ClientException, *complaint);
  return {};
}

base::Outcome<void> check_run(const api::ecs::RunTaskRequest& in) {
  if (auto part = unsupported_part(in)) {
    return base::fault(faults::UnsupportedFeatureException, "renkei does not support " + *part + " yet.");
  }
  const std::int64_t count = in.count.value_or(1);
  if (count < 1 || count > kMaxRunCount) {
    return base::fault(faults::InvalidParameterException, "count must be between 1 and 10.");
  }
  if (in.started_by && in.started_by->size() > kMaxStartedBy) {
    return base::fault(faults::InvalidParameterException, "startedBy can have at most 128 characters.");
  }
  if (in.group && in.group->starts_with("service:")) {
    return base::fault(faults::InvalidParameterException, "Invalid namespace for group.");
  }
  return check_platform(in.platform_version);
}

base::Outcome<Launch> plan_run(const Core& core, const ClusterRow& cluster, const api::ecs::RunTaskRequest& in,
                               Context& ctx) {
  api::ecs::RunTaskRequest resolved = in;
  TRY(Capacity capacity, choose_capacity(in.launch_type, in.capacity_provider_strategy, cluster));
  resolved.launch_type = capacity.launch_type;
  resolved.capacity_provider_strategy = capacity.strategy;
  CHECK(check_run(resolved));
  TRY(const TaskDefinitionRow* definition, runnable_definition(core.tables, in.task_definition, ctx));
  CHECK(check_network(in.network_configuration, ctx));
  Launch launch;
  launch.cluster = cluster.name;
  launch.definition = definition;
  launch.overrides = in.overrides.value_or(api::ecs::TaskOverride{});
  CHECK(check_overrides(definition->definition, launch.overrides));
  if (auto text = role_complaint(definition->definition, launch.overrides, ctx)) {
    return base::fault(faults::ClientException, *text);
  }
  launch.started_by = in.started_by.value_or("");
  launch.group = in.group.value_or("family:" + definition->definition.family.value_or(""));
  launch.launch_type = std::move(capacity.launch_type);
  launch.strategy = std::move(capacity.strategy);
  launch.platform_version = in.platform_version.value_or("LATEST");
  launch.network = in.network_configuration;
  launch.execute_command = in.enable_execute_command.value_or(false);
  if (in.propagate_tags == "TASK_DEFINITION") launch.tags = propagated(definition->tags);
  TRY(launch.tags, with_tags(launch.tags, in.tags, ctx));
  if (in.enable_ecs_managed_tags.value_or(false)) launch.tags["aws:ecs:clusterName"] = cluster.name;
  launch.reference_id = in.reference_id.value_or("");
  return launch;
}

api::ecs::RunTaskResponse answer_for(const Core& core, const std::string& cluster, const std::vector<std::string>& ids,
                                     const Context& ctx) {
  api::ecs::RunTaskResponse out;
  out.tasks.emplace();
  out.failures.emplace();
  for (const std::string& id : ids) {
    const TaskRow* task = core.tables.tasks.find(task_key(ctx, cluster, id));
    if (task != nullptr) out.tasks->push_back(view_task(*task, core.tables, ctx, With::AllTags));
  }
  return out;
}

void drop_expired_tokens(Core& core, const std::string& prefix, Context& ctx) {
  std::vector<std::string> expired;
  for (const auto& [key, row] : core.tables.run_tokens.with_prefix(prefix)) {
    if (row.expires_at <= ctx.now) expired.push_back(key);
  }
  for (const std::string& key : expired) core.tables.run_tokens.erase(ctx.change, key);
}

}  // namespace

Answer<api::ecs::RunTask> run_task(Core& core, TaskDriver& driver, const api::ecs::RunTaskRequest& in, Context& ctx) {
  TRY(const ClusterRow* cluster, cluster_or_fault(core.tables, ctx, in.cluster));
  const std::string prefix = cluster_key(ctx, cluster->name) + "/";
  const std::string token = in.client_token.value_or("");
  if (!token.empty()) {
    drop_expired_tokens(core, prefix, ctx);
    if (const RunTokenRow* held = core.tables.run_tokens.find(prefix + token)) {
      if (held->request == in) return answer_for(core, cluster->name, held->task_ids, ctx);
      return base::fault(faults::ConflictException,
                         "The clientToken was used before with other parameters. Use another one.");
    }
  }
  TRY(const Launch launch, plan_run(core, *cluster, in, ctx));
  std::vector<std::string> ids;
  std::vector<const TaskRow*> earlier;
  for (std::int64_t i = 0; i < in.count.value_or(1); ++i) {
    TaskRow task = make_task(launch, earlier, core, ctx);
    ids.push_back(task.id);
    const std::string key = task_key(ctx, cluster->name, task.id);
    driver.add(key, std::move(task), ctx);
    earlier.push_back(core.tables.tasks.find(key));
  }
  if (!token.empty()) core.tables.run_tokens.put(ctx.change, prefix + token, {in, ids, ctx.now + kRunTokenLife});
  return answer_for(core, cluster->name, ids, ctx);
}

Answer<api::ecs::StopTask> stop_task(Core& core, TaskDriver& driver, const api::ecs::StopTaskRequest& in,
                                     Context& ctx) {
  TRY(const ClusterRow* cluster, cluster_or_fault(core.tables, ctx, in.cluster));
  TRY(const std::string id, task_id_of(in.task));
  const std::string key = task_key(ctx, cluster->name, id);
  if (core.tables.tasks.find(key) == nullptr) {
    return base::fault(faults::InvalidParameterException, "The referenced task was not found.");
  }
  const std::string reason = in.reason.value_or("");
  driver.stop(key, "UserInitiated", reason.empty() ? "Task stopped by user" : reason, ctx);
  return api::ecs::StopTaskResponse{view_task(*core.tables.tasks.find(key), core.tables, ctx, With::AllTags)};
}

Answer<api::ecs::DescribeTasks> describe_tasks(Core& core, const api::ecs::DescribeTasksRequest& in, Context& ctx) {
  TRY(const ClusterRow* cluster, cluster_or_fault(core.tables, ctx, in.cluster));
  if (in.tasks.empty()) return base::fault(faults::InvalidParameterException, "Tasks cannot be empty.");
  if (in.tasks.size() > kMaxDescribedTasks) {
    return base::fault(faults::InvalidParameterException, "Tasks cannot have more than 100 elements.");
  }
  const bool tags = in.include && std::ranges::count(*in.include, "TAGS") > 0;
  api::ecs::DescribeTasksResponse out;
  out.tasks.emplace();
  out.failures.emplace();
  for (const std::string& name : in.tasks) {
    TRY(const std::string id, task_id_of(name));
    const TaskRow* row = core.tables.tasks.find(task_key(ctx, cluster->name, id));
    if (row == nullptr) {
      out.failures->push_back({ctx.arn("ecs", "task/" + cluster->name + "/" + id), {}, "MISSING"});
    } else {
      out.tasks->push_back(view_task(*row, core.tables, ctx, tags ? With::AllTags : With::Nothing));
    }
  }
  return out;
}

Answer<api::ecs::ListTasks> list_tasks(Core& core, const api::ecs::ListTasksRequest& in, Context& ctx) {
  TRY(const ClusterRow* cluster, cluster_or_fault(core.tables, ctx, in.cluster));
  const std::string service = in.service_name ? last_part(*in.service_name) : "";
  if (in.service_name && core.tables.services.find(service_key(ctx, cluster->name, service)) == nullptr) {
    return base::fault(faults::ServiceNotFoundException, "Service not found.");
  }
  const std::string desired = in.desired_status.value_or("RUNNING");
  std::vector<std::string> arns;
  for (const auto& [key, row] : core.tables.tasks.with_prefix(cluster_key(ctx, cluster->name) + "/")) {
    if (in.service_name && row.service != service) continue;
    if (in.started_by && row.started_by != *in.started_by) continue;
    if (in.launch_type && *in.launch_type != "FARGATE") continue;
    if (in.container_instance || in.daemon_name) continue;  // there are none on Fargate
    if (desired != (row.life.stop_wanted ? "STOPPED" : "RUNNING")) continue;
    if (in.family) {
      const std::string name = last_part(row.task_definition_arn);
      if (name.substr(0, name.rfind(':')) != *in.family) continue;
    }
    arns.push_back(task_arn(ctx, row));
  }
  TRY(Page page, page_of(arns, in.max_results, in.next_token));
  api::ecs::ListTasksResponse out;
  out.task_arns = std::move(page.items);
  out.next_token = std::move(page.next_token);
  return out;
}

}  // namespace ecs
