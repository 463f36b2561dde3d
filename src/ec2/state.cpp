#include "ec2/state.h"

#include "service/table_codec.h"

namespace ec2 {
namespace {

using service::make_codec;

template <class Row>
const std::string& vpc_of(const Row& row) {
  if constexpr (requires { row.vpc_id; }) {
    return row.vpc_id;
  } else {
    return row.id;
  }
}

// `key` is "account/region/id"; an internet gateway may belong to no VPC.
template <class Row>
void note_network(State& state, const std::string& key, const Row* row) {
  if (row == nullptr || vpc_of(*row).empty()) return;
  state.changed_networks.insert(key.substr(0, key.rfind('/') + 1) + vpc_of(*row));
}

template <class Row>
void follow(State& state, service::Table<Row>& table) {
  table.on_change = [&state](const std::string& key, const Row* before, const Row* after) {
    note_network(state, key, before);
    note_network(state, key, after);
  };
}

template <class Row>
void follow(State& state, service::Table<Row>& table, State::Agenda& agenda) {
  table.on_change = [&state, &agenda](const std::string& key, const Row* before, const Row* after) {
    note_network(state, key, before);
    note_network(state, key, after);
    if (before != nullptr && before->due != base::kNever) agenda.erase({before->due, key});
    if (after != nullptr && after->due != base::kNever) agenda.insert({after->due, key});
  };
}

}  // namespace

State::State()
    : vpcs("ec2.vpcs", make_codec<VpcRow>()),
      subnets("ec2.subnets", make_codec<SubnetRow>()),
      route_tables("ec2.route_tables", make_codec<RouteTableRow>()),
      internet_gateways("ec2.internet_gateways", make_codec<InternetGatewayRow>()),
      security_groups("ec2.security_groups", make_codec<SecurityGroupRow>()),
      interfaces("ec2.interfaces", make_codec<InterfaceRow>()),
      endpoints("ec2.endpoints", make_codec<EndpointRow>()),
      nat_gateways("ec2.nat_gateways", make_codec<NatGatewayRow>()),
      addresses("ec2.addresses", make_codec<AddressRow>()),
      acls("ec2.acls", make_codec<AclRow>()),
      tags("ec2.tags", make_codec<TagsRow>()) {
  follow(*this, vpcs);
  follow(*this, subnets);
  follow(*this, route_tables);
  follow(*this, internet_gateways);
  follow(*this, security_groups);
  follow(*this, interfaces);
  follow(*this, endpoints, due_endpoints);
  follow(*this, nat_gateways, due_nat_gateways);
}

std::vector<service::TableBase*> State::tables() {
  return {&vpcs,       &subnets,   &route_tables, &internet_gateways, &security_groups,
          &interfaces, &endpoints, &nat_gateways, &addresses,         &acls,
          &tags};
}

}  // namespace ec2
