#include <algorithm>

#include "ec2/describe.h"
#include "ec2/operations.h"
#include "ec2/public_address.h"
#include "ec2/tags.h"

namespace ec2 {
namespace {

namespace aws = api::ec2;
namespace faults = api::ec2::faults;

aws::Address shown(const State& state, const AddressRow& row, const Context& ctx) {
  aws::Address address;
  address.allocation_id = row.allocation_id;
  address.public_ip = row.public_ip;
  address.domain = "vpc";
  address.network_border_group = ctx.call.region;
  address.public_ipv4_pool = "amazon";
  if (!row.association_id.empty()) {
    address.association_id = row.association_id;
    address.network_interface_id = row.interface_id;
    address.network_interface_owner_id = ctx.call.account;
    address.private_ip_address = row.private_ip;
  }
  address.tags = shown_tags(state, row.allocation_id, ctx);
  return address;
}

constexpr FilterField<aws::Address> kFilters[] = {
    {"allocation-id", [](const aws::Address& address) { return one(address.allocation_id); }},
    {"association-id", [](const aws::Address& address) { return one(address.association_id); }},
    {"domain", [](const aws::Address& address) { return one(address.domain); }},
    {"instance-id", [](const aws::Address& address) { return one(address.instance_id); }},
    {"network-border-group", [](const aws::Address& address) { return one(address.network_border_group); }},
    {"network-interface-id", [](const aws::Address& address) { return one(address.network_interface_id); }},
    {"network-interface-owner-id", [](const aws::Address& address) { return one(address.network_interface_owner_id); }},
    {"private-ip-address", [](const aws::Address& address) { return one(address.private_ip_address); }},
    {"public-ip", [](const aws::Address& address) { return one(address.public_ip); }},
};

base::Outcome<const AddressRow*> find_address(const State& state, const aws::ReleaseAddressRequest& input,
                                              const Context& ctx) {
  if (input.allocation_id) {
    CHECK(check_id(kAddress, *input.allocation_id));
    const AddressRow* row = state.addresses.find(key_of(ctx, *input.allocation_id));
    if (row == nullptr) return refuse(not_found(kAddress, *input.allocation_id));
    return row;
  }
  if (!input.public_ip) return refuse(missing_parameter("allocationId"));
  for (const auto& [key, row] : own_rows(state.addresses, ctx)) {
    if (row.public_ip == *input.public_ip) return &row;
  }
  return base::fault(faults::InvalidAddressNotFound, "Address '" + *input.public_ip + "' not found.");
}

}  // namespace

Answer<aws::AllocateAddress> allocate_address(State& state, const aws::AllocateAddressRequest& input, Context& ctx) {
  if (input.domain.value_or("vpc") != "vpc") return refuse(not_supported("Domain=" + *input.domain));
  if (input.address) return refuse(not_supported("Address"));
  if (input.customer_owned_ipv4_pool) return refuse(not_supported("CustomerOwnedIpv4Pool"));
  if (input.ipam_pool_id) return refuse(not_supported("IpamPoolId"));
  if (input.public_ipv4_pool.value_or("amazon") != "amazon") return refuse(not_supported("PublicIpv4Pool"));
  if (input.network_border_group.value_or(ctx.call.region) != ctx.call.region) {
    return refuse(not_supported("NetworkBorderGroup"));
  }
  TRY(TagMap tags, tags_to_create(input.tag_specifications, kAddress, ctx));
  AddressRow row;
  TRY(row.public_ip, new_public_ip(state, ctx));
  row.allocation_id = new_id(kAddress, ctx.random);
  put_tags(state, kAddress, row.allocation_id, std::move(tags), ctx);
  state.addresses.put(ctx.change, key_of(ctx, row.allocation_id), row);
  aws::AllocateAddressResult output;
  output.allocation_id = row.allocation_id;
  output.domain = "vpc";
  output.network_border_group = ctx.call.region;
  output.public_ip = row.public_ip;
  output.public_ipv4_pool = "amazon";
  return output;
}

Answer<aws::ReleaseAddress> release_address(State& state, const aws::ReleaseAddressRequest& input, Context& ctx) {
  TRY(const AddressRow* row, find_address(state, input, ctx));
  if (!row->association_id.empty()) {
    return base::fault(faults::InvalidIPAddressInUse, "Address " + row->public_ip + " is in use.");
  }
  const std::string id = row->allocation_id;
  state.addresses.erase(ctx.change, key_of(ctx, id));
  drop_tags(state, id, ctx);
  return aws::ReleaseAddressOutput{};
}

Answer<aws::DescribeAddresses> describe_addresses(State& state, const aws::DescribeAddressesRequest& input,
                                                  Context& ctx) {
  CHECK(check_filters<aws::Address>(input.filters, kFilters));
  std::vector<const AddressRow*> rows;
  const bool by_id = input.allocation_ids && !input.allocation_ids->empty();
  const bool by_ip = input.public_ips && !input.public_ips->empty();
  for (const std::string& id : by_id ? *input.allocation_ids : std::vector<std::string>{}) {
    TRY(const AddressRow* row, find_address(state, {.allocation_id = id}, ctx));
    rows.push_back(row);
  }
  for (const std::string& ip : by_ip ? *input.public_ips : std::vector<std::string>{}) {
    TRY(const AddressRow* row, find_address(state, {.public_ip = ip}, ctx));
    rows.push_back(row);
  }
  if (!by_id && !by_ip) {
    for (const auto& [key, row] : own_rows(state.addresses, ctx)) rows.push_back(&row);
  }
  aws::DescribeAddressesResult output;
  output.addresses.emplace();
  for (const AddressRow* row : rows) {
    aws::Address address = shown(state, *row, ctx);
    TRY(const bool wanted, passes<aws::Address>(input.filters, kFilters, address));
    if (wanted) output.addresses->push_back(std::move(address));
  }
  return output;
}

}  // namespace ec2
