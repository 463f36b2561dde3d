#include <algorithm>

#include "ec2/cidr.h"
#include "ec2/describe.h"
#include "ec2/operations.h"
#include "ec2/tags.h"

namespace ec2 {
namespace {

namespace aws = api::ec2;
namespace faults = api::ec2::faults;

constexpr int kVpcPrefixMin = 16;
constexpr int kVpcPrefixMax = 28;
// AWS's default quota; a few hundred can be had on request.
constexpr std::size_t kVpcsMax = 100;

aws::Vpc shown(const State& state, const VpcRow& row, const Context& ctx) {
  aws::Vpc vpc;
  vpc.vpc_id = row.id;
  vpc.owner_id = row.owner;
  vpc.cidr_block = row.cidr;
  vpc.cidr_block_association_set.emplace();
  vpc.cidr_block_association_set->push_back(
      {row.cidr_association_id, row.cidr, aws::VpcCidrBlockState{"associated", {}}});
  vpc.dhcp_options_id = "default";
  vpc.instance_tenancy = row.tenancy;
  vpc.is_default = false;
  vpc.state = "available";
  vpc.tags = shown_tags(state, row.id, ctx);
  return vpc;
}

Values association_values(const aws::Vpc& vpc, std::optional<std::string> aws::VpcCidrBlockAssociation::* field) {
  Values values;
  for (const auto& association : *vpc.cidr_block_association_set) values.push_back((association.*field).value_or(""));
  return values;
}

constexpr FilterField<aws::Vpc> kFilters[] = {
    {"cidr", [](const aws::Vpc& vpc) { return one(vpc.cidr_block); }},
    {"cidr-block", [](const aws::Vpc& vpc) { return one(vpc.cidr_block); }},
    {"cidr-block-association.association-id",
     [](const aws::Vpc& vpc) { return association_values(vpc, &aws::VpcCidrBlockAssociation::association_id); }},
    {"cidr-block-association.cidr-block",
     [](const aws::Vpc& vpc) { return association_values(vpc, &aws::VpcCidrBlockAssociation::cidr_block); }},
    {"cidr-block-association.state", [](const aws::Vpc&) { return Values{"associated"}; }},
    {"dhcp-options-id", [](const aws::Vpc& vpc) { return one(vpc.dhcp_options_id); }},
    {"is-default", [](const aws::Vpc& vpc) { return one(vpc.is_default); }},
    {"isDefault", [](const aws::Vpc& vpc) { return one(vpc.is_default); }},
    {"owner-id", [](const aws::Vpc& vpc) { return one(vpc.owner_id); }},
    {"state", [](const aws::Vpc& vpc) { return one(vpc.state); }},
    {"vpc-id", [](const aws::Vpc& vpc) { return one(vpc.vpc_id); }},
};

base::Outcome<void> check_supported(const aws::CreateVpcRequest& input) {
  if (input.amazon_provided_ipv6_cidr_block.value_or(false))
    return refuse(not_supported("AmazonProvidedIpv6CidrBlock"));
  if (input.ipv6_cidr_block || input.ipv6_ipam_pool_id || input.ipv6_pool)
    return refuse(not_supported("Ipv6CidrBlock"));
  if (input.ipv4_ipam_pool_id || input.ipv4_netmask_length) return refuse(not_supported("Ipv4IpamPoolId"));
  if (input.vpc_encryption_control) return refuse(not_supported("VpcEncryptionControl"));
  const std::string tenancy = input.instance_tenancy.value_or("default");
  if (tenancy != "default" && tenancy != "dedicated") {
    return refuse(invalid_value(tenancy, "instanceTenancy", "Valid values are: default, dedicated"));
  }
  return {};
}

base::Outcome<Cidr> vpc_cidr(const std::optional<std::string>& text) {
  if (!text || text->empty()) return refuse(missing_parameter("cidrBlock"));
  const auto cidr = parse_cidr(*text);
  if (!cidr) return refuse(invalid_value(*text, "cidrBlock", "This is not a valid CIDR block."));
  if (cidr->prefix < kVpcPrefixMin || cidr->prefix > kVpcPrefixMax) {
    return base::fault(faults::InvalidVpcRange, "The CIDR '" + *text + "' is invalid.");
  }
  return *cidr;
}

// What EC2 makes with every VPC: main route table, default network ACL, default security group.
void make_company(State& state, VpcRow& vpc, Context& ctx) {
  RouteTableRow table;
  table.id = vpc.main_route_table_id = new_id(kRouteTable, ctx.random);
  table.vpc_id = vpc.id;
  table.main_association_id = new_id(kRouteTableAssociation, ctx.random);
  state.route_tables.put(ctx.change, key_of(ctx, table.id), table);

  vpc.acl_id = new_id(kAcl, ctx.random);
  state.acls.put(ctx.change, key_of(ctx, vpc.acl_id), {vpc.acl_id, vpc.id});

  SecurityGroupRow group;
  group.id = vpc.default_group_id = new_id(kSecurityGroup, ctx.random);
  group.vpc_id = vpc.id;
  group.name = "default";
  group.description = "default VPC security group";
  group.ingress[new_id(kSecurityGroupRule, ctx.random)] = {.protocol = "-1", .group = group.id};
  group.egress[new_id(kSecurityGroupRule, ctx.random)] = {.protocol = "-1", .cidr = "0.0.0.0/0"};
  state.security_groups.put(ctx.change, key_of(ctx, group.id), group);
}

template <class Rows>
bool any_in_vpc(const Rows& rows, std::string_view vpc_id) {
  return std::any_of(rows.begin(), rows.end(), [&](const auto& entry) { return entry.second.vpc_id == vpc_id; });
}

// True while something stands in the way that EC2 does not delete with the VPC.
bool has_content(const State& state, const VpcRow& vpc, const Context& ctx) {
  if (any_in_vpc(own_rows(state.subnets, ctx), vpc.id) || any_in_vpc(own_rows(state.internet_gateways, ctx), vpc.id) ||
      any_in_vpc(own_rows(state.interfaces, ctx), vpc.id) || any_in_vpc(own_rows(state.endpoints, ctx), vpc.id)) {
    return true;
  }
  for (const auto& [key, table] : own_rows(state.route_tables, ctx)) {
    if (table.vpc_id == vpc.id && table.id != vpc.main_route_table_id) return true;
  }
  for (const auto& [key, group] : own_rows(state.security_groups, ctx)) {
    if (group.vpc_id == vpc.id && group.id != vpc.default_group_id) return true;
  }
  return false;
}

}  // namespace

Answer<aws::CreateVpc> create_vpc(State& state, const aws::CreateVpcRequest& input, Context& ctx) {
  CHECK(check_supported(input));
  TRY(const Cidr cidr, vpc_cidr(input.cidr_block));
  TRY(TagMap tags, tags_to_create(input.tag_specifications, kVpc, ctx));
  const auto own = own_rows(state.vpcs, ctx);
  if (static_cast<std::size_t>(std::distance(own.begin(), own.end())) >= kVpcsMax) {
    return base::fault(faults::VpcLimitExceeded, "The maximum number of VPCs has been reached.");
  }
  VpcRow row;
  row.id = new_id(kVpc, ctx.random);
  row.owner = ctx.call.account;
  row.cidr = cidr.to_text();
  row.cidr_association_id = new_id("vpc-cidr-assoc-", ctx.random);
  row.tenancy = input.instance_tenancy.value_or("default");
  make_company(state, row, ctx);
  put_tags(state, kVpc, row.id, std::move(tags), ctx);
  state.vpcs.put(ctx.change, key_of(ctx, row.id), row);

  aws::CreateVpcResult output;
  output.vpc = shown(state, row, ctx);
  output.vpc->state = "pending";  // as on AWS; the next Describe finds it available
  return output;
}

Answer<aws::DeleteVpc> delete_vpc(State& state, const aws::DeleteVpcRequest& input, Context& ctx) {
  TRY(const VpcRow* found, find_or_fault(state.vpcs, kVpc, input.vpc_id, ctx));
  const VpcRow row = *found;
  if (has_content(state, row, ctx)) return refuse(has_dependencies("vpc", row.id));
  state.route_tables.erase(ctx.change, key_of(ctx, row.main_route_table_id));
  state.acls.erase(ctx.change, key_of(ctx, row.acl_id));
  state.security_groups.erase(ctx.change, key_of(ctx, row.default_group_id));
  state.vpcs.erase(ctx.change, key_of(ctx, row.id));
  for (const std::string& id : {row.id, row.main_route_table_id, row.acl_id, row.default_group_id}) {
    drop_tags(state, id, ctx);
  }
  return aws::DeleteVpcOutput{};
}

Answer<aws::DescribeVpcs> describe_vpcs(State& state, const aws::DescribeVpcsRequest& input, Context& ctx) {
  const Selection selection{input.vpc_ids, "vpcIds", input.filters, input.max_results, input.next_token};
  TRY(auto page, describe<aws::Vpc>(state.vpcs, kVpc, selection, kFilters, state, ctx, shown));
  return aws::DescribeVpcsResult{std::move(page.next_token), std::move(page.items)};
}

Answer<aws::ModifyVpcAttribute> modify_vpc_attribute(State& state, const aws::ModifyVpcAttributeRequest& input,
                                                     Context& ctx) {
  TRY(const VpcRow* row, find_or_fault(state.vpcs, kVpc, input.vpc_id, ctx));
  const int given = int{input.enable_dns_support.has_value()} + int{input.enable_dns_hostnames.has_value()} +
                    int{input.enable_network_address_usage_metrics.has_value()};
  if (given == 0) return refuse(missing_parameter("enableDnsSupport"));
  if (given > 1) {
    return base::fault(faults::InvalidParameterCombination, "Fields for multiple attribute types specified.");
  }
  const bool hostnames = input.enable_dns_hostnames && input.enable_dns_hostnames->value.value_or(false);
  if (hostnames && !row->dns_support) {
    return base::fault(faults::InvalidParameterCombination,
                       "Cannot enable DNS hostnames for a VPC with DNS support disabled: " + row->id);
  }
  state.vpcs.modify(ctx.change, key_of(ctx, input.vpc_id), [&](VpcRow& changed) {
    if (input.enable_dns_support) changed.dns_support = input.enable_dns_support->value.value_or(false);
    if (input.enable_dns_hostnames) changed.dns_hostnames = hostnames;
    if (input.enable_network_address_usage_metrics) {
      changed.usage_metrics = input.enable_network_address_usage_metrics->value.value_or(false);
    }
  });
  return aws::ModifyVpcAttributeOutput{};
}

Answer<aws::DescribeVpcAttribute> describe_vpc_attribute(State& state, const aws::DescribeVpcAttributeRequest& input,
                                                         Context& ctx) {
  TRY(const VpcRow* row, find_or_fault(state.vpcs, kVpc, input.vpc_id, ctx));
  aws::DescribeVpcAttributeResult output;
  output.vpc_id = row->id;
  if (input.attribute == "enableDnsSupport") {
    output.enable_dns_support = aws::AttributeBooleanValue{row->dns_support};
  } else if (input.attribute == "enableDnsHostnames") {
    output.enable_dns_hostnames = aws::AttributeBooleanValue{row->dns_hostnames};
  } else if (input.attribute == "enableNetworkAddressUsageMetrics") {
    output.enable_network_address_usage_metrics = aws::AttributeBooleanValue{row->usage_metrics};
  } else {
    return refuse(invalid_value(input.attribute, "attribute", "Unknown attribute."));
  }
  return output;
}

}  // namespace ec2
