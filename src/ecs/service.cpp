#include "ecs/service.h"

#include <algorithm>

#include "ecs/credentials.h"
#include "ecs/insights.h"
#include "ecs/names.h"
#include "ecs/operations/operations.h"
#include "ecs/scheduler.h"
#include "ecs/task_driver.h"
#include "ecs/views.h"

namespace ecs {
namespace {

class Ecs : public EcsService {
 public:
  Ecs(runtime::Runtime& runtime, MetricSink& metrics, service::Sessions& sessions, TaskNetwork& network,
      Options options)
      : core_{runtime, metrics, network, std::move(options), Tables(sessions)},
        driver_(core_),
        scheduler_(core_, driver_),
        insights_(core_) {}

  void register_operations(service::Registry& registry) override;
  std::vector<service::TableBase*> tables() override { return core_.tables.all(); }
  void recovered(service::Context& ctx) override {
    driver_.resume(ctx);
    scheduler_.resume();
  }
  base::TimePoint deadline() const override {
    const Agenda& renewals = core_.tables.renewals();
    const base::TimePoint renewal = renewals.empty() ? base::kNever : renewals.begin()->first;
    return std::min({driver_.deadline(), scheduler_.deadline(), insights_.deadline(), renewal});
  }
  void tick(service::Context& ctx) override {
    renew_credentials(core_, ctx);
    driver_.tick(ctx);
    scheduler_.tick(ctx);
    insights_.tick(ctx);
  }
  void on_runtime_event(const runtime::Event& event, service::Context& ctx) override {
    driver_.on_runtime_event(event, ctx);
  }
  void add_service_event(const std::string& cluster, const std::string& service, std::string message,
                         service::Context& ctx) override;
  std::optional<TaskCredentials> find_credentials(const std::string& uuid) const override;
  std::optional<ShownTask> show_task(const std::string& id, const service::Context& ctx) const override;
  std::optional<ExecTarget> take_exec(const std::string& session, const std::string& token,
                                      base::TimePoint now) override {
    return core_.exec_sessions.take(session, token, now);
  }

 private:
  template <class Op>
  void on(service::Registry& registry, Answer<Op> (*handler)(Core&, const typename Op::Input&, service::Context&)) {
    registry.on<Op>(
        [this, handler](const typename Op::Input& in, service::Context& ctx) { return handler(core_, in, ctx); });
  }

  Core core_;
  TaskDriver driver_;
  Scheduler scheduler_;
  Insights insights_;
};

void Ecs::register_operations(service::Registry& registry) {
  on<api::ecs::CreateCluster>(registry, create_cluster);
  on<api::ecs::DeleteCluster>(registry, delete_cluster);
  on<api::ecs::DescribeClusters>(registry, describe_clusters);
  on<api::ecs::ListClusters>(registry, list_clusters);
  on<api::ecs::UpdateCluster>(registry, update_cluster);
  on<api::ecs::UpdateClusterSettings>(registry, update_cluster_settings);
  on<api::ecs::RegisterTaskDefinition>(registry, register_task_definition);
  on<api::ecs::DeregisterTaskDefinition>(registry, deregister_task_definition);
  on<api::ecs::DescribeTaskDefinition>(registry, describe_task_definition);
  on<api::ecs::ListTaskDefinitions>(registry, list_task_definitions);
  on<api::ecs::ListTaskDefinitionFamilies>(registry, list_task_definition_families);
  on<api::ecs::CreateService>(registry, create_service);
  on<api::ecs::UpdateService>(registry, update_service);
  on<api::ecs::DeleteService>(registry, delete_service);
  on<api::ecs::DescribeServices>(registry, describe_services);
  on<api::ecs::ListServices>(registry, list_services);
  on<api::ecs::DescribeTasks>(registry, describe_tasks);
  on<api::ecs::ListTasks>(registry, list_tasks);
  on<api::ecs::ExecuteCommand>(registry, execute_command);
  on<api::ecs::GetTaskProtection>(registry, get_task_protection);
  on<api::ecs::UpdateTaskProtection>(registry, update_task_protection);
  on<api::ecs::TagResource>(registry, tag_resource);
  on<api::ecs::UntagResource>(registry, untag_resource);
  on<api::ecs::ListTagsForResource>(registry, list_tags_for_resource);
  registry.on<api::ecs::RunTask>(
      [this](const api::ecs::RunTaskRequest& in, service::Context& ctx) { return run_task(core_, driver_, in, ctx); });
  registry.on<api::ecs::StopTask>([this](const api::ecs::StopTaskRequest& in, service::Context& ctx) {
    return stop_task(core_, driver_, in, ctx);
  });
}

void Ecs::add_service_event(const std::string& cluster, const std::string& service, std::string message,
                            service::Context& ctx) {
  const std::string key = service::key(ctx, {cluster, service});
  if (core_.tables.services.find(key) == nullptr) return;
  std::int64_t number = 0;
  core_.tables.services.modify(ctx.change, key, [&](ServiceRow& row) { number = row.next_event++; });
  put_service_event(core_, key, number, {base::uuid(ctx.random), ctx.now, std::move(message)}, ctx);
}

std::optional<TaskCredentials> Ecs::find_credentials(const std::string& uuid) const {
  const CredentialsRow* row = core_.tables.credentials.find(uuid);
  if (row == nullptr) return std::nullopt;
  const TaskKey& key = row->key;
  return TaskCredentials{row->role_arn, key.access_key_id, key.secret_access_key, key.token, key.expires_at};
}

std::optional<ShownTask> Ecs::show_task(const std::string& id, const service::Context& ctx) const {
  const std::string* key = core_.tables.find_task_key(id);
  if (key == nullptr) return std::nullopt;
  const TaskRow& row = *core_.tables.tasks.find(*key);
  if (row.life.phase == life::Phase::Stopped) return std::nullopt;
  const service::Call call = call_of_key(*key, ctx.call);
  const CredentialsRow* credentials = core_.tables.credentials.find(row.credentials_id);
  return ShownTask{view_task(row, core_.tables, ctx.as(call), With::AllTags),
                   core_.tables.find_definition(row.task_definition_arn)->definition, row.interface, call.region,
                   credentials == nullptr ? "" : credentials->key.access_key_id};
}

}  // namespace

std::unique_ptr<EcsService> make_service(runtime::Runtime& runtime, MetricSink& metrics, service::Sessions& sessions,
                                         TaskNetwork& network, Options options) {
  return std::make_unique<Ecs>(runtime, metrics, sessions, network, std::move(options));
}

}  // namespace ecs
