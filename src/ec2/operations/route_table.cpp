#include <algorithm>

#include "ec2/describe.h"
#include "ec2/endpoint_service.h"
#include "ec2/operations.h"
#include "ec2/route_target.h"
#include "ec2/tags.h"

namespace ec2 {
namespace {

namespace aws = api::ec2;
namespace faults = api::ec2::faults;

aws::RouteTableAssociation shown_association(const RouteTableRow& row, const std::string& id,
                                             const std::string& subnet) {
  aws::RouteTableAssociation association;
  association.association_state = aws::RouteTableAssociationState{"associated", {}};
  association.main = subnet.empty();
  association.route_table_association_id = id;
  association.route_table_id = row.id;
  if (!subnet.empty()) association.subnet_id = subnet;
  return association;
}

aws::Route local_route(const std::string& cidr) {
  aws::Route route;
  route.destination_cidr_block = cidr;
  route.gateway_id = "local";
  route.origin = "CreateRouteTable";
  route.state = "active";
  return route;
}

aws::Route shown_route(const State& state, const RouteTableRow& table, const std::string& cidr, const RouteRow& row,
                       const Context& ctx) {
  aws::Route route;
  route.destination_cidr_block = cidr;
  route.origin = "CreateRoute";
  route.state = is_live(state, table, row, ctx) ? "active" : "blackhole";
  if (row.target_kind == "nat") {
    route.nat_gateway_id = row.target_id;
  } else if (row.target_kind == "interface") {
    route.network_interface_id = row.target_id;
  } else {
    route.gateway_id = row.target_id;
  }
  return route;
}

// A gateway endpoint puts its service's prefix list into each of its route tables.
void add_endpoint_routes(const State& state, const RouteTableRow& table, std::vector<aws::Route>& routes,
                         const Context& ctx) {
  for (const auto& [key, endpoint] : own_rows(state.endpoints, ctx)) {
    if (std::ranges::find(endpoint.route_tables, table.id) == endpoint.route_tables.end()) continue;
    aws::Route route;
    route.destination_prefix_list_id = prefix_list_id(endpoint.service_name);
    route.gateway_id = endpoint.id;
    route.origin = "CreateRoute";
    route.state = "active";
    routes.push_back(std::move(route));
  }
}

aws::RouteTable shown(const State& state, const RouteTableRow& row, const Context& ctx) {
  aws::RouteTable table;
  table.route_table_id = row.id;
  table.vpc_id = row.vpc_id;
  table.owner_id = ctx.call.account;
  table.propagating_vgws.emplace();
  table.associations.emplace();
  if (!row.main_association_id.empty()) {
    table.associations->push_back(shown_association(row, row.main_association_id, ""));
  }
  for (const auto& [id, subnet] : row.associations) table.associations->push_back(shown_association(row, id, subnet));
  table.routes.emplace();
  if (const VpcRow* vpc = state.vpcs.find(key_of(ctx, row.vpc_id))) table.routes->push_back(local_route(vpc->cidr));
  for (const auto& [cidr, route] : row.routes) table.routes->push_back(shown_route(state, row, cidr, route, ctx));
  add_endpoint_routes(state, row, *table.routes, ctx);
  table.tags = shown_tags(state, row.id, ctx);
  return table;
}

Values association_values(const aws::RouteTable& table,
                          std::optional<std::string> aws::RouteTableAssociation::* field) {
  Values values;
  for (const auto& association : *table.associations) {
    if (association.*field) values.push_back(*(association.*field));
  }
  return values;
}

Values route_values(const aws::RouteTable& table, std::optional<std::string> aws::Route::* field) {
  Values values;
  for (const auto& route : *table.routes) {
    if (route.*field) values.push_back(*(route.*field));
  }
  return values;
}

constexpr FilterField<aws::RouteTable> kFilters[] = {
    {"association.main",
     [](const aws::RouteTable& table) {
       Values values;
       for (const auto& association : *table.associations) values.push_back(*association.main ? "true" : "false");
       return values;
     }},
    {"association.route-table-association-id",
     [](const aws::RouteTable& table) {
       return association_values(table, &aws::RouteTableAssociation::route_table_association_id);
     }},
    {"association.route-table-id",
     [](const aws::RouteTable& table) {
       return association_values(table, &aws::RouteTableAssociation::route_table_id);
     }},
    {"association.subnet-id",
     [](const aws::RouteTable& table) { return association_values(table, &aws::RouteTableAssociation::subnet_id); }},
    {"owner-id", [](const aws::RouteTable& table) { return one(table.owner_id); }},
    {"route-table-id", [](const aws::RouteTable& table) { return one(table.route_table_id); }},
    {"route.destination-cidr-block",
     [](const aws::RouteTable& table) { return route_values(table, &aws::Route::destination_cidr_block); }},
    {"route.destination-prefix-list-id",
     [](const aws::RouteTable& table) { return route_values(table, &aws::Route::destination_prefix_list_id); }},
    {"route.gateway-id", [](const aws::RouteTable& table) { return route_values(table, &aws::Route::gateway_id); }},
    {"route.nat-gateway-id",
     [](const aws::RouteTable& table) { return route_values(table, &aws::Route::nat_gateway_id); }},
    {"route.origin", [](const aws::RouteTable& table) { return route_values(table, &aws::Route::origin); }},
    {"route.state", [](const aws::RouteTable& table) { return route_values(table, &aws::Route::state); }},
    {"vpc-id", [](const aws::RouteTable& table) { return one(table.vpc_id); }},
};

struct Found {
  std::string key;        // of the table
  std::string subnet_id;  // "" for the main association
};

base::Outcome<Found> find_association(const State& state, std::string_view id, const Context& ctx) {
  CHECK(check_id(kRouteTableAssociation, id));
  for (const auto& [key, table] : own_rows(state.route_tables, ctx)) {
    if (table.main_association_id == id) return Found{key, ""};
    const auto found = table.associations.find(std::string(id));
    if (found != table.associations.end()) return Found{key, found->second};
  }
  return refuse(not_found(kRouteTableAssociation, id));
}

// The association that the subnet has, if any: (table, association).
std::optional<std::pair<std::string, std::string>> association_of(const State& state, std::string_view subnet_id,
                                                                  const Context& ctx) {
  for (const auto& [key, table] : own_rows(state.route_tables, ctx)) {
    for (const auto& [association, subnet] : table.associations) {
      if (subnet == subnet_id) return std::pair(table.id, association);
    }
  }
  return std::nullopt;
}

base::Fault other_network(std::string_view table_id, std::string_view what, std::string_view id) {
  std::string text = "route table ";
  text.append(table_id).append(" and ").append(what).append(" ").append(id).append(" belong to different networks");
  return {&faults::InvalidParameterValue, std::move(text)};
}

}  // namespace

Answer<aws::CreateRouteTable> create_route_table(State& state, const aws::CreateRouteTableRequest& input,
                                                 Context& ctx) {
  TRY(const VpcRow* vpc, find_or_fault(state.vpcs, kVpc, input.vpc_id, ctx));
  TRY(TagMap tags, tags_to_create(input.tag_specifications, kRouteTable, ctx));
  RouteTableRow row;
  row.id = new_id(kRouteTable, ctx.random);
  row.vpc_id = vpc->id;
  put_tags(state, kRouteTable, row.id, std::move(tags), ctx);
  state.route_tables.put(ctx.change, key_of(ctx, row.id), row);
  return aws::CreateRouteTableResult{input.client_token, shown(state, row, ctx)};
}

Answer<aws::DeleteRouteTable> delete_route_table(State& state, const aws::DeleteRouteTableRequest& input,
                                                 Context& ctx) {
  TRY(const RouteTableRow* row, find_or_fault(state.route_tables, kRouteTable, input.route_table_id, ctx));
  bool used = !row->main_association_id.empty() || !row->associations.empty();
  for (const auto& [key, endpoint] : own_rows(state.endpoints, ctx)) {
    used = used || std::ranges::find(endpoint.route_tables, row->id) != endpoint.route_tables.end();
  }
  if (used) return refuse(has_dependencies("routeTable", row->id));
  state.route_tables.erase(ctx.change, key_of(ctx, input.route_table_id));
  drop_tags(state, input.route_table_id, ctx);
  return aws::DeleteRouteTableOutput{};
}

Answer<aws::DescribeRouteTables> describe_route_tables(State& state, const aws::DescribeRouteTablesRequest& input,
                                                       Context& ctx) {
  const Selection selection{input.route_table_ids, "routeTableIds", input.filters, input.max_results, input.next_token};
  TRY(auto page, describe<aws::RouteTable>(state.route_tables, kRouteTable, selection, kFilters, state, ctx, shown));
  return aws::DescribeRouteTablesResult{std::move(page.next_token), std::move(page.items)};
}

Answer<aws::AssociateRouteTable> associate_route_table(State& state, const aws::AssociateRouteTableRequest& input,
                                                       Context& ctx) {
  if (input.gateway_id) return refuse(not_supported("GatewayId"));
  if (input.public_ipv4_pool) return refuse(not_supported("PublicIpv4Pool"));
  if (!input.subnet_id) return refuse(missing_parameter("subnetId"));
  TRY(const RouteTableRow* table, find_or_fault(state.route_tables, kRouteTable, input.route_table_id, ctx));
  TRY(const SubnetRow* subnet, find_or_fault(state.subnets, kSubnet, *input.subnet_id, ctx));
  if (subnet->vpc_id != table->vpc_id) return refuse(other_network(table->id, "subnet", subnet->id));
  std::string id;
  if (const auto held = association_of(state, subnet->id, ctx)) {
    if (held->first != table->id) {
      return base::fault(faults::ResourceAlreadyAssociated, "the specified association for route table " + held->first +
                                                                " conflicts with an existing association");
    }
    id = held->second;
  } else {
    id = new_id(kRouteTableAssociation, ctx.random);
    state.route_tables.modify(ctx.change, key_of(ctx, table->id),
                              [&](RouteTableRow& changed) { changed.associations[id] = *input.subnet_id; });
  }
  return aws::AssociateRouteTableResult{id, aws::RouteTableAssociationState{"associated", {}}};
}

Answer<aws::DisassociateRouteTable> disassociate_route_table(State& state,
                                                             const aws::DisassociateRouteTableRequest& input,
                                                             Context& ctx) {
  TRY(const Found found, find_association(state, input.association_id, ctx));
  if (found.subnet_id.empty()) {
    return base::fault(faults::InvalidParameterValue,
                       "cannot disassociate the main route table association " + input.association_id);
  }
  state.route_tables.modify(ctx.change, found.key,
                            [&](RouteTableRow& changed) { changed.associations.erase(input.association_id); });
  return aws::DisassociateRouteTableOutput{};
}

Answer<aws::ReplaceRouteTableAssociation> replace_route_table_association(
    State& state, const aws::ReplaceRouteTableAssociationRequest& input, Context& ctx) {
  TRY(const Found found, find_association(state, input.association_id, ctx));
  TRY(const RouteTableRow* table, find_or_fault(state.route_tables, kRouteTable, input.route_table_id, ctx));
  const std::string vpc_id = state.route_tables.find(found.key)->vpc_id;
  if (table->vpc_id != vpc_id) return refuse(other_network(table->id, "association", input.association_id));
  const std::string id = new_id(kRouteTableAssociation, ctx.random);
  const bool main = found.subnet_id.empty();
  state.route_tables.modify(ctx.change, found.key, [&](RouteTableRow& changed) {
    if (main) changed.main_association_id.clear();
    changed.associations.erase(input.association_id);
  });
  state.route_tables.modify(ctx.change, key_of(ctx, input.route_table_id), [&](RouteTableRow& changed) {
    if (main) changed.main_association_id = id;
    if (!main) changed.associations[id] = found.subnet_id;
  });
  if (main) {
    state.vpcs.modify(ctx.change, key_of(ctx, vpc_id),
                      [&](VpcRow& changed) { changed.main_route_table_id = input.route_table_id; });
  }
  return aws::ReplaceRouteTableAssociationResult{aws::RouteTableAssociationState{"associated", {}}, id};
}

}  // namespace ec2
