#include "ec2/nat_gateway.h"

#include <algorithm>

#include "ec2/describe.h"
#include "ec2/interface.h"
#include "ec2/lifecycle.h"
#include "ec2/operations.h"
#include "ec2/tags.h"
#include "ec2/zones.h"

namespace ec2 {
namespace {

namespace aws = api::ec2;
namespace faults = api::ec2::faults;

constexpr std::size_t kNatGatewaysMax = 100;

aws::NatGatewayAddress shown_address(const NatGatewayRow& row) {
  aws::NatGatewayAddress address;
  address.is_primary = true;
  if (!row.allocation_id.empty()) {
    address.allocation_id = row.allocation_id;
    if (!row.association_id.empty()) address.association_id = row.association_id;
    address.public_ip = row.public_ip;
  }
  if (!row.interface_id.empty()) {
    address.network_interface_id = row.interface_id;
    address.private_ip = row.private_ip;
  }
  address.status = row.state == "failed" ? "failed" : "succeeded";
  return address;
}

aws::NatGateway shown(const State& state, const NatGatewayRow& row, const Context& ctx) {
  aws::NatGateway gateway;
  gateway.nat_gateway_id = row.id;
  gateway.vpc_id = row.vpc_id;
  gateway.subnet_id = row.subnet_id;
  gateway.connectivity_type = row.connectivity;
  gateway.state = row.state;
  gateway.create_time = row.created_at;
  if (row.deleted_at != base::kNever) gateway.delete_time = row.deleted_at;
  if (!row.failure_code.empty()) {
    gateway.failure_code = row.failure_code;
    gateway.failure_message = row.failure_message;
  }
  gateway.nat_gateway_addresses = std::vector{shown_address(row)};
  gateway.tags = shown_tags(state, row.id, ctx);
  return gateway;
}

constexpr FilterField<aws::NatGateway> kFilters[] = {
    {"nat-gateway-id", [](const aws::NatGateway& gateway) { return one(gateway.nat_gateway_id); }},
    {"state", [](const aws::NatGateway& gateway) { return one(gateway.state); }},
    {"subnet-id", [](const aws::NatGateway& gateway) { return one(gateway.subnet_id); }},
    {"vpc-id", [](const aws::NatGateway& gateway) { return one(gateway.vpc_id); }},
};

base::Outcome<void> check_supported(const aws::CreateNatGatewayRequest& input) {
  if (input.availability_mode || input.availability_zone_addresses || input.vpc_id) {
    return refuse(not_supported("AvailabilityMode"));
  }
  if (input.secondary_allocation_ids || input.secondary_private_ip_addresses ||
      input.secondary_private_ip_address_count) {
    return refuse(not_supported("SecondaryAllocationIds"));
  }
  const std::string type = input.connectivity_type.value_or("public");
  if (type != "public" && type != "private") {
    return refuse(invalid_value(type, "connectivityType", "Valid values are: public, private"));
  }
  if (type == "private" && input.allocation_id) {
    return base::fault(faults::InvalidParameterCombination,
                       "The parameter AllocationId cannot be specified when ConnectivityType is private");
  }
  if (type == "public" && !input.allocation_id) return refuse(missing_parameter("allocationId"));
  if (!input.subnet_id) return refuse(missing_parameter("subnetId"));
  return {};
}

bool has_internet_gateway(const State& state, std::string_view vpc_id, const Context& ctx) {
  const auto rows = own_rows(state.internet_gateways, ctx);
  return std::any_of(rows.begin(), rows.end(), [&](const auto& entry) { return entry.second.vpc_id == vpc_id; });
}

base::Outcome<const AddressRow*> free_address(const State& state, const std::string& id, const Context& ctx) {
  CHECK(check_id(kAddress, id));
  const AddressRow* address = state.addresses.find(key_of(ctx, id));
  if (address == nullptr) {
    return base::fault(faults::InvalidAllocationIDNotFound, "The allocation ID '" + id + "' does not exist");
  }
  if (!address->association_id.empty()) {
    return base::fault(faults::ResourceAlreadyAssociated, "Elastic IP address [" + id + "] is already associated");
  }
  return address;
}

const NatGatewayRow* with_token(const State& state, const std::optional<std::string>& token, const Context& ctx) {
  if (!token || token->empty()) return nullptr;
  for (const auto& [key, row] : own_rows(state.nat_gateways, ctx)) {
    if (row.client_token == *token) return &row;
  }
  return nullptr;
}

void release(State& state, NatGatewayRow& row, Context& ctx) {
  if (!row.association_id.empty()) {
    state.addresses.modify(ctx.change, key_of(ctx, row.allocation_id), [](AddressRow& address) {
      address.association_id.clear();
      address.interface_id.clear();
      address.private_ip.clear();
    });
    row.association_id.clear();
  }
  if (!row.interface_id.empty()) delete_interface(state, row.interface_id, ctx);
  row.interface_id.clear();
}

void associate(State& state, NatGatewayRow& row, const AddressRow& address, Context& ctx) {
  row.allocation_id = address.allocation_id;
  row.public_ip = address.public_ip;
  row.association_id = new_id("eipassoc-", ctx.random);
  state.addresses.modify(ctx.change, key_of(ctx, row.allocation_id), [&](AddressRow& changed) {
    changed.association_id = row.association_id;
    changed.interface_id = row.interface_id;
    changed.private_ip = row.private_ip;
  });
}

void fail(State& state, NatGatewayRow& row, Context& ctx) {
  release(state, row, ctx);
  row.state = "failed";
  row.failure_code = "Gateway.NotAttached";
  row.failure_message = "Network " + row.vpc_id + " has no Internet gateway attached";
  row.due = ctx.now + kNatGatewayAfterlife;
}

}  // namespace

void settle_nat_gateway(State& state, const std::string& key, Context& ctx) {
  NatGatewayRow row = *state.nat_gateways.find(key);
  if (row.state == "deleted" || row.state == "failed") {
    drop_tags(state, row.id, ctx);
    state.nat_gateways.erase(ctx.change, key);
    return;
  }
  row.due = base::kNever;
  if (row.state == "deleting") {
    release(state, row, ctx);
    row.state = "deleted";
    row.due = ctx.now + kNatGatewayAfterlife;
  } else if (row.connectivity == "public" && !has_internet_gateway(state, row.vpc_id, ctx)) {
    fail(state, row, ctx);
  } else {
    row.state = "available";
  }
  state.nat_gateways.put(ctx.change, key, std::move(row));
}

Answer<aws::CreateNatGateway> create_nat_gateway(State& state, const aws::CreateNatGatewayRequest& input,
                                                 Context& ctx) {
  if (const NatGatewayRow* held = with_token(state, input.client_token, ctx)) {
    return aws::CreateNatGatewayResult{input.client_token, shown(state, *held, ctx)};
  }
  CHECK(check_supported(input));
  TRY(const SubnetRow* subnet, find_or_fault(state.subnets, kSubnet, *input.subnet_id, ctx));
  const AddressRow* address = nullptr;
  if (input.allocation_id) {
    TRY(address, free_address(state, *input.allocation_id, ctx));
  }
  TRY(TagMap tags, tags_to_create(input.tag_specifications, kNatGateway, ctx));
  const auto own = own_rows(state.nat_gateways, ctx);
  if (static_cast<std::size_t>(std::distance(own.begin(), own.end())) >= kNatGatewaysMax) {
    return base::fault(faults::NatGatewayLimitExceeded, "The maximum number of NAT gateways has been reached.");
  }
  NatGatewayRow row;
  row.id = new_id(kNatGateway, ctx.random);
  row.vpc_id = subnet->vpc_id;
  row.subnet_id = subnet->id;
  row.connectivity = input.connectivity_type.value_or("public");
  row.state = "pending";
  row.created_at = ctx.now;
  row.due = ctx.now + kNatGatewayDelay;
  row.client_token = input.client_token.value_or("");
  TRY(const InterfaceRow interface, create_interface(state,
                                                     {*subnet,
                                                      "nat_gateway",
                                                      row.id,
                                                      "Interface for NAT Gateway " + row.id,
                                                      {},
                                                      input.private_ip_address.value_or("")},
                                                     ctx));
  row.interface_id = interface.id;
  row.private_ip = interface.address;
  if (address != nullptr) associate(state, row, *address, ctx);
  put_tags(state, kNatGateway, row.id, std::move(tags), ctx);
  state.nat_gateways.put(ctx.change, key_of(ctx, row.id), row);
  return aws::CreateNatGatewayResult{input.client_token, shown(state, row, ctx)};
}

Answer<aws::DeleteNatGateway> delete_nat_gateway(State& state, const aws::DeleteNatGatewayRequest& input,
                                                 Context& ctx) {
  TRY(const NatGatewayRow* row, find_or_fault(state.nat_gateways, kNatGateway, input.nat_gateway_id, ctx));
  if (row->state == "pending" || row->state == "available") {
    state.nat_gateways.modify(ctx.change, key_of(ctx, input.nat_gateway_id), [&](NatGatewayRow& changed) {
      changed.state = "deleting";
      changed.deleted_at = ctx.now;
      changed.due = ctx.now + kNatGatewayDelay;
    });
  }
  return aws::DeleteNatGatewayResult{input.nat_gateway_id};
}

Answer<aws::DescribeNatGateways> describe_nat_gateways(State& state, const aws::DescribeNatGatewaysRequest& input,
                                                       Context& ctx) {
  const Selection selection{input.nat_gateway_ids, "natGatewayIds", input.filter, input.max_results, input.next_token};
  TRY(auto page, describe<aws::NatGateway>(state.nat_gateways, kNatGateway, selection, kFilters, state, ctx, shown));
  return aws::DescribeNatGatewaysResult{std::move(page.items), std::move(page.next_token)};
}

}  // namespace ec2
