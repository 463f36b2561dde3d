#include <algorithm>

#include "api/autoscaling/operations.h"
#include "ecs/names.h"
#include "ecs/operations/operations.h"
#include "ecs/page.h"
#include "ecs/placement.h"
#include "ecs/scheduler.h"
#include "ecs/service_pass.h"
#include "ecs/tags.h"
#include "ecs/unsupported.h"
#include "ecs/views.h"

namespace ecs {
namespace {

namespace faults = api::ecs::faults;
using Config = api::ecs::CreateServiceRequest;

// Amazon ECS service quotas.
constexpr std::int64_t kMaxTasksPerService = 5000;
constexpr std::size_t kMaxServicesPerCluster = 5000;
constexpr std::size_t kMaxServiceName = 255;
constexpr std::size_t kMaxDescribedServices = 10;
constexpr std::int64_t kUsualServicesPerPage = 10;

bool is_service_name(const std::string& name) {
  if (name.empty() || name.size() > kMaxServiceName) return false;
  return std::ranges::all_of(name, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

base::Outcome<api::ecs::DeploymentConfiguration> with_defaults(std::optional<api::ecs::DeploymentConfiguration> given) {
  api::ecs::DeploymentConfiguration configuration = given.value_or(api::ecs::DeploymentConfiguration{});
  if (!configuration.maximum_percent) configuration.maximum_percent = 200;
  if (!configuration.minimum_healthy_percent) configuration.minimum_healthy_percent = 100;
  if (!configuration.deployment_circuit_breaker) configuration.deployment_circuit_breaker.emplace();
  if (configuration.alarms && configuration.alarms->enable && configuration.alarms->alarm_names.empty()) {
    return base::fault(faults::InvalidParameterException, "Deployment alarms that are enabled must name an alarm.");
  }
  if (!configuration.strategy) configuration.strategy = "ROLLING";
  if (!configuration.bake_time_in_minutes) configuration.bake_time_in_minutes = 0;
  const std::int64_t most = *configuration.maximum_percent;
  const std::int64_t least = *configuration.minimum_healthy_percent;
  if (most < 100 || least < 0 || least > 100 || most > INT32_MAX) {
    return base::fault(faults::InvalidParameterException,
                       "maximumPercent must be at least 100 and minimumHealthyPercent between 0 and 100.");
  }
  if (most == 100 && least == 100) {
    return base::fault(faults::InvalidParameterException,
                       "Both maximumPercent and minimumHealthyPercent cannot be 100 "
                       "as this will block deployments.");
  }
  return configuration;
}

base::Outcome<std::int64_t> checked_count(const std::optional<std::int64_t>& desired) {
  if (!desired) {
    return base::fault(faults::InvalidParameterException,
                       "The desiredCount parameter is required when the scheduling strategy is REPLICA.");
  }
  if (*desired < 0 || *desired > kMaxTasksPerService) {
    return base::fault(faults::InvalidParameterException,
                       "desiredCount must be between 0 and " + std::to_string(kMaxTasksPerService) + ".");
  }
  return *desired;
}

// Everything a service's configuration must be, on create and on update.
base::Outcome<const TaskDefinitionRow*> check_config(const Core& core, const Config& config, Context& ctx) {
  if (auto part = unsupported_part(config)) {
    return base::fault(faults::UnsupportedFeatureException, "renkei does not support " + *part + " yet.");
  }
  CHECK(check_platform(config.platform_version));
  TRY(const TaskDefinitionRow* definition, runnable_definition(core.tables, config.task_definition, ctx));
  CHECK(check_network(config.network_configuration, ctx));
  return definition;
}

base::Outcome<const ServiceRow*> service_or_fault(const Core& core, const ClusterRow& cluster, const std::string& name,
                                                  const Context& ctx) {
  const ServiceRow* row = core.tables.services.find(service_key(ctx, cluster.name, last_part(name)));
  if (row == nullptr) return base::fault(faults::ServiceNotFoundException, "Service not found.");
  return row;
}

std::size_t services_in(const Core& core, const std::string& cluster_key) {
  std::size_t count = 0;
  for (const auto& [key, row] : core.tables.services.with_prefix(cluster_key + "/")) {
    if (row.status != ServiceStatus::Inactive) ++count;
  }
  return count;
}

std::string creator(const Context& ctx) {
  return ctx.call.principal_arn.empty() ? "arn:aws:iam::" + ctx.call.account + ":root" : ctx.call.principal_arn;
}

// The configuration after an UpdateService: what it names changes, the rest stays.
Config updated_config(Config config, const api::ecs::UpdateServiceRequest& in) {
  const auto take = [](auto& held, const auto& given) {
    if (given) held = given;
  };
  take(config.availability_zone_rebalancing, in.availability_zone_rebalancing);
  take(config.deployment_controller, in.deployment_controller);
  take(config.enable_ecs_managed_tags, in.enable_ecs_managed_tags);
  take(config.enable_execute_command, in.enable_execute_command);
  take(config.health_check_grace_period_seconds, in.health_check_grace_period_seconds);
  take(config.load_balancers, in.load_balancers);
  take(config.monitoring, in.monitoring);
  take(config.network_configuration, in.network_configuration);
  take(config.placement_constraints, in.placement_constraints);
  take(config.placement_strategy, in.placement_strategy);
  take(config.platform_version, in.platform_version);
  take(config.propagate_tags, in.propagate_tags);
  take(config.service_connect_configuration, in.service_connect_configuration);
  take(config.service_registries, in.service_registries);
  take(config.task_definition, in.task_definition);
  take(config.volume_configurations, in.volume_configurations);
  take(config.vpc_lattice_configurations, in.vpc_lattice_configurations);
  if (in.deployment_configuration && config.deployment_configuration) {
    auto& held = *config.deployment_configuration;
    take(held.alarms, in.deployment_configuration->alarms);
    take(held.bake_time_in_minutes, in.deployment_configuration->bake_time_in_minutes);
    take(held.canary_configuration, in.deployment_configuration->canary_configuration);
    take(held.deployment_circuit_breaker, in.deployment_configuration->deployment_circuit_breaker);
    take(held.lifecycle_hooks, in.deployment_configuration->lifecycle_hooks);
    take(held.linear_configuration, in.deployment_configuration->linear_configuration);
    take(held.maximum_percent, in.deployment_configuration->maximum_percent);
    take(held.minimum_healthy_percent, in.deployment_configuration->minimum_healthy_percent);
    take(held.strategy, in.deployment_configuration->strategy);
  }
  if (in.capacity_provider_strategy) {
    config.capacity_provider_strategy = in.capacity_provider_strategy;
    config.launch_type = in.capacity_provider_strategy->empty() ? std::optional<std::string>("FARGATE") : std::nullopt;
  }
  return config;
}

// A new task definition, network, platform or capacity makes a new deployment; a new count does not.
bool needs_deployment(const Config& before, const Config& after) {
  return before.task_definition != after.task_definition ||
         before.network_configuration != after.network_configuration ||
         before.platform_version != after.platform_version || before.launch_type != after.launch_type ||
         before.capacity_provider_strategy != after.capacity_provider_strategy;
}

// The new deployment is PRIMARY. Of the others those stay that have tasks, or that a rollback may go back to.
void begin_deployment(ServiceRow& row, const std::string& key, const Core& core, Context& ctx) {
  bool kept_completed = false;
  std::erase_if(row.deployments, [&](const DeploymentRow& old) {
    const TaskCounts counts = count_tasks(core.tables, key, &old.id);
    const bool target = old.was_completed && !std::exchange(kept_completed, kept_completed || old.was_completed);
    return counts.running + counts.pending == 0 && !target;
  });
  row.deployments.insert(row.deployments.begin(),
                         new_deployment(row.config, *row.config.task_definition, row.desired, ctx));
}

}  // namespace

// Repeating the very same request answers with the service that is there.
Answer<api::ecs::CreateService> create_service(Core& core, const api::ecs::CreateServiceRequest& in, Context& ctx) {
  TRY(const ClusterRow* cluster, cluster_or_fault(core.tables, ctx, in.cluster));
  if (!is_service_name(in.service_name)) {
    return base::fault(faults::InvalidParameterException,
                       "Service name is invalid: up to 255 letters, numbers, hyphens "
                       "and underscores are allowed.");
  }
  const std::string key = service_key(ctx, cluster->name, in.service_name);
  if (const ServiceRow* held = core.tables.services.find(key); held != nullptr) {
    if (held->status == ServiceStatus::Draining) {
      return base::fault(faults::InvalidParameterException, "Unable to Start a service that is still Draining.");
    }
    if (held->status == ServiceStatus::Active) {
      if (!(held->created_with == in)) {
        return base::fault(faults::InvalidParameterException, "Creation of service was not idempotent.");
      }
      return api::ecs::CreateServiceResponse{view_service(*held, core.tables, ctx, With::AllTags)};
    }
    erase_service(core, key, ctx);
  }
  if (services_in(core, cluster_key(ctx, cluster->name)) >= kMaxServicesPerCluster) {
    return base::fault(faults::InvalidParameterException,
                       "The maximum number of services per cluster has been reached.");
  }
  ServiceRow row;
  row.name = in.service_name;
  row.cluster = cluster->name;
  row.created_with = in;
  row.config = in;
  TRY(Capacity capacity, choose_capacity(in.launch_type, in.capacity_provider_strategy, *cluster));
  row.config.launch_type = std::move(capacity.launch_type);
  row.config.capacity_provider_strategy = std::move(capacity.strategy);
  TRY(row.config.deployment_configuration, with_defaults(in.deployment_configuration));
  TRY(row.desired, checked_count(in.desired_count));
  TRY(const TaskDefinitionRow* definition, check_config(core, row.config, ctx));
  row.config.task_definition = definition->definition.task_definition_arn;
  TRY(row.tags, with_tags({}, in.tags, ctx));
  row.created_at = ctx.now;
  row.created_by = creator(ctx);
  begin_deployment(row, key, core, ctx);
  api::ecs::CreateServiceResponse out{view_service(row, core.tables, ctx, With::AllTags)};
  core.tables.services.put(ctx.change, key, std::move(row));
  core.touched.insert(key);
  return out;
}

Answer<api::ecs::UpdateService> update_service(Core& core, const api::ecs::UpdateServiceRequest& in, Context& ctx) {
  TRY(const ClusterRow* cluster, cluster_or_fault(core.tables, ctx, in.cluster));
  TRY(const ServiceRow* held, service_or_fault(core, *cluster, in.service, ctx));
  if (held->status != ServiceStatus::Active) {
    return base::fault(faults::ServiceNotActiveException, "Service was not ACTIVE.");
  }
  const std::string key = service_key(ctx, held->cluster, held->name);
  ServiceRow row = *held;
  row.config = updated_config(row.config, in);
  TRY(row.config.deployment_configuration, with_defaults(row.config.deployment_configuration));
  if (in.capacity_provider_strategy && !in.capacity_provider_strategy->empty()) {
    TRY(const Capacity checked, choose_capacity(std::nullopt, in.capacity_provider_strategy, *cluster));
    row.config.capacity_provider_strategy = checked.strategy;
  }
  if (in.desired_count) {
    TRY(row.desired, checked_count(in.desired_count));
  }
  const bool only_count = row.config == held->config && !in.force_new_deployment.value_or(false);
  if (!only_count) {
    TRY(const TaskDefinitionRow* definition, check_config(core, row.config, ctx));
    row.config.task_definition = definition->definition.task_definition_arn;
  }
  if (in.force_new_deployment.value_or(false) || needs_deployment(held->config, row.config)) {
    begin_deployment(row, key, core, ctx);
    row.start_failures = 0;
    row.launch_not_before = {};
    row.steady = false;
  }
  api::ecs::UpdateServiceResponse out{view_service(row, core.tables, ctx, With::AllTags)};
  core.tables.services.put(ctx.change, key, std::move(row));
  core.touched.insert(key);
  return out;
}

namespace {

// A service's scalable target goes with it, and so do its policies and their alarms. Most services have none.
void deregister_target(const ServiceRow& service, Context& ctx) {
  api::autoscaling::DeregisterScalableTargetRequest request;
  request.service_namespace = "ecs";
  request.scalable_dimension = "ecs:service:DesiredCount";
  request.resource_id = "service/" + service.cluster + "/" + service.name;
  (void)service::call<api::autoscaling::DeregisterScalableTarget>(std::move(request), ctx);
}

}  // namespace

Answer<api::ecs::DeleteService> delete_service(Core& core, const api::ecs::DeleteServiceRequest& in, Context& ctx) {
  TRY(const ClusterRow* cluster, cluster_or_fault(core.tables, ctx, in.cluster));
  TRY(const ServiceRow* held, service_or_fault(core, *cluster, in.service, ctx));
  if (held->status == ServiceStatus::Inactive) {
    return base::fault(faults::ServiceNotFoundException, "Service not found.");
  }
  if (held->desired > 0 && !in.force.value_or(false)) {
    return base::fault(faults::InvalidParameterException, "The service cannot be stopped while it is scaled above 0.");
  }
  deregister_target(*held, ctx);
  const std::string key = service_key(ctx, held->cluster, held->name);
  const ServiceRow& row = core.tables.services.modify(ctx.change, key, [](ServiceRow& change) {
    change.status = ServiceStatus::Draining;
    change.desired = 0;
  });
  core.touched.insert(key);
  return api::ecs::DeleteServiceResponse{view_service(row, core.tables, ctx, With::AllTags)};
}

Answer<api::ecs::DescribeServices> describe_services(Core& core, const api::ecs::DescribeServicesRequest& in,
                                                     Context& ctx) {
  TRY(const ClusterRow* cluster, cluster_or_fault(core.tables, ctx, in.cluster));
  if (in.services.empty()) return base::fault(faults::InvalidParameterException, "Services cannot be empty.");
  if (in.services.size() > kMaxDescribedServices) {
    return base::fault(faults::InvalidParameterException, "Services cannot have more than 10 elements.");
  }
  const bool tags = in.include && std::ranges::count(*in.include, "TAGS") > 0;
  api::ecs::DescribeServicesResponse out;
  out.services.emplace();
  out.failures.emplace();
  for (const std::string& name : in.services) {
    const ServiceRow* row = core.tables.services.find(service_key(ctx, cluster->name, last_part(name)));
    if (row == nullptr) {
      out.failures->push_back({ctx.arn("ecs", "service/" + cluster->name + "/" + last_part(name)), {}, "MISSING"});
    } else {
      out.services->push_back(view_service(*row, core.tables, ctx, tags ? With::AllTags : With::Nothing));
    }
  }
  return out;
}

Answer<api::ecs::ListServices> list_services(Core& core, const api::ecs::ListServicesRequest& in, Context& ctx) {
  TRY(const ClusterRow* cluster, cluster_or_fault(core.tables, ctx, in.cluster));
  std::vector<std::string> arns;
  for (const auto& [key, row] : core.tables.services.with_prefix(cluster_key(ctx, cluster->name) + "/")) {
    if (row.status == ServiceStatus::Inactive) continue;
    if (in.launch_type && *in.launch_type != "FARGATE") continue;
    if (in.scheduling_strategy && *in.scheduling_strategy != "REPLICA") continue;
    arns.push_back(service_arn(ctx, row));
  }
  TRY(Page page, page_of(arns, in.max_results, in.next_token, kUsualServicesPerPage));
  api::ecs::ListServicesResponse out;
  out.service_arns = std::move(page.items);
  out.next_token = std::move(page.next_token);
  return out;
}

}  // namespace ecs
