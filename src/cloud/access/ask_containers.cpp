// ECS and ECR: what their operations need leave for.

#include "cloud/access/asking.h"

namespace cloud::access {
namespace {

constexpr std::string_view kTasks = "ecs-tasks.amazonaws.com";

std::string last_part(const std::string& text) {
  return text.substr(text.rfind('/') + 1);
}

std::string cluster_name(const Asking& asking) {
  const std::string given = asking.input.text("cluster");
  return given.empty() ? "default" : last_part(given);
}

// Things of a cluster by name or ARN: "service/CLUSTER/NAME", "task/CLUSTER/ID".
std::string in_cluster(const Asking& asking, const std::string& kind, const std::string& name_or_arn) {
  if (name_or_arn.starts_with("arn:")) return name_or_arn;
  return asking.arn("ecs", kind + "/" + cluster_name(asking) + "/" + last_part(name_or_arn));
}

std::string definition_arn(const Asking& asking, const std::string& name_or_arn) {
  return name_or_arn.starts_with("arn:") ? name_or_arn : asking.arn("ecs", "task-definition/" + name_or_arn);
}

void ask_each(Asking& asking, const std::string& kind, const std::vector<std::string>& names) {
  for (const std::string& name : names) asking.ask(in_cluster(asking, kind, name));
}

void pass_roles(Asking& asking, const std::optional<Input>& holder) {
  if (!holder) return;
  asking.pass_role(holder->text("executionRoleArn"), kTasks);
  asking.pass_role(holder->text("taskRoleArn"), kTasks);
}

void ask_ecs_by_name(Asking& asking) {
  const Input& in = asking.input;
  if (asking.operation == "CreateCluster") {
    const std::string name = in.text("clusterName");
    asking.ask(asking.arn("ecs", "cluster/" + (name.empty() ? "default" : name)));
  } else if (asking.operation == "DescribeClusters") {
    const auto clusters = in.texts("clusters");
    if (clusters.empty()) asking.ask(asking.arn("ecs", "cluster/default"));
    for (const std::string& one : clusters) asking.ask(asking.arn("ecs", "cluster/" + last_part(one)));
  } else if (asking.one_of({"DeleteCluster", "UpdateCluster", "UpdateClusterSettings"})) {
    asking.ask(asking.arn("ecs", "cluster/" + cluster_name(asking)));
  } else if (asking.one_of({"CreateService"})) {
    asking.ask(in_cluster(asking, "service", in.text("serviceName")));
  } else if (asking.one_of({"UpdateService", "DeleteService"})) {
    asking.ask(in_cluster(asking, "service", in.text("service")));
  } else if (asking.operation == "DescribeServices") {
    ask_each(asking, "service", in.texts("services"));
  } else if (asking.operation == "DescribeTasks") {
    ask_each(asking, "task", in.texts("tasks"));
  } else if (asking.one_of({"StopTask", "ExecuteCommand"})) {
    asking.ask(in_cluster(asking, "task", in.text("task")));
  } else if (asking.one_of({"GetTaskProtection", "UpdateTaskProtection"})) {
    const auto tasks = in.texts("tasks");
    ask_each(asking, "task", tasks);
    if (tasks.empty()) asking.ask(in_cluster(asking, "task", "*"));
  } else if (asking.operation == "RunTask") {
    asking.ask(definition_arn(asking, in.text("taskDefinition")));
    pass_roles(asking, in.part("overrides"));
  } else if (asking.operation == "RegisterTaskDefinition") {
    asking.ask("*");
    pass_roles(asking, in);
  } else if (const std::string tagged = in.text("resourceArn"); !tagged.empty()) {
    asking.ask(tagged);
  } else {
    asking.ask("*");
  }
}

}  // namespace

void ask_ecs(Asking& asking) {
  ask_ecs_by_name(asking);
  const std::string cluster = asking.arn("ecs", "cluster/" + cluster_name(asking));
  for (Asked& one : asking.asked) {
    if (one.action.starts_with("ecs:")) one.keys.emplace_back("ecs:cluster", cluster);
  }
}

void ask_ecr(Asking& asking) {
  const Input& in = asking.input;
  const auto repository = [&](const std::string& name) {
    const std::string owner = in.text("registryId");
    return "arn:aws:ecr:" + asking.call.region + ":" + (owner.empty() ? asking.call.account : owner) + ":repository/" +
           name;
  };
  if (asking.operation == "GetAuthorizationToken") {
    asking.ask("*");
  } else if (asking.operation == "DescribeRepositories") {
    const auto names = in.texts("repositoryNames");
    if (names.empty()) asking.ask(repository("*"));
    for (const std::string& name : names) asking.ask(repository(name));
  } else if (const std::string tagged = in.text("resourceArn"); !tagged.empty()) {
    asking.ask(tagged);
  } else {
    asking.ask(repository(in.text("repositoryName")));
  }
}

}  // namespace cloud::access
