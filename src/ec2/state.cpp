#include "ec2/state.h"

#include "service/table_codec.h"

namespace ec2 {
namespace {

using service::make_codec;

template <class Row>
void follow(service::Table<Row>& table, State::Agenda& agenda) {
  table.on_change = [&agenda](const std::string& key, const Row* before, const Row* after) {
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
  follow(endpoints, due_endpoints);
  follow(nat_gateways, due_nat_gateways);
}

std::vector<service::TableBase*> State::tables() {
  return {&vpcs,       &subnets,   &route_tables, &internet_gateways, &security_groups,
          &interfaces, &endpoints, &nat_gateways, &addresses,         &acls,
          &tags};
}

}  // namespace ec2
