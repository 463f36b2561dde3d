#include "api/ecs/operations.h"
#include "api/ecs/types.h"
#include "base/fault.h"
#include "cloudformation/resources/common.h"

namespace cloudformation {
namespace {

using base::Value;
namespace ecs = api::ecs;

// Of a service that is not steady yet nothing else may announce the change (a task that fails).
constexpr base::Duration kServiceRecheck = std::chrono::seconds(5);

constexpr PropertySchema kClusterProperties[] = {
    {.name = "ClusterName", .update = UpdateBehavior::Replace},
    {.name = "ClusterSettings", .kind = PropertyKind::ShapeList, .shape = &ecs::ClusterSetting::type},
    {.name = "Configuration", .kind = PropertyKind::Shape, .shape = &ecs::ClusterConfiguration::type},
    {.name = "CapacityProviders", .kind = PropertyKind::TextList},
    {.name = "DefaultCapacityProviderStrategy",
     .kind = PropertyKind::ShapeList,
     .shape = &ecs::CapacityProviderStrategyItem::type},
    {.name = "ServiceConnectDefaults", .update = UpdateBehavior::Unsupported},
    {.name = "Tags", .kind = PropertyKind::TagList},
};
constexpr std::string_view kArnOnly[] = {"Arn"};
constexpr TypeSchema kCluster{.name = "AWS::ECS::Cluster",
                              .properties = kClusterProperties,
                              .attributes = kArnOnly,
                              .name_property = "ClusterName",
                              .system_tags = true};

std::expected<void, Failure> sync_tags(const Job& job, const std::string& arn) {
  const TagChange tags = tag_change(job);
  if (!tags.removed.empty()) {
    CHECK(invoke(job, ecs::UntagResource::operation(), object({{"resourceArn", arn}, {"tagKeys", tags.removed}})));
  }
  if (!tags.set.empty()) {
    CHECK(invoke(job, ecs::TagResource::operation(), object({{"resourceArn", arn}, {"tags", tag_list(tags.set)}})));
  }
  return {};
}

Step create_cluster(const Job& job) {
  const std::string name = name_of(job, "ClusterName", 255);
  Value input = object({{"clusterName", name}, {"tags", tag_list(merged_tags(job))}});
  copy(input, job.properties, {"Configuration", "CapacityProviders", "DefaultCapacityProviderStrategy"});
  if (const Value* settings = job.property("ClusterSettings")) input.set("settings", *settings);
  TRY(const Value made, invoke(job, ecs::CreateCluster::operation(), input));
  return done(name, object({{"Arn", text_at(made, "cluster.clusterArn")}}));
}

Step update_cluster(const Job& job) {
  Value input = object({{"cluster", job.physical_id}});
  copy(input, job.properties, {"Configuration"});
  if (const Value* settings = job.property("ClusterSettings")) input.set("settings", *settings);
  if (input.as_object().size() > 1) CHECK(invoke(job, ecs::UpdateCluster::operation(), input));
  CHECK(sync_tags(job, text_at(job.before->attributes, "Arn")));
  return done(job.physical_id);
}

Step remove_cluster(const Job& job) {
  CHECK(invoke_gone(job, ecs::DeleteCluster::operation(), object({{"cluster", job.physical_id}})));
  return done(job.physical_id);
}

constexpr UpdateBehavior kReplace = UpdateBehavior::Replace;
constexpr PropertySchema kTaskDefinitionProperties[] = {
    {.name = "ContainerDefinitions",
     .kind = PropertyKind::ShapeList,
     .update = kReplace,
     .shape = &ecs::ContainerDefinition::type},
    {.name = "Cpu", .update = kReplace},
    {.name = "EnableFaultInjection", .kind = PropertyKind::Boolean, .update = kReplace},
    {.name = "EphemeralStorage",
     .kind = PropertyKind::Shape,
     .update = kReplace,
     .shape = &ecs::EphemeralStorage::type},
    {.name = "ExecutionRoleArn", .update = kReplace},
    {.name = "Family", .update = kReplace},
    {.name = "InferenceAccelerators", .update = UpdateBehavior::Unsupported},
    {.name = "IpcMode", .update = kReplace},
    {.name = "Memory", .update = kReplace},
    {.name = "NetworkMode", .update = kReplace},
    {.name = "PidMode", .update = kReplace},
    {.name = "PlacementConstraints",
     .kind = PropertyKind::ShapeList,
     .update = kReplace,
     .shape = &ecs::TaskDefinitionPlacementConstraint::type},
    {.name = "ProxyConfiguration", .update = UpdateBehavior::Unsupported},
    {.name = "RequiresCompatibilities", .kind = PropertyKind::TextList, .update = kReplace, .unordered = true},
    {.name = "RuntimePlatform", .kind = PropertyKind::Shape, .update = kReplace, .shape = &ecs::RuntimePlatform::type},
    {.name = "Tags", .kind = PropertyKind::TagList},
    {.name = "TaskRoleArn", .update = kReplace},
    {.name = "Volumes", .kind = PropertyKind::ShapeList, .update = kReplace, .shape = &ecs::Volume::type},
};
constexpr std::string_view kTaskDefinitionAttributes[] = {"TaskDefinitionArn"};
constexpr TypeSchema kTaskDefinition{.name = "AWS::ECS::TaskDefinition",
                                     .properties = kTaskDefinitionProperties,
                                     .attributes = kTaskDefinitionAttributes,
                                     .system_tags = true};

Step create_task_definition(const Job& job) {
  Value input = job.properties;
  input.set("Family", name_of(job, "Family", 255));
  input.remove("Tags");
  if (input.find("ContainerDefinitions") == nullptr) input.set("ContainerDefinitions", Value::Array{});
  if (const Tags tags = merged_tags(job); !tags.empty()) input.set("Tags", tag_list(tags));
  TRY(const Value made, invoke(job, ecs::RegisterTaskDefinition::operation(), input));
  const std::string arn = text_at(made, "taskDefinition.taskDefinitionArn");
  return done(arn, object({{"TaskDefinitionArn", arn}}));
}

Step update_task_definition(const Job& job) {
  CHECK(sync_tags(job, job.physical_id));
  return done(job.physical_id);
}

Step remove_task_definition(const Job& job) {
  CHECK(invoke_gone(job, ecs::DeregisterTaskDefinition::operation(), object({{"taskDefinition", job.physical_id}})));
  return done(job.physical_id);
}

constexpr UpdateBehavior kUnsupported = UpdateBehavior::Unsupported;
constexpr PropertySchema kServiceProperties[] = {
    {.name = "AvailabilityZoneRebalancing"},
    {.name = "CapacityProviderStrategy",
     .kind = PropertyKind::ShapeList,
     .shape = &ecs::CapacityProviderStrategyItem::type},
    {.name = "Cluster", .update = kReplace},
    {.name = "DeploymentConfiguration", .kind = PropertyKind::Shape, .shape = &ecs::DeploymentConfiguration::type},
    {.name = "DeploymentController",
     .kind = PropertyKind::Shape,
     .update = kReplace,
     .shape = &ecs::DeploymentController::type},
    {.name = "DesiredCount", .kind = PropertyKind::Integer},
    {.name = "EnableECSManagedTags", .kind = PropertyKind::Boolean},
    {.name = "EnableExecuteCommand", .kind = PropertyKind::Boolean},
    {.name = "ForceNewDeployment", .update = kUnsupported},
    {.name = "HealthCheckGracePeriodSeconds", .kind = PropertyKind::Integer},
    {.name = "LaunchType", .update = UpdateBehavior::Conditional},
    {.name = "LoadBalancers", .update = kUnsupported},
    {.name = "NetworkConfiguration", .kind = PropertyKind::Shape, .shape = &ecs::NetworkConfiguration::type},
    {.name = "PlacementConstraints", .kind = PropertyKind::ShapeList, .shape = &ecs::PlacementConstraint::type},
    {.name = "PlacementStrategies", .kind = PropertyKind::ShapeList, .shape = &ecs::PlacementStrategy::type},
    {.name = "PlatformVersion"},
    {.name = "PropagateTags"},
    {.name = "Role", .update = kReplace},
    {.name = "SchedulingStrategy", .update = kReplace},
    {.name = "ServiceConnectConfiguration", .update = kUnsupported},
    {.name = "ServiceName", .update = kReplace},
    {.name = "ServiceRegistries", .update = kUnsupported},
    {.name = "Tags", .kind = PropertyKind::TagList},
    {.name = "TaskDefinition"},
    {.name = "VolumeConfigurations", .update = kUnsupported},
    {.name = "VpcLatticeConfigurations", .update = kUnsupported},
};
constexpr std::string_view kServiceAttributes[] = {"Name", "ServiceArn"};
constexpr TypeSchema kService{.name = "AWS::ECS::Service",
                              .properties = kServiceProperties,
                              .attributes = kServiceAttributes,
                              .name_property = "ServiceName"};

std::string cluster_of(const Job& job) {
  const std::string cluster = job.text("Cluster");
  return cluster.empty() ? "default" : cluster;
}

void copy_service(Value& input, const Value& properties) {
  copy(input, properties,
       {"AvailabilityZoneRebalancing", "CapacityProviderStrategy", "DeploymentConfiguration", "DesiredCount",
        "EnableECSManagedTags", "EnableExecuteCommand", "HealthCheckGracePeriodSeconds", "NetworkConfiguration",
        "PlacementConstraints", "PlatformVersion", "PropagateTags", "TaskDefinition"});
  if (const Value* strategies = properties.find("PlacementStrategies")) input.set("placementStrategy", *strategies);
}

Progress waiting(const Job& job, std::string physical_id, Value attributes = {}) {
  Progress progress{.physical_id = std::move(physical_id), .attributes = std::move(attributes), .finished = false};
  progress.look_again = job.ctx.now + kServiceRecheck;
  return progress;
}

Step create_service(const Job& job) {
  Value input = object({{"serviceName", name_of(job, "ServiceName", 255)}, {"cluster", cluster_of(job)}});
  copy_service(input, job.properties);
  copy(input, job.properties, {"DeploymentController", "LaunchType", "Role", "SchedulingStrategy"});
  if (job.property("DesiredCount") == nullptr && job.text("SchedulingStrategy") != "DAEMON")
    input.set("desiredCount", 1);
  if (const Tags tags = merged_tags(job); !tags.empty()) input.set("tags", tag_list(tags));
  TRY(const Value made, invoke(job, ecs::CreateService::operation(), input));
  const std::string arn = text_at(made, "service.serviceArn");
  return waiting(job, arn, object({{"Name", text_at(made, "service.serviceName")}, {"ServiceArn", arn}}));
}

Step update_service(const Job& job) {
  Value input = object({{"service", job.physical_id}, {"cluster", cluster_of(job)}});
  copy_service(input, job.properties);
  CHECK(invoke(job, ecs::UpdateService::operation(), input));
  CHECK(sync_tags(job, job.physical_id));
  return waiting(job, job.physical_id);
}

Step remove_service(const Job& job) {
  CHECK(invoke_gone(job, ecs::DeleteService::operation(),
                    object({{"service", job.physical_id}, {"cluster", cluster_of(job)}, {"force", true}})));
  return waiting(job, job.physical_id);
}

Step poll_service(const Job& job, Work work) {
  TRY(const auto found,
      invoke_found(job, ecs::DescribeServices::operation(),
                   object({{"services", Value::Array{job.physical_id}}, {"cluster", cluster_of(job)}})));
  const Value* service = found ? at(*found, "services.0") : nullptr;
  const std::string status = service == nullptr ? "INACTIVE" : text_at(*service, "status");
  if (work == Work::Deleting) {
    const bool gone = status == "INACTIVE" && (service == nullptr || text_at(*service, "runningCount") == "0");
    return gone ? done(job.physical_id) : Step(waiting(job, job.physical_id));
  }
  if (service == nullptr || status != "ACTIVE") {
    return std::unexpected(handler_failure(job, "Service " + job.physical_id + " is not active.", "NotFound"));
  }
  const Value* deployments = service->find("deployments");
  const bool one = deployments != nullptr && deployments->is_array() && deployments->as_array().size() == 1;
  if (deployments != nullptr && deployments->is_array()) {
    for (const Value& deployment : deployments->as_array()) {
      if (text_at(deployment, "rolloutState") != "FAILED") continue;
      return std::unexpected(
          handler_failure(job, "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.",
                          "GeneralServiceException"));
    }
  }
  const bool counts = text_at(*service, "runningCount") == text_at(*service, "desiredCount");
  const std::string rollout = one ? text_at(*deployments, "0.rolloutState") : "";
  const bool steady = one && counts && (rollout.empty() || rollout == "COMPLETED");
  return steady ? done(job.physical_id) : Step(waiting(job, job.physical_id));
}

}  // namespace

void add_ecs(ProviderSet& providers) {
  add(providers, {&kCluster, create_cluster, update_cluster, remove_cluster});
  add(providers, {&kTaskDefinition, create_task_definition, update_task_definition, remove_task_definition});
  add(providers, {&kService, create_service, update_service, remove_service, poll_service});
}

}  // namespace cloudformation
