#include "ec2/endpoint.h"

#include <algorithm>

#include "ec2/describe.h"
#include "ec2/endpoint_service.h"
#include "ec2/lifecycle.h"
#include "ec2/operations.h"
#include "ec2/tags.h"
#include "ec2/zones.h"

namespace ec2 {
namespace {

namespace aws = api::ec2;
namespace faults = api::ec2::faults;

// Of the public zone in which endpoints have their names. Nobody asks our zones by id.
constexpr std::string_view kHostedZone = "Z2E726K9Y6RL4W";
constexpr std::string_view kPendingZone = "ZONEIDPENDING";

void add_dns(std::vector<aws::DnsEntry>& entries, std::string name, std::string_view zone = kHostedZone) {
  entries.push_back({std::move(name), std::string(zone)});
}

std::vector<aws::DnsEntry> shown_dns(const State& state, const EndpointRow& row, const Context& ctx) {
  std::vector<aws::DnsEntry> entries;
  const EndpointService* service = find_endpoint_service(ctx.call.region, row.service_name);
  if (row.type != "Interface" || service == nullptr) return entries;
  add_dns(entries, own_dns_name(ctx.call.region, *service, row));
  for (const auto& [subnet_id, interface] : row.interfaces) {
    const SubnetRow* subnet = state.subnets.find(key_of(ctx, subnet_id));
    if (subnet != nullptr) add_dns(entries, own_dns_name(ctx.call.region, *service, row, subnet->zone));
  }
  if (row.private_dns) {
    add_dns(entries, private_dns_name(ctx.call.region, *service), row.state == "pending" ? kPendingZone : kHostedZone);
  }
  return entries;
}

aws::VpcEndpoint shown(const State& state, const EndpointRow& row, const Context& ctx) {
  aws::VpcEndpoint endpoint;
  endpoint.vpc_endpoint_id = row.id;
  endpoint.vpc_endpoint_type = row.type;
  endpoint.vpc_id = row.vpc_id;
  endpoint.owner_id = ctx.call.account;
  endpoint.service_name = row.service_name;
  endpoint.service_region = ctx.call.region;
  endpoint.state = row.state;
  endpoint.policy_document = row.policy;
  endpoint.creation_timestamp = row.created_at;
  endpoint.requester_managed = false;
  endpoint.private_dns_enabled = row.private_dns;
  endpoint.ip_address_type = "ipv4";
  endpoint.dns_options = aws::DnsOptions{row.type == "Interface" ? "ipv4" : "service-defined", {}, {}, {}};
  endpoint.dns_entries = shown_dns(state, row, ctx);
  endpoint.route_table_ids = row.route_tables;
  endpoint.subnet_ids.emplace();
  endpoint.network_interface_ids.emplace();
  for (const auto& [subnet, interface] : row.interfaces) {
    endpoint.subnet_ids->push_back(subnet);
    endpoint.network_interface_ids->push_back(interface);
  }
  endpoint.groups.emplace();
  for (const std::string& id : row.groups) {
    const SecurityGroupRow* group = state.security_groups.find(key_of(ctx, id));
    endpoint.groups->push_back({id, group == nullptr ? "" : group->name});
  }
  endpoint.tags = shown_tags(state, row.id, ctx);
  return endpoint;
}

constexpr FilterField<aws::VpcEndpoint> kFilters[] = {
    {"ip-address-type", [](const aws::VpcEndpoint& endpoint) { return one(endpoint.ip_address_type); }},
    {"service-name", [](const aws::VpcEndpoint& endpoint) { return one(endpoint.service_name); }},
    {"service-region", [](const aws::VpcEndpoint& endpoint) { return one(endpoint.service_region); }},
    {"vpc-endpoint-id", [](const aws::VpcEndpoint& endpoint) { return one(endpoint.vpc_endpoint_id); }},
    {"vpc-endpoint-state", [](const aws::VpcEndpoint& endpoint) { return one(endpoint.state); }},
    {"vpc-endpoint-type", [](const aws::VpcEndpoint& endpoint) { return one(endpoint.vpc_endpoint_type); }},
    {"vpc-id", [](const aws::VpcEndpoint& endpoint) { return one(endpoint.vpc_id); }},
};

base::Outcome<void> check_supported(const aws::CreateVpcEndpointRequest& input, const Context& ctx) {
  if (input.resource_configuration_arn) return refuse(not_supported("ResourceConfigurationArn"));
  if (input.service_network_arn) return refuse(not_supported("ServiceNetworkArn"));
  if (input.subnet_configurations) return refuse(not_supported("SubnetConfigurations"));
  if (input.service_region.value_or(ctx.call.region) != ctx.call.region) return refuse(not_supported("ServiceRegion"));
  if (input.ip_address_type.value_or("ipv4") != "ipv4") return refuse(not_supported("IpAddressType"));
  if (!input.service_name || input.service_name->empty()) return refuse(missing_parameter("serviceName"));
  return {};
}

bool has(const std::optional<std::vector<std::string>>& list) {
  return list && !list->empty();
}

base::Fault invalid(std::string message) {
  return {&faults::InvalidParameter, std::move(message)};
}

base::Outcome<std::string> endpoint_type(const aws::CreateVpcEndpointRequest& input, const EndpointService& service) {
  const std::string type = input.vpc_endpoint_type.value_or("Gateway");
  if ((type == "Gateway" && service.gateway) || (type == "Interface" && service.interface)) return type;
  std::string offered = service.gateway ? "Gateway" : "";
  if (service.interface) offered += offered.empty() ? "Interface" : ", Interface";
  return refuse(invalid("Endpoint type (" + type + ") does not match available service types ([" + offered + "])."));
}

base::Outcome<void> check_parts(const aws::CreateVpcEndpointRequest& input, const std::string& type) {
  if (type == "Interface") {
    if (has(input.route_table_ids)) {
      return refuse(invalid("Route table IDs are only supported for Gateway type VPC Endpoint."));
    }
    return {};
  }
  if (has(input.subnet_ids)) return refuse(invalid("Subnet IDs are not supported for Gateway type VPC Endpoint."));
  if (has(input.security_group_ids)) {
    return refuse(invalid("Security group IDs are not supported for Gateway type VPC Endpoint."));
  }
  if (input.private_dns_enabled.value_or(false)) {
    return refuse(invalid("Private DNS is not supported for Gateway type VPC Endpoint."));
  }
  return {};
}

const EndpointRow* with_token(const State& state, const std::optional<std::string>& token, const Context& ctx) {
  if (!token || token->empty()) return nullptr;
  for (const auto& [key, row] : own_rows(state.endpoints, ctx)) {
    if (row.client_token == *token) return &row;
  }
  return nullptr;
}

base::Outcome<void> fill_interface(State& state, const aws::CreateVpcEndpointRequest& input, const VpcRow& vpc,
                                   EndpointRow& row, Context& ctx) {
  row.state = "pending";
  row.due = ctx.now + kEndpointDelay;
  const EndpointService& service = *find_endpoint_service(ctx.call.region, row.service_name);
  row.private_dns = input.private_dns_enabled.value_or(!service.private_name.empty());
  if (row.private_dns) CHECK(check_private_dns(state, row, vpc, ctx));
  const std::vector<std::string> groups = input.security_group_ids.value_or(std::vector<std::string>{});
  CHECK(add_groups(state, row, groups.empty() ? std::vector{vpc.default_group_id} : groups, ctx));
  return add_subnets(state, row, input.subnet_ids.value_or(std::vector<std::string>{}), ctx);
}

base::Outcome<void> fill_gateway(State& state, const aws::CreateVpcEndpointRequest& input, EndpointRow& row,
                                 Context& ctx) {
  row.state = "available";
  return add_route_tables(state, row, input.route_table_ids.value_or(std::vector<std::string>{}), ctx);
}

void start_delete(State& state, const EndpointRow& row, Context& ctx) {
  const std::string key = key_of(ctx, row.id);
  if (row.type == "Gateway") {
    drop_tags(state, row.id, ctx);
    state.endpoints.erase(ctx.change, key);
    return;
  }
  if (row.state == "deleting") return;
  state.endpoints.modify(ctx.change, key, [&](EndpointRow& changed) {
    changed.state = "deleting";
    changed.due = ctx.now + kEndpointDelay;
  });
}

base::Outcome<void> change_interface(State& state, const aws::ModifyVpcEndpointRequest& input, EndpointRow& row,
                                     Context& ctx) {
  if (has(input.add_route_table_ids) || has(input.remove_route_table_ids)) {
    return refuse(invalid("Route table IDs are only supported for Gateway type VPC Endpoint."));
  }
  CHECK(add_groups(state, row, input.add_security_group_ids.value_or(std::vector<std::string>{}), ctx));
  CHECK(remove_groups(state, row, input.remove_security_group_ids.value_or(std::vector<std::string>{}), ctx));
  CHECK(remove_subnets(state, row, input.remove_subnet_ids.value_or(std::vector<std::string>{}), ctx));
  CHECK(add_subnets(state, row, input.add_subnet_ids.value_or(std::vector<std::string>{}), ctx));
  if (input.private_dns_enabled && *input.private_dns_enabled && !row.private_dns) {
    CHECK(check_private_dns(state, row, *state.vpcs.find(key_of(ctx, row.vpc_id)), ctx));
  }
  row.private_dns = input.private_dns_enabled.value_or(row.private_dns);
  return {};
}

base::Outcome<void> change_gateway(State& state, const aws::ModifyVpcEndpointRequest& input, EndpointRow& row,
                                   Context& ctx) {
  if (has(input.add_subnet_ids) || has(input.remove_subnet_ids)) {
    return refuse(invalid("Subnet IDs are not supported for Gateway type VPC Endpoint."));
  }
  if (has(input.add_security_group_ids) || has(input.remove_security_group_ids)) {
    return refuse(invalid("Security group IDs are not supported for Gateway type VPC Endpoint."));
  }
  CHECK(remove_route_tables(row, input.remove_route_table_ids.value_or(std::vector<std::string>{})));
  return add_route_tables(state, row, input.add_route_table_ids.value_or(std::vector<std::string>{}), ctx);
}

}  // namespace

Answer<aws::CreateVpcEndpoint> create_vpc_endpoint(State& state, const aws::CreateVpcEndpointRequest& input,
                                                   Context& ctx) {
  if (const EndpointRow* held = with_token(state, input.client_token, ctx)) {
    return aws::CreateVpcEndpointResult{input.client_token, shown(state, *held, ctx)};
  }
  CHECK(check_supported(input, ctx));
  TRY(const VpcRow* vpc, find_or_fault(state.vpcs, kVpc, input.vpc_id, ctx));
  const EndpointService* service = find_endpoint_service(ctx.call.region, *input.service_name);
  if (service == nullptr) {
    return base::fault(faults::InvalidServiceName,
                       "The Vpc Endpoint Service '" + *input.service_name + "' does not exist");
  }
  EndpointRow row;
  TRY(row.type, endpoint_type(input, *service));
  CHECK(check_parts(input, row.type));
  TRY(row.policy, policy_text(input.policy_document, row.type));
  TRY(TagMap tags, tags_to_create(input.tag_specifications, kEndpoint, ctx));
  row.id = new_id(kEndpoint, ctx.random);
  row.vpc_id = vpc->id;
  row.service_name = *input.service_name;
  row.dns_suffix = base::draw(ctx.random, base::kLowerAlnum, 8);
  row.created_at = ctx.now;
  row.client_token = input.client_token.value_or("");
  if (row.type == "Interface") {
    CHECK(fill_interface(state, input, *vpc, row, ctx));
  } else {
    CHECK(fill_gateway(state, input, row, ctx));
  }
  put_tags(state, kEndpoint, row.id, std::move(tags), ctx);
  state.endpoints.put(ctx.change, key_of(ctx, row.id), row);
  return aws::CreateVpcEndpointResult{input.client_token, shown(state, row, ctx)};
}

Answer<aws::ModifyVpcEndpoint> modify_vpc_endpoint(State& state, const aws::ModifyVpcEndpointRequest& input,
                                                   Context& ctx) {
  if (input.subnet_configurations) return refuse(not_supported("SubnetConfigurations"));
  if (input.ip_address_type.value_or("ipv4") != "ipv4") return refuse(not_supported("IpAddressType"));
  TRY(const EndpointRow* found, find_or_fault(state.endpoints, kEndpoint, input.vpc_endpoint_id, ctx));
  EndpointRow row = *found;
  if (input.reset_policy.value_or(false)) {
    TRY(row.policy, policy_text({}, row.type));
  } else if (input.policy_document) {
    TRY(row.policy, policy_text(input.policy_document, row.type));
  }
  if (row.type == "Interface") {
    CHECK(change_interface(state, input, row, ctx));
  } else {
    CHECK(change_gateway(state, input, row, ctx));
  }
  state.endpoints.put(ctx.change, key_of(ctx, row.id), row);
  return aws::ModifyVpcEndpointResult{true};
}

// Endpoints that can't be deleted are listed in the reply; the others go.
Answer<aws::DeleteVpcEndpoints> delete_vpc_endpoints(State& state, const aws::DeleteVpcEndpointsRequest& input,
                                                     Context& ctx) {
  if (input.vpc_endpoint_ids.empty()) return refuse(missing_parameter("vpcEndpointIds"));
  aws::DeleteVpcEndpointsResult output;
  output.unsuccessful.emplace();
  for (const std::string& id : input.vpc_endpoint_ids) {
    const auto row = find_or_fault(state.endpoints, kEndpoint, id, ctx);
    if (row) {
      start_delete(state, **row, ctx);
    } else {
      const base::Fault& fault = row.error();
      output.unsuccessful->push_back({aws::UnsuccessfulItemError{std::string(fault.shape->name), fault.message}, id});
    }
  }
  return output;
}

Answer<aws::DescribeVpcEndpoints> describe_vpc_endpoints(State& state, const aws::DescribeVpcEndpointsRequest& input,
                                                         Context& ctx) {
  const Selection selection{input.vpc_endpoint_ids, "vpcEndpointIds", input.filters, input.max_results,
                            input.next_token};
  TRY(auto page, describe<aws::VpcEndpoint>(state.endpoints, kEndpoint, selection, kFilters, state, ctx, shown));
  return aws::DescribeVpcEndpointsResult{std::move(page.next_token), std::move(page.items)};
}

}  // namespace ec2
