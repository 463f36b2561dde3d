#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ec2/rows.h"
#include "service/context.h"
#include "service/table.h"

namespace ec2 {

// All tables of the service. Keys are service::key(ctx, {id}).
struct State {
  State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  service::Table<VpcRow> vpcs;
  service::Table<SubnetRow> subnets;
  service::Table<RouteTableRow> route_tables;
  service::Table<InternetGatewayRow> internet_gateways;
  service::Table<SecurityGroupRow> security_groups;
  service::Table<InterfaceRow> interfaces;
  service::Table<EndpointRow> endpoints;
  service::Table<NatGatewayRow> nat_gateways;
  service::Table<AddressRow> addresses;
  service::Table<AclRow> acls;
  service::Table<TagsRow> tags;

  // What changes by itself: (when, key), kept by the tables' on_change.
  using Agenda = std::set<std::pair<base::TimePoint, std::string>>;
  Agenda due_endpoints;
  Agenda due_nat_gateways;

  // Keys of VPCs in which something changed that may decide where a packet gets; kept by on_change, so also after a row
  // was put back. All of them after a start.
  std::set<std::string> changed_networks;

  std::vector<service::TableBase*> tables();
};

inline std::string key_of(const service::Context& ctx, std::string_view id) {
  return service::key(ctx, {id});
}

// The caller's rows of a table, in order of their ids.
template <class Row>
auto own_rows(const service::Table<Row>& table, const service::Context& ctx) {
  return table.with_prefix(service::scope_prefix(ctx.call));
}

}  // namespace ec2
