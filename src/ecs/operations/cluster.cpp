#include <algorithm>

#include "ecs/names.h"
#include "ecs/operations/operations.h"
#include "ecs/page.h"
#include "ecs/tags.h"
#include "ecs/views.h"

namespace ecs {
namespace {

namespace faults = api::ecs::faults;

constexpr std::size_t kMaxClusterName = 255;
constexpr std::size_t kMaxDescribedClusters = 100;

bool is_cluster_name(const std::string& name) {
  if (name.empty() || name.size() > kMaxClusterName) return false;
  return std::ranges::all_of(name, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

base::Outcome<void> check_settings(const std::vector<api::ecs::ClusterSetting>& settings) {
  for (const auto& setting : settings) {
    const std::string value = setting.value.value_or("");
    if (setting.name != "containerInsights") {
      return base::fault(faults::InvalidParameterException,
                         "The setting name '" + setting.name.value_or("") + "' is invalid.");
    }
    if (value != "enabled" && value != "disabled" && value != "enhanced") {
      return base::fault(faults::InvalidParameterException, "The setting value '" + value + "' is invalid.");
    }
  }
  return {};
}

base::Outcome<void> check_providers(const api::ecs::CreateClusterRequest& in) {
  const std::vector<std::string> none;
  for (const std::string& provider : in.capacity_providers.value_or(none)) {
    if (provider == "FARGATE" || provider == "FARGATE_SPOT") continue;
    return base::fault(faults::InvalidParameterException,
                       "The specified capacity provider was not found. Specify a valid name or ARN and try again.");
  }
  if (!in.default_capacity_provider_strategy) return {};
  for (const auto& item : *in.default_capacity_provider_strategy) {
    if (in.capacity_providers && std::ranges::count(*in.capacity_providers, item.capacity_provider) > 0) continue;
    return base::fault(faults::InvalidParameterException,
                       "The specified capacity provider strategy cannot contain a capacity provider that is not "
                       "associated with the cluster. Associate the capacity provider with the cluster and try again.");
  }
  return {};
}

std::vector<api::ecs::ClusterSetting> merged(std::vector<api::ecs::ClusterSetting> settings,
                                             const std::vector<api::ecs::ClusterSetting>& changes) {
  for (const auto& change : changes) {
    const auto held = std::ranges::find(settings, change.name, &api::ecs::ClusterSetting::name);
    if (held == settings.end()) {
      settings.push_back(change);
    } else {
      held->value = change.value;
    }
  }
  return settings;
}

const std::vector<api::ecs::ClusterSetting> kDefaultSettings{{"containerInsights", "disabled"}};

}  // namespace

// Creating one that is there answers with it, as it is.
Answer<api::ecs::CreateCluster> create_cluster(Core& core, const api::ecs::CreateClusterRequest& in, Context& ctx) {
  const std::string name = in.cluster_name.value_or(kDefaultCluster);
  if (!is_cluster_name(name)) {
    return base::fault(faults::InvalidParameterException,
                       "Cluster name can have a maximum length of 255 characters and "
                       "contain only letters, numbers, hyphens and underscores.");
  }
  if (in.service_connect_defaults) {
    return base::fault(faults::ClientException, "renkei does not support serviceConnectDefaults yet.");
  }
  const std::string key = cluster_key(ctx, name);
  const ClusterRow* held = core.tables.clusters.find(key);
  if (held == nullptr || !held->active) {
    const std::vector<api::ecs::ClusterSetting> none;
    CHECK(check_settings(in.settings.value_or(none)));
    CHECK(check_providers(in));
    ClusterRow row;
    row.name = name;
    row.settings = merged(kDefaultSettings, in.settings.value_or(none));
    row.configuration = in.configuration;
    if (in.capacity_providers) row.capacity_providers = *in.capacity_providers;
    if (in.default_capacity_provider_strategy) row.default_strategy = *in.default_capacity_provider_strategy;
    TRY(row.tags, with_tags({}, in.tags, ctx));
    row.created_at = ctx.now;
    core.tables.clusters.put(ctx.change, key, std::move(row));
    held = core.tables.clusters.find(key);
  }
  api::ecs::CreateClusterResponse out;
  out.cluster = view_cluster(*held, core.tables, ctx);
  out.cluster->tags = tag_list(held->tags);
  return out;
}

Answer<api::ecs::DeleteCluster> delete_cluster(Core& core, const api::ecs::DeleteClusterRequest& in, Context& ctx) {
  TRY(const ClusterRow* cluster, cluster_or_fault(core.tables, ctx, in.cluster));
  const std::string key = cluster_key(ctx, cluster->name);
  for (const auto& [name, service] : core.tables.services.with_prefix(key + "/")) {
    if (service.status == ServiceStatus::Inactive) continue;
    return base::fault(faults::ClusterContainsServicesException,
                       "The Cluster cannot be deleted while Services are active.");
  }
  for (const auto& [name, task] : core.tables.tasks.with_prefix(key + "/")) {
    if (task.life.phase == life::Phase::Stopped) continue;
    return base::fault(faults::ClusterContainsTasksException, "The Cluster cannot be deleted while Tasks are active.");
  }
  core.tables.clusters.modify(ctx.change, key, [](ClusterRow& row) { row.active = false; });
  api::ecs::DeleteClusterResponse out;
  out.cluster = view_cluster(*core.tables.clusters.find(key), core.tables, ctx);
  return out;
}

Answer<api::ecs::DescribeClusters> describe_clusters(Core& core, const api::ecs::DescribeClustersRequest& in,
                                                     Context& ctx) {
  std::vector<std::string> names = in.clusters.value_or(std::vector<std::string>{kDefaultCluster});
  if (names.empty()) names.push_back(kDefaultCluster);
  if (names.size() > kMaxDescribedClusters) {
    return base::fault(faults::InvalidParameterException, "Clusters cannot have more than 100 elements.");
  }
  const auto wants = [&](const char* part) { return in.include && std::ranges::count(*in.include, part) > 0; };
  api::ecs::DescribeClustersResponse out;
  out.clusters.emplace();
  out.failures.emplace();
  for (const std::string& name : names) {
    const ClusterRow* row = core.tables.clusters.find(cluster_key(ctx, cluster_name(name)));
    if (row == nullptr) {
      out.failures->push_back({cluster_arn(ctx, cluster_name(name)), {}, "MISSING"});
      continue;
    }
    api::ecs::Cluster& view = out.clusters->emplace_back(view_cluster(*row, core.tables, ctx));
    if (!wants("SETTINGS")) view.settings.emplace();
    if (!wants("CONFIGURATIONS")) view.configuration.reset();
    if (wants("TAGS")) view.tags = tag_list(row->tags);
    if (!wants("STATISTICS")) continue;
    const auto add = [&](const char* statistic, std::int64_t count) {
      view.statistics->push_back({statistic, std::to_string(count)});
    };
    add("runningEC2TasksCount", 0);
    add("runningFargateTasksCount", view.running_tasks_count.value_or(0));
    add("pendingEC2TasksCount", 0);
    add("pendingFargateTasksCount", view.pending_tasks_count.value_or(0));
    add("activeEC2ServiceCount", 0);
    add("activeFargateServiceCount", view.active_services_count.value_or(0));
  }
  return out;
}

Answer<api::ecs::ListClusters> list_clusters(Core& core, const api::ecs::ListClustersRequest& in, Context& ctx) {
  std::vector<std::string> arns;
  for (const auto& [key, row] : core.tables.clusters.with_prefix(service::scope_prefix(ctx.call))) {
    if (row.active) arns.push_back(cluster_arn(ctx, row.name));
  }
  TRY(Page page, page_of(arns, in.max_results, in.next_token));
  api::ecs::ListClustersResponse out;
  out.cluster_arns = std::move(page.items);
  out.next_token = std::move(page.next_token);
  return out;
}

Answer<api::ecs::UpdateCluster> update_cluster(Core& core, const api::ecs::UpdateClusterRequest& in, Context& ctx) {
  TRY(const ClusterRow* cluster, cluster_or_fault(core.tables, ctx, in.cluster));
  if (in.service_connect_defaults) {
    return base::fault(faults::ClientException, "renkei does not support serviceConnectDefaults yet.");
  }
  if (in.settings) CHECK(check_settings(*in.settings));
  const std::string key = cluster_key(ctx, cluster->name);
  const ClusterRow& row = core.tables.clusters.modify(ctx.change, key, [&](ClusterRow& change) {
    if (in.settings) change.settings = merged(change.settings, *in.settings);
    if (in.configuration) change.configuration = in.configuration;
  });
  api::ecs::UpdateClusterResponse out;
  out.cluster = view_cluster(row, core.tables, ctx);
  return out;
}

Answer<api::ecs::UpdateClusterSettings> update_cluster_settings(Core& core,
                                                                const api::ecs::UpdateClusterSettingsRequest& in,
                                                                Context& ctx) {
  api::ecs::UpdateClusterRequest update;
  update.cluster = in.cluster;
  update.settings = in.settings;
  TRY(auto updated, update_cluster(core, update, ctx));
  api::ecs::UpdateClusterSettingsResponse out;
  out.cluster = std::move(updated.cluster);
  return out;
}

}  // namespace ecs
