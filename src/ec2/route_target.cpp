#include "ec2/route_target.h"

namespace ec2 {

bool is_live(const State& state, const RouteTableRow& table, const RouteRow& route, const service::Context& ctx) {
  const std::string key = key_of(ctx, route.target_id);
  if (route.target_kind == "gateway") {
    const InternetGatewayRow* gateway = state.internet_gateways.find(key);
    return gateway != nullptr && gateway->vpc_id == table.vpc_id;
  }
  if (route.target_kind == "nat") {
    const NatGatewayRow* gateway = state.nat_gateways.find(key);
    return gateway != nullptr && (gateway->state == "available" || gateway->state == "pending");
  }
  if (route.target_kind == "interface") return state.interfaces.find(key) != nullptr;
  return state.endpoints.find(key) != nullptr;
}

const RouteTableRow* route_table_of(const State& state, const std::string& scope, const SubnetRow& subnet) {
  const RouteTableRow* main = nullptr;
  for (const auto& [key, table] : state.route_tables.with_prefix(scope)) {
    if (table.vpc_id != subnet.vpc_id) continue;
    if (!table.main_association_id.empty()) main = &table;
    for (const auto& [association, associated] : table.associations) {
      if (associated == subnet.id) return &table;
    }
  }
  return main;
}

}  // namespace ec2
