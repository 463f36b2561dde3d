#include "ec2/endpoint.h"

#include <algorithm>
#include <set>

#include "api/ec2/operations.h"
#include "ec2/endpoint_service.h"
#include "ec2/interface.h"
#include "wire/json.h"

namespace ec2 {
namespace {

namespace faults = api::ec2::faults;

base::Fault invalid(std::string message) {
  return {&faults::InvalidParameter, std::move(message)};
}

void follow_groups(State& state, const EndpointRow& row, service::Context& ctx) {
  for (const auto& [subnet, interface] : row.interfaces) {
    state.interfaces.modify(ctx.change, key_of(ctx, interface),
                            [&](InterfaceRow& changed) { changed.groups = row.groups; });
  }
}

std::set<std::string> zones_of(const State& state, const EndpointRow& row, const service::Context& ctx) {
  std::set<std::string> zones;
  for (const auto& [id, interface] : row.interfaces) {
    const SubnetRow* subnet = state.subnets.find(key_of(ctx, id));
    if (subnet != nullptr) zones.insert(subnet->zone);
  }
  return zones;
}

}  // namespace

base::Outcome<void> add_groups(State& state, EndpointRow& row, const Ids& ids, service::Context& ctx) {
  for (const std::string& id : ids) {
    TRY(const SecurityGroupRow* group, find_or_fault(state.security_groups, kSecurityGroup, id, ctx));
    if (group->vpc_id != row.vpc_id) {
      return refuse(invalid("Security group " + id + " and VPC " + row.vpc_id + " belong to different networks."));
    }
    if (std::ranges::find(row.groups, id) == row.groups.end()) row.groups.push_back(id);
  }
  follow_groups(state, row, ctx);
  return {};
}

base::Outcome<void> remove_groups(State& state, EndpointRow& row, const Ids& ids, service::Context& ctx) {
  if (ids.empty()) return {};
  for (const std::string& id : ids) {
    if (std::erase(row.groups, id) == 0) return refuse(not_found(kSecurityGroup, id));
  }
  if (row.groups.empty()) return refuse(invalid("An interface endpoint needs at least one security group."));
  follow_groups(state, row, ctx);
  return {};
}

base::Outcome<void> add_subnets(State& state, EndpointRow& row, const Ids& ids, service::Context& ctx) {
  std::set<std::string> zones = zones_of(state, row, ctx);
  for (const std::string& id : ids) {
    if (row.interfaces.contains(id)) continue;
    TRY(const SubnetRow* subnet, find_or_fault(state.subnets, kSubnet, id, ctx));
    if (subnet->vpc_id != row.vpc_id) {
      return refuse(invalid("Subnet " + id + " and VPC " + row.vpc_id + " belong to different networks."));
    }
    if (!zones.insert(subnet->zone).second) {
      return base::fault(faults::DuplicateSubnetsInSameZone,
                         "Found another VPC endpoint subnet in the availability zone of " + id);
    }
    TRY(const InterfaceRow interface,
        create_interface(state, {*subnet, "vpc_endpoint", row.id, "VPC Endpoint Interface " + row.id, row.groups, ""},
                         ctx));
    row.interfaces[id] = interface.id;
  }
  return {};
}

base::Outcome<void> remove_subnets(State& state, EndpointRow& row, const Ids& ids, service::Context& ctx) {
  for (const std::string& id : ids) {
    const auto found = row.interfaces.find(id);
    if (found == row.interfaces.end()) return refuse(not_found(kSubnet, id));
    delete_interface(state, found->second, ctx);
    row.interfaces.erase(found);
  }
  return {};
}

base::Outcome<void> add_route_tables(State& state, EndpointRow& row, const Ids& ids, service::Context& ctx) {
  for (const std::string& id : ids) {
    TRY(const RouteTableRow* table, find_or_fault(state.route_tables, kRouteTable, id, ctx));
    if (table->vpc_id != row.vpc_id) {
      return refuse(invalid("Route table " + id + " and VPC " + row.vpc_id + " belong to different networks."));
    }
    if (std::ranges::find(row.route_tables, id) != row.route_tables.end()) continue;
    for (const auto& [key, other] : own_rows(state.endpoints, ctx)) {
      const bool led = std::ranges::find(other.route_tables, id) != other.route_tables.end();
      if (other.id != row.id && other.service_name == row.service_name && led) {
        return base::fault(faults::RouteAlreadyExists, "route table " + id +
                                                           " already has a route with destination-prefix-list-id " +
                                                           prefix_list_id(row.service_name));
      }
    }
    row.route_tables.push_back(id);
  }
  return {};
}

base::Outcome<void> remove_route_tables(EndpointRow& row, const Ids& ids) {
  for (const std::string& id : ids) {
    if (std::erase(row.route_tables, id) == 0) return refuse(not_found(kRouteTable, id));
  }
  return {};
}

base::Outcome<void> check_private_dns(const State& state, const EndpointRow& row, const VpcRow& vpc,
                                      const service::Context& ctx) {
  const EndpointService& service = *find_endpoint_service(ctx.call.region, row.service_name);
  if (service.private_name.empty()) {
    return refuse(invalid("Private DNS can't be enabled because the service " + row.service_name +
                          " does not provide a private DNS name."));
  }
  if (!vpc.dns_support || !vpc.dns_hostnames) {
    return refuse(
        invalid("Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set "
                "to true for " +
                vpc.id));
  }
  for (const auto& [key, other] : own_rows(state.endpoints, ctx)) {
    if (other.id != row.id && other.vpc_id == vpc.id && other.service_name == row.service_name && other.private_dns) {
      return refuse(invalid("private-dns-enabled cannot be set because there is already a conflicting DNS domain for " +
                            private_dns_name(ctx.call.region, service) + " in the VPC " + vpc.id));
    }
  }
  return {};
}

base::Outcome<std::string> policy_text(const std::optional<std::string>& given, std::string_view type) {
  if (!given || given->empty()) {
    if (type == "Interface") {
      return "{\n\t\"Statement\": [\n\t\t{\n\t\t\t\"Action\": \"*\", \n\t\t\t\"Effect\": \"Allow\", "
             "\n\t\t\t\"Principal\": "
             "\"*\", \n\t\t\t\"Resource\": \"*\"\n\t\t}\n\t]\n}";
    }
    return R"({"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]})";
  }
  const auto policy = wire::parse_json(*given);
  if (!policy || !policy->is_object() || policy->find("Statement") == nullptr) {
    return base::fault(faults::InvalidPolicyDocument,
                       "The Policy Document is malformed: it must be a JSON object with a "
                       "Statement.");
  }
  return *given;
}

}  // namespace ec2
