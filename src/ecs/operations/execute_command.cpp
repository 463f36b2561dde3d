// ECS Exec: a session in which a person runs a command in a container. The session waits here until its data channel is
// opened; the program runs beside the cloud's state, not in it.

#include <algorithm>

#include "ecs/exec_sessions.h"
#include "ecs/life_spec.h"
#include "ecs/names.h"
#include "ecs/operations/operations.h"
#include "wire/session_message.h"

namespace ecs {
namespace {

namespace faults = api::ecs::faults;

constexpr const char* kNotEnabled =
    "The execute command failed because execute command was not enabled when the task was run or the execute command "
    "agent isn’t running. Wait and try again or run a new task with execute command enabled and try again.";
constexpr const char* kNotConnected = "The execute command failed due to an internal error. Try again later.";
constexpr const char* kSessionLetters = "0123456789abcdefghijklmnopqrstuvwxyz";

// Systems Manager's message gateway is no service of ours; what a task needs to get there is.
constexpr api::Protocol kProtocols[] = {api::Protocol::RestJson};
constexpr api::Service kMessages{.id = "ssmmessages", .signing_name = "ssmmessages", .protocols = kProtocols};

api::Operation messages_operation(std::string_view name) {
  api::Operation operation{};
  operation.name = name;
  operation.service = &kMessages;
  operation.input = &api::ecs::ListClustersRequest::type();
  operation.output = operation.input;
  return operation;
}

// The agent in the task speaks to ssmmessages over the task's interface, with the task's role.
base::Outcome<void> check_connection(const Core& core, const TaskRow& task, Context& ctx) {
  const CredentialsRow* credentials = core.tables.credentials.find(task.credentials_id);
  if (credentials == nullptr) return base::fault(faults::InvalidParameterException, kNotEnabled);
  for (const char* name : {"CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"}) {
    const api::Operation operation = messages_operation(name);
    Errand errand;
    errand.host = "ssmmessages." + ctx.call.region + ".amazonaws.com";
    errand.role_arn = credentials->role_arn;
    errand.task_id = task.id;
    errand.operation = &operation;
    errand.input = api::Object::of(api::ecs::ListClustersRequest{});
    if (core.network.ask(task.interface, errand, ctx).answer == Access::Answer::Granted) continue;
    return base::fault(faults::TargetNotConnectedException, kNotConnected);
  }
  return {};
}

// Index of the container; nobody needs to name the only one.
base::Outcome<std::size_t> find_container(const api::ecs::TaskDefinition& definition,
                                          const std::optional<std::string>& name) {
  const auto& containers = *definition.container_definitions;
  if (!name || name->empty()) {
    if (containers.size() == 1) return std::size_t{0};
    return base::fault(faults::InvalidParameterException,
                       "The task has several containers: the container name is required.");
  }
  const auto found = std::ranges::find_if(containers, [&](const auto& one) { return one.name == name; });
  if (found != containers.end()) return static_cast<std::size_t>(found - containers.begin());
  return base::fault(faults::InvalidParameterException, "The container " + *name + " was not found in the task.");
}

std::string stream_url(const Context& ctx, const std::string& session) {
  std::string url = ctx.call.base_url;
  if (url.starts_with("http")) url.replace(0, 4, "ws");  // and https to wss
  return url + "/v1/data-channel/" + session + "?role=publish_subscribe";
}

}  // namespace

Answer<api::ecs::ExecuteCommand> execute_command(Core& core, const api::ecs::ExecuteCommandRequest& in, Context& ctx) {
  TRY(const ClusterRow* cluster, cluster_or_fault(core.tables, ctx, in.cluster));
  TRY(const std::string id, task_id_of(in.task));
  if (!in.interactive) {
    return base::fault(faults::InvalidParameterException, "Interactive is the only mode supported currently.");
  }
  const TaskRow* task = core.tables.tasks.find(task_key(ctx, cluster->name, id));
  if (task == nullptr) return base::fault(faults::InvalidParameterException, "The referenced task was not found.");
  const api::ecs::TaskDefinition& definition = core.tables.find_definition(task->task_definition_arn)->definition;
  TRY(const std::size_t index, find_container(definition, in.container));
  const bool runs = task->life.containers[index].status == life::Status::Running && !task->life.stop_wanted;
  const bool always = ctx.call.headers.contains(kExecAlways);
  if (!runs || (!always && !task->execute_command)) {
    return base::fault(faults::InvalidParameterException, kNotEnabled);
  }
  if (!always) CHECK(check_connection(core, *task, ctx));
  auto argv = wire::split_command(in.command);
  if (!argv || argv->empty()) {
    return base::fault(faults::InvalidParameterException, "The command can't be taken apart into words.");
  }
  ExecSession session;
  session.target = {id, (*definition.container_definitions)[index].name.value_or(""), std::move(*argv)};
  session.token = base::hex_id(ctx.random, 64);
  session.expires_at = ctx.now + kExecSessionLife;
  api::ecs::ExecuteCommandResponse out;
  out.cluster_arn = cluster_arn(ctx, cluster->name);
  out.container_arn = container_arn(ctx, *task, task->container_ids[index]);
  out.container_name = session.target.container;
  out.interactive = true;
  out.task_arn = task_arn(ctx, *task);
  const std::string name = "ecs-execute-command-" + base::draw(ctx.random, kSessionLetters, 17);
  out.session = api::ecs::Session{name, stream_url(ctx, name), session.token};
  ctx.change.after_durable([sessions = &core.exec_sessions, name, session = std::move(session), now = ctx.now] {
    sessions->add(name, session, now);
  });
  return out;
}

}  // namespace ecs
