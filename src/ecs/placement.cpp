#include "ecs/placement.h"

#include <algorithm>
#include <array>
#include <set>

#include "api/ec2/operations.h"
#include "api/ec2/types.h"
#include "api/ecs/operations.h"
#include "ecs/names.h"

namespace ecs {
namespace {

namespace faults = api::ecs::faults;

constexpr std::size_t kMaxSubnets = 16;
constexpr std::size_t kMaxSecurityGroups = 5;
constexpr std::array<std::string_view, 3> kPlatformVersions{"LATEST", "1.4.0", "1.3.0"};

std::string in_brackets(const std::vector<std::string>& ids) {
  std::string text;
  for (const std::string& id : ids) text += (text.empty() ? "" : ", ") + id;
  return "[" + text + "]";
}

base::Outcome<void> refused(const std::string& what, const std::vector<std::string>& ids, const base::Fault& fault) {
  if (fault.shape->name == "UnsupportedOperation") return {};  // a cloud without EC2 has no say in it
  return base::fault(faults::InvalidParameterException,
                     "Error retrieving " + what + " information for " + in_brackets(ids) + ": " + fault.message +
                         " (ErrorCode: " + std::string(fault.shape->query_code) + ")");
}

}  // namespace

base::Outcome<const TaskDefinitionRow*> runnable_definition(const Tables& tables,
                                                            const std::optional<std::string>& name,
                                                            const service::Context& ctx) {
  if (!name || name->empty()) return base::fault(faults::InvalidParameterException, "TaskDefinition can not be blank.");
  const TaskDefinitionRow* row = find_definition(tables, ctx, *name);
  if (row == nullptr) return base::fault(faults::ClientException, "TaskDefinition not found.");
  if (row->definition.status != "ACTIVE") return base::fault(faults::ClientException, "TaskDefinition is inactive");
  if (std::ranges::count(*row->definition.compatibilities, "FARGATE") == 0) {
    return base::fault(faults::InvalidParameterException, "Task definition does not support launch_type FARGATE.");
  }
  return row;
}

base::Outcome<void> check_network(const std::optional<api::ecs::NetworkConfiguration>& network, service::Context& ctx) {
  if (!network || !network->awsvpc_configuration) {
    return base::fault(faults::InvalidParameterException,
                       "Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  }
  const std::vector<std::string>& subnets = network->awsvpc_configuration->subnets;
  const auto groups = network->awsvpc_configuration->security_groups.value_or(std::vector<std::string>{});
  if (subnets.empty()) return base::fault(faults::InvalidParameterException, "subnets can not be empty.");
  if (subnets.size() > kMaxSubnets) {
    return base::fault(faults::InvalidParameterException, "subnets can have at most 16 items.");
  }
  if (groups.size() > kMaxSecurityGroups) {
    return base::fault(faults::InvalidParameterException, "securityGroups can have at most 5 items.");
  }
  api::ec2::DescribeSubnetsRequest wanted;
  wanted.subnet_ids = subnets;
  const auto found = service::call<api::ec2::DescribeSubnets>(std::move(wanted), ctx);
  if (!found) CHECK(refused("subnet", subnets, found.error()));
  std::set<std::string> vpcs;
  if (found && found->subnets) {
    for (const auto& subnet : *found->subnets) vpcs.insert(subnet.vpc_id.value_or(""));
  }
  if (vpcs.size() > 1) {
    return base::fault(faults::InvalidParameterException,
                       "The subnets " + in_brackets(subnets) + " do not belong to the same VPC.");
  }
  if (groups.empty()) return {};
  api::ec2::DescribeSecurityGroupsRequest wanted_groups;
  wanted_groups.group_ids = groups;
  const auto found_groups = service::call<api::ec2::DescribeSecurityGroups>(std::move(wanted_groups), ctx);
  if (!found_groups) CHECK(refused("security group", groups, found_groups.error()));
  if (!found_groups || !found_groups->security_groups || vpcs.empty()) return {};
  for (const auto& group : *found_groups->security_groups) {
    if (vpcs.contains(group.vpc_id.value_or(""))) continue;
    return base::fault(faults::InvalidParameterException,
                       "Security group " + group.group_id.value_or("") +
                           " does not appear to belong to the same VPC as the input subnets.");
  }
  return {};
}

base::Outcome<void> check_platform(const std::optional<std::string>& version) {
  if (!version || std::ranges::count(kPlatformVersions, *version) > 0) return {};
  return base::fault(faults::PlatformUnknownException, "The specified platform does not exist.");
}

base::Outcome<Capacity> choose_capacity(
    const std::optional<std::string>& launch_type,
    const std::optional<std::vector<api::ecs::CapacityProviderStrategyItem>>& strategy, const ClusterRow& cluster) {
  const bool has_strategy = strategy && !strategy->empty();
  if (launch_type && has_strategy) {
    return base::fault(faults::InvalidParameterException,
                       "Specifying both a launch type and capacity provider strategy is not supported. Remove one and "
                       "try again.");
  }
  if (launch_type) return Capacity{launch_type, {}};
  if (!has_strategy && cluster.default_strategy.empty()) return Capacity{"EC2", {}};
  const auto& chosen = has_strategy ? *strategy : cluster.default_strategy;
  for (const auto& item : chosen) {
    if (std::ranges::count(cluster.capacity_providers, item.capacity_provider) > 0) continue;
    return base::fault(faults::InvalidParameterException,
                       "The specified capacity provider strategy cannot contain a capacity provider that is not "
                       "associated with the cluster. Associate the capacity provider with the cluster and try again.");
  }
  return Capacity{std::nullopt, chosen};
}

}  // namespace ecs
