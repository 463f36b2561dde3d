#include "ec2/interface.h"

#include "ec2/describe.h"
#include "ec2/operations.h"
#include "ec2/public_address.h"
#include "ec2/tags.h"
#include "ec2/zones.h"

namespace ec2 {
namespace {

namespace aws = api::ec2;

std::vector<aws::GroupIdentifier> shown_groups(const State& state, const InterfaceRow& row, const Context& ctx) {
  std::vector<aws::GroupIdentifier> groups;
  for (const std::string& id : row.groups) {
    const SecurityGroupRow* group = state.security_groups.find(key_of(ctx, id));
    groups.push_back({id, group == nullptr ? std::optional<std::string>() : group->name});
  }
  return groups;
}

std::optional<aws::NetworkInterfaceAssociation> shown_association(const State& state, const InterfaceRow& row,
                                                                  const Context& ctx) {
  if (!row.public_ip.empty()) {
    aws::NetworkInterfaceAssociation association;
    association.ip_owner_id = "amazon";
    association.public_ip = row.public_ip;
    const VpcRow* vpc = state.vpcs.find(key_of(ctx, row.vpc_id));
    if (vpc != nullptr && vpc->dns_hostnames) {
      association.public_dns_name = public_dns_name(row.public_ip, ctx.call.region);
    }
    return association;
  }
  if (row.kind != "nat_gateway") return std::nullopt;
  for (const auto& [key, address] : own_rows(state.addresses, ctx)) {
    if (address.interface_id != row.id) continue;
    aws::NetworkInterfaceAssociation association;
    association.allocation_id = address.allocation_id;
    association.association_id = address.association_id;
    association.ip_owner_id = ctx.call.account;
    association.public_ip = address.public_ip;
    return association;
  }
  return std::nullopt;
}

aws::NetworkInterface shown(const State& state, const InterfaceRow& row, const Context& ctx) {
  aws::NetworkInterface interface;
  interface.network_interface_id = row.id;
  interface.vpc_id = row.vpc_id;
  interface.subnet_id = row.subnet_id;
  if (const SubnetRow* subnet = state.subnets.find(key_of(ctx, row.subnet_id))) {
    interface.availability_zone = subnet->zone;
    if (const auto zone = find_zone(ctx.call.region, subnet->zone)) interface.availability_zone_id = zone->id;
  }
  interface.association = shown_association(state, row, ctx);
  aws::NetworkInterfaceAttachment attachment;
  attachment.attach_time = row.created_at;
  attachment.delete_on_termination = false;
  attachment.device_index = 1;
  // A task's machine belongs to Fargate, in an account of its own that nobody sees here.
  if (row.kind != "task") attachment.instance_owner_id = row.kind == "vpc_endpoint" ? "amazon-aws" : "amazon-elb";
  attachment.status = "attached";
  interface.attachment = std::move(attachment);
  interface.description = row.description;
  interface.groups = shown_groups(state, row, ctx);
  interface.interface_type = row.kind == "task" ? "interface" : row.kind;
  interface.ipv6_addresses.emplace();
  interface.mac_address = row.mac;
  interface.owner_id = ctx.call.account;
  interface.private_dns_name = internal_dns_name(row.address, ctx.call.region);
  interface.private_ip_address = row.address;
  aws::NetworkInterfacePrivateIpAddress address;
  address.association = interface.association;
  address.primary = true;
  address.private_dns_name = interface.private_dns_name;
  address.private_ip_address = row.address;
  interface.private_ip_addresses = std::vector{std::move(address)};
  interface.requester_managed = true;
  interface.source_dest_check = row.kind != "nat_gateway";
  interface.status = "in-use";
  interface.tag_set = shown_tags(state, row.id, ctx);
  return interface;
}

Values group_values(const aws::NetworkInterface& interface, std::optional<std::string> aws::GroupIdentifier::* field) {
  Values values;
  for (const auto& group : *interface.groups) values.push_back((group.*field).value_or(""));
  return values;
}

constexpr FilterField<aws::NetworkInterface> kFilters[] = {
    {"addresses.private-ip-address", [](const aws::NetworkInterface& i) { return one(i.private_ip_address); }},
    {"association.allocation-id",
     [](const aws::NetworkInterface& i) { return i.association ? one(i.association->allocation_id) : Values{}; }},
    {"association.public-ip",
     [](const aws::NetworkInterface& i) { return i.association ? one(i.association->public_ip) : Values{}; }},
    {"availability-zone", [](const aws::NetworkInterface& i) { return one(i.availability_zone); }},
    {"availability-zone-id", [](const aws::NetworkInterface& i) { return one(i.availability_zone_id); }},
    {"description", [](const aws::NetworkInterface& i) { return one(i.description); }},
    {"group-id", [](const aws::NetworkInterface& i) { return group_values(i, &aws::GroupIdentifier::group_id); }},
    {"group-name", [](const aws::NetworkInterface& i) { return group_values(i, &aws::GroupIdentifier::group_name); }},
    {"interface-type", [](const aws::NetworkInterface& i) { return one(i.interface_type); }},
    {"mac-address", [](const aws::NetworkInterface& i) { return one(i.mac_address); }},
    {"network-interface-id", [](const aws::NetworkInterface& i) { return one(i.network_interface_id); }},
    {"owner-id", [](const aws::NetworkInterface& i) { return one(i.owner_id); }},
    {"private-dns-name", [](const aws::NetworkInterface& i) { return one(i.private_dns_name); }},
    {"private-ip-address", [](const aws::NetworkInterface& i) { return one(i.private_ip_address); }},
    {"requester-managed", [](const aws::NetworkInterface& i) { return one(i.requester_managed); }},
    {"status", [](const aws::NetworkInterface& i) { return one(i.status); }},
    {"subnet-id", [](const aws::NetworkInterface& i) { return one(i.subnet_id); }},
    {"vpc-id", [](const aws::NetworkInterface& i) { return one(i.vpc_id); }},
};

}  // namespace

Answer<aws::DescribeNetworkInterfaces> describe_network_interfaces(State& state,
                                                                   const aws::DescribeNetworkInterfacesRequest& input,
                                                                   Context& ctx) {
  const Selection selection{input.network_interface_ids, "networkInterfaceIds", input.filters, input.max_results,
                            input.next_token};
  TRY(auto page, describe<aws::NetworkInterface>(state.interfaces, kInterface, selection, kFilters, state, ctx, shown));
  return aws::DescribeNetworkInterfacesResult{std::move(page.items), std::move(page.next_token)};
}

}  // namespace ec2
