#include <algorithm>

#include "ec2/cidr.h"
#include "ec2/describe.h"
#include "ec2/interface.h"
#include "ec2/operations.h"
#include "ec2/tags.h"
#include "ec2/zones.h"

namespace ec2 {
namespace {

namespace aws = api::ec2;
namespace faults = api::ec2::faults;

constexpr int kSubnetPrefixMin = 16;
constexpr int kSubnetPrefixMax = 28;

aws::Subnet shown(const State& state, const SubnetRow& row, const Context& ctx) {
  aws::Subnet subnet;
  subnet.subnet_id = row.id;
  subnet.subnet_arn = ctx.arn("ec2", "subnet/" + row.id);
  subnet.vpc_id = row.vpc_id;
  subnet.owner_id = ctx.call.account;
  subnet.cidr_block = row.cidr;
  subnet.availability_zone = row.zone;
  if (const auto zone = find_zone(ctx.call.region, row.zone)) subnet.availability_zone_id = zone->id;
  subnet.available_ip_address_count = free_addresses(state, row, ctx);
  subnet.assign_ipv6_address_on_creation = false;
  subnet.default_for_az = false;
  subnet.enable_dns64 = false;
  subnet.ipv6_cidr_block_association_set.emplace();
  subnet.ipv6_native = false;
  subnet.map_customer_owned_ip_on_launch = false;
  subnet.map_public_ip_on_launch = row.map_public_ip;
  subnet.private_dns_name_options_on_launch =
      aws::PrivateDnsNameOptionsOnLaunch{false, row.resource_name_a_record, row.hostname_type};
  subnet.state = "available";
  subnet.tags = shown_tags(state, row.id, ctx);
  return subnet;
}

constexpr FilterField<aws::Subnet> kFilters[] = {
    {"availability-zone", [](const aws::Subnet& subnet) { return one(subnet.availability_zone); }},
    {"availabilityZone", [](const aws::Subnet& subnet) { return one(subnet.availability_zone); }},
    {"availability-zone-id", [](const aws::Subnet& subnet) { return one(subnet.availability_zone_id); }},
    {"available-ip-address-count", [](const aws::Subnet& subnet) { return one(subnet.available_ip_address_count); }},
    {"cidr", [](const aws::Subnet& subnet) { return one(subnet.cidr_block); }},
    {"cidr-block", [](const aws::Subnet& subnet) { return one(subnet.cidr_block); }},
    {"cidrBlock", [](const aws::Subnet& subnet) { return one(subnet.cidr_block); }},
    {"default-for-az", [](const aws::Subnet& subnet) { return one(subnet.default_for_az); }},
    {"map-public-ip-on-launch", [](const aws::Subnet& subnet) { return one(subnet.map_public_ip_on_launch); }},
    {"owner-id", [](const aws::Subnet& subnet) { return one(subnet.owner_id); }},
    {"state", [](const aws::Subnet& subnet) { return one(subnet.state); }},
    {"subnet-arn", [](const aws::Subnet& subnet) { return one(subnet.subnet_arn); }},
    {"subnet-id", [](const aws::Subnet& subnet) { return one(subnet.subnet_id); }},
    {"vpc-id", [](const aws::Subnet& subnet) { return one(subnet.vpc_id); }},
};

base::Outcome<void> check_supported(const aws::CreateSubnetRequest& input) {
  if (input.ipv6_cidr_block || input.ipv6_ipam_pool_id || input.ipv6_netmask_length ||
      input.ipv6_native.value_or(false)) {
    return refuse(not_supported("Ipv6CidrBlock"));
  }
  if (input.ipv4_ipam_pool_id || input.ipv4_netmask_length) return refuse(not_supported("Ipv4IpamPoolId"));
  if (input.outpost_arn) return refuse(not_supported("OutpostArn"));
  return {};
}

base::Outcome<Cidr> subnet_cidr(const State& state, const VpcRow& vpc, const std::optional<std::string>& text,
                                const Context& ctx) {
  if (!text || text->empty()) return refuse(missing_parameter("cidrBlock"));
  const auto cidr = parse_cidr(*text);
  if (!cidr) return refuse(invalid_value(*text, "cidrBlock", "This is not a valid CIDR block."));
  const bool in_range = cidr->prefix >= kSubnetPrefixMin && cidr->prefix <= kSubnetPrefixMax;
  if (!in_range || !parse_cidr(vpc.cidr)->contains(*cidr)) {
    return base::fault(faults::InvalidSubnetRange, "The CIDR '" + *text + "' is invalid.");
  }
  for (const auto& [key, other] : own_rows(state.subnets, ctx)) {
    if (other.vpc_id == vpc.id && parse_cidr(other.cidr)->overlaps(*cidr)) {
      return base::fault(faults::InvalidSubnetConflict, "The CIDR '" + *text + "' conflicts with another subnet");
    }
  }
  return *cidr;
}

base::Outcome<std::string> subnet_zone(const aws::CreateSubnetRequest& input, const Context& ctx) {
  const auto& wanted = input.availability_zone ? input.availability_zone : input.availability_zone_id;
  const std::vector<Zone> all = zones(ctx.call.region);
  if (!wanted) return all[base::below(ctx.random, all.size())].name;
  if (const auto zone = find_zone(ctx.call.region, *wanted)) return zone->name;
  std::string names;
  for (const Zone& zone : all) names += (names.empty() ? "" : ", ") + (input.availability_zone ? zone.name : zone.id);
  return refuse(
      invalid_value(*wanted, input.availability_zone ? "availabilityZone" : "availabilityZoneId",
                    "Subnets can currently only be created in the following availability zones: " + names + "."));
}

bool in_use(const State& state, std::string_view subnet_id, const Context& ctx) {
  const auto rows = own_rows(state.interfaces, ctx);
  return std::any_of(rows.begin(), rows.end(), [&](const auto& entry) { return entry.second.subnet_id == subnet_id; });
}

}  // namespace

Answer<aws::CreateSubnet> create_subnet(State& state, const aws::CreateSubnetRequest& input, Context& ctx) {
  CHECK(check_supported(input));
  TRY(const VpcRow* vpc, find_or_fault(state.vpcs, kVpc, input.vpc_id, ctx));
  TRY(const Cidr cidr, subnet_cidr(state, *vpc, input.cidr_block, ctx));
  TRY(std::string zone, subnet_zone(input, ctx));
  TRY(TagMap tags, tags_to_create(input.tag_specifications, kSubnet, ctx));
  SubnetRow row;
  row.id = new_id(kSubnet, ctx.random);
  row.vpc_id = vpc->id;
  row.cidr = cidr.to_text();
  row.zone = std::move(zone);
  row.acl_association_id = new_id("aclassoc-", ctx.random);
  put_tags(state, kSubnet, row.id, std::move(tags), ctx);
  state.subnets.put(ctx.change, key_of(ctx, row.id), row);
  return aws::CreateSubnetResult{shown(state, row, ctx)};
}

Answer<aws::DeleteSubnet> delete_subnet(State& state, const aws::DeleteSubnetRequest& input, Context& ctx) {
  TRY(const SubnetRow* row, find_or_fault(state.subnets, kSubnet, input.subnet_id, ctx));
  if (in_use(state, row->id, ctx)) return refuse(has_dependencies("subnet", row->id));
  std::vector<std::pair<std::string, std::string>> associations;  // they go with the subnet
  for (const auto& [key, table] : own_rows(state.route_tables, ctx)) {
    for (const auto& [association, subnet] : table.associations) {
      if (subnet == row->id) associations.emplace_back(key, association);
    }
  }
  for (const auto& [key, association] : associations) {
    state.route_tables.modify(ctx.change, key, [&](RouteTableRow& table) { table.associations.erase(association); });
  }
  state.subnets.erase(ctx.change, key_of(ctx, input.subnet_id));
  drop_tags(state, input.subnet_id, ctx);
  return aws::DeleteSubnetOutput{};
}

Answer<aws::DescribeSubnets> describe_subnets(State& state, const aws::DescribeSubnetsRequest& input, Context& ctx) {
  const Selection selection{input.subnet_ids, "subnetIds", input.filters, input.max_results, input.next_token};
  TRY(auto page, describe<aws::Subnet>(state.subnets, kSubnet, selection, kFilters, state, ctx, shown));
  return aws::DescribeSubnetsResult{std::move(page.next_token), std::move(page.items)};
}

Answer<aws::ModifySubnetAttribute> modify_subnet_attribute(State& state, const aws::ModifySubnetAttributeRequest& input,
                                                           Context& ctx) {
  TRY(const SubnetRow* row, find_or_fault(state.subnets, kSubnet, input.subnet_id, ctx));
  if (input.assign_ipv6_address_on_creation && input.assign_ipv6_address_on_creation->value.value_or(false)) {
    return refuse(not_supported("AssignIpv6AddressOnCreation"));
  }
  if (input.enable_dns64 && input.enable_dns64->value.value_or(false)) return refuse(not_supported("EnableDns64"));
  if (input.customer_owned_ipv4_pool || input.map_customer_owned_ip_on_launch) {
    return refuse(not_supported("CustomerOwnedIpv4Pool"));
  }
  if (input.enable_lni_at_device_index || input.disable_lni_at_device_index) {
    return refuse(not_supported("EnableLniAtDeviceIndex"));
  }
  if (input.enable_resource_name_dns_aaaa_record_on_launch &&
      input.enable_resource_name_dns_aaaa_record_on_launch->value.value_or(false)) {
    return refuse(not_supported("EnableResourceNameDnsAAAARecordOnLaunch"));
  }
  const std::string hostname_type = input.private_dns_hostname_type_on_launch.value_or(row->hostname_type);
  if (hostname_type != "ip-name" && hostname_type != "resource-name") {
    return refuse(invalid_value(hostname_type, "privateDnsHostnameType", "Valid values are: ip-name, resource-name"));
  }
  state.subnets.modify(ctx.change, key_of(ctx, input.subnet_id), [&](SubnetRow& changed) {
    if (input.map_public_ip_on_launch) changed.map_public_ip = input.map_public_ip_on_launch->value.value_or(false);
    if (input.enable_resource_name_dns_a_record_on_launch) {
      changed.resource_name_a_record = input.enable_resource_name_dns_a_record_on_launch->value.value_or(false);
    }
    changed.hostname_type = hostname_type;
  });
  return aws::ModifySubnetAttributeOutput{};
}

}  // namespace ec2
