#include "ec2/cidr.h"
#include "ec2/operations.h"
#include "ec2/resource.h"

namespace ec2 {
namespace {

namespace aws = api::ec2;
namespace faults = api::ec2::faults;

template <class Input>
base::Outcome<void> check_destination(const Input& input) {
  if (input.destination_ipv6_cidr_block) return refuse(not_supported("DestinationIpv6CidrBlock"));
  if (input.destination_prefix_list_id) return refuse(not_supported("DestinationPrefixListId"));
  if (!input.destination_cidr_block) return refuse(missing_parameter("destinationCidrBlock"));
  return {};
}

base::Outcome<std::string> destination(const std::string& text) {
  const auto cidr = parse_cidr(text);
  if (!cidr) return refuse(invalid_value(text, "destinationCidrBlock", "This is not a valid CIDR block."));
  return cidr->to_text();
}

template <class Input>
base::Outcome<void> check_target_kinds(const Input& input) {
  if (input.instance_id) return refuse(not_supported("InstanceId"));
  if (input.transit_gateway_id) return refuse(not_supported("TransitGatewayId"));
  if (input.vpc_peering_connection_id) return refuse(not_supported("VpcPeeringConnectionId"));
  if (input.egress_only_internet_gateway_id) return refuse(not_supported("EgressOnlyInternetGatewayId"));
  if (input.carrier_gateway_id) return refuse(not_supported("CarrierGatewayId"));
  if (input.local_gateway_id) return refuse(not_supported("LocalGatewayId"));
  if (input.core_network_arn) return refuse(not_supported("CoreNetworkArn"));
  if (input.odb_network_arn) return refuse(not_supported("OdbNetworkArn"));
  if (input.vpc_endpoint_id) return refuse(not_supported("VpcEndpointId"));
  const int given = int{input.gateway_id.has_value()} + int{input.nat_gateway_id.has_value()} +
                    int{input.network_interface_id.has_value()};
  if (given == 1) return {};
  return base::fault(given == 0 ? faults::MissingParameter : faults::InvalidParameterCombination,
                     "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, "
                     "vpcPeeringConnectionId, egressOnlyInternetGatewayId, transitGatewayId, localGatewayId, "
                     "carrierGatewayId, vpcEndpointId or instanceId");
}

base::Fault other_network(const RouteTableRow& table, std::string_view what, std::string_view id) {
  return {&faults::InvalidParameterValue, "route table " + table.id + " and " + std::string(what) + " " +
                                              std::string(id) + " belong to different networks"};
}

base::Outcome<RouteRow> gateway_target(const State& state, const RouteTableRow& table, const std::string& id,
                                       const Context& ctx) {
  const InternetGatewayRow* gateway = state.internet_gateways.find(key_of(ctx, id));
  if (!id.starts_with(kInternetGateway.prefix) || gateway == nullptr) {
    return base::fault(faults::InvalidGatewayIDNotFound, "The gateway ID '" + id + "' does not exist");
  }
  if (gateway->vpc_id != table.vpc_id) return refuse(other_network(table, "network gateway", id));
  return RouteRow{"gateway", id};
}

template <class Input>
base::Outcome<RouteRow> target(const State& state, const RouteTableRow& table, const Input& input, const Context& ctx) {
  CHECK(check_target_kinds(input));
  if (input.gateway_id) return gateway_target(state, table, *input.gateway_id, ctx);
  if (input.nat_gateway_id) {
    TRY(const NatGatewayRow* gateway, find_or_fault(state.nat_gateways, kNatGateway, *input.nat_gateway_id, ctx));
    if (gateway->vpc_id != table.vpc_id) return refuse(other_network(table, "NAT gateway", gateway->id));
    return RouteRow{"nat", gateway->id};
  }
  TRY(const InterfaceRow* interface, find_or_fault(state.interfaces, kInterface, *input.network_interface_id, ctx));
  if (interface->vpc_id != table.vpc_id) return refuse(other_network(table, "interface", interface->id));
  return RouteRow{"interface", interface->id};
}

base::Fault no_route(const RouteTableRow& table, std::string_view cidr) {
  return {&faults::InvalidRouteNotFound,
          "no route with destination-cidr-block " + std::string(cidr) + " in route table " + table.id};
}

bool is_local(const State& state, const RouteTableRow& table, std::string_view cidr, const Context& ctx) {
  const VpcRow* vpc = state.vpcs.find(key_of(ctx, table.vpc_id));
  return vpc != nullptr && vpc->cidr == cidr;
}

}  // namespace

Answer<aws::CreateRoute> create_route(State& state, const aws::CreateRouteRequest& input, Context& ctx) {
  CHECK(check_destination(input));
  TRY(const RouteTableRow* table, find_or_fault(state.route_tables, kRouteTable, input.route_table_id, ctx));
  TRY(const std::string cidr, destination(*input.destination_cidr_block));
  TRY(RouteRow route, target(state, *table, input, ctx));
  const auto held = table->routes.find(cidr);
  if (is_local(state, *table, cidr, ctx) ||
      (held != table->routes.end() && held->second.target_id != route.target_id)) {
    return base::fault(faults::RouteAlreadyExists, "The route identified by " + cidr + " already exists.");
  }
  state.route_tables.modify(ctx.change, key_of(ctx, input.route_table_id),
                            [&](RouteTableRow& changed) { changed.routes[cidr] = std::move(route); });
  return aws::CreateRouteResult{true};
}

Answer<aws::ReplaceRoute> replace_route(State& state, const aws::ReplaceRouteRequest& input, Context& ctx) {
  CHECK(check_destination(input));
  if (input.local_target.value_or(false)) return refuse(not_supported("LocalTarget"));
  TRY(const RouteTableRow* table, find_or_fault(state.route_tables, kRouteTable, input.route_table_id, ctx));
  TRY(const std::string cidr, destination(*input.destination_cidr_block));
  if (!table->routes.contains(cidr)) {
    return base::fault(faults::InvalidParameterValue,
                       "There is no route defined for '" + cidr + "' in the route table. Use CreateRoute instead.");
  }
  TRY(RouteRow route, target(state, *table, input, ctx));
  state.route_tables.modify(ctx.change, key_of(ctx, input.route_table_id),
                            [&](RouteTableRow& changed) { changed.routes[cidr] = std::move(route); });
  return aws::ReplaceRouteOutput{};
}

Answer<aws::DeleteRoute> delete_route(State& state, const aws::DeleteRouteRequest& input, Context& ctx) {
  CHECK(check_destination(input));
  TRY(const RouteTableRow* table, find_or_fault(state.route_tables, kRouteTable, input.route_table_id, ctx));
  TRY(const std::string cidr, destination(*input.destination_cidr_block));
  if (is_local(state, *table, cidr, ctx)) {
    return base::fault(faults::InvalidParameterValue,
                       "cannot remove local route " + cidr + " in route table " + table->id);
  }
  if (!table->routes.contains(cidr)) return refuse(no_route(*table, cidr));
  state.route_tables.modify(ctx.change, key_of(ctx, input.route_table_id),
                            [&](RouteTableRow& changed) { changed.routes.erase(cidr); });
  return aws::DeleteRouteOutput{};
}

}  // namespace ec2
