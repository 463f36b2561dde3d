#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/ecs/types.h"
#include "base/time.h"
#include "ecs/exec_sessions.h"
#include "ecs/options.h"
#include "ecs/ports.h"
#include "runtime/runtime.h"
#include "service/registry.h"
#include "service/session.h"

// Amazon ECS on Fargate: clusters, task definitions, services, tasks. The scheduler decides, the runtime runs.
namespace ecs {

// What a container's SDK gets from its credentials endpoint.
struct TaskCredentials {
  std::string role_arn;
  std::string access_key_id;
  std::string secret_access_key;
  std::string token;
  base::TimePoint expiration{};
};

// A task as the API shows it, with what it was made from.
struct ShownTask {
  api::ecs::Task task;
  api::ecs::TaskDefinition definition;
  TaskInterface interface;
  std::string region;
  std::string access_key_id;  // of its role, the newest; "" without a role
};

class EcsService : public service::Service {
 public:
  // To be called for every runtime event, in a turn of its own.
  virtual void on_runtime_event(const runtime::Event& event, service::Context& ctx) = 0;
  // What Application Auto Scaling did to a service shows among the service's own events. Nothing if it is gone.
  virtual void add_service_event(const std::string& cluster, const std::string& service, std::string message,
                                 service::Context& ctx) = 0;
  // The newest keys of a task, renewed before they end. By the last part of AWS_CONTAINER_CREDENTIALS_FULL_URI,
  // "/v2/credentials/<uuid>". Nothing once the task has stopped.
  virtual std::optional<TaskCredentials> find_credentials(const std::string& uuid) const = 0;
  // What a session of ExecuteCommand is to run; once, and only with its token.
  virtual std::optional<ExecTarget> take_exec(const std::string& session, const std::string& token,
                                              base::TimePoint now) = 0;
  // By its id; nothing when there is no such task, or it has stopped.
  virtual std::optional<ShownTask> show_task(const std::string& id, const service::Context& ctx) const = 0;
};

// `sessions` hears of the keys of running tasks. The references must outlive the service.
std::unique_ptr<EcsService> make_service(runtime::Runtime& runtime, MetricSink& metrics, service::Sessions& sessions,
                                         TaskNetwork& network, Options options);

}  // namespace ecs
