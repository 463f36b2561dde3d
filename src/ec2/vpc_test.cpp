#include <gtest/gtest.h>

#include "ec2/network_for_test.h"

namespace ec2 {
namespace {

TEST(Vpc, IsMadeWithItsCompany) {
  NetworkForTest net;
  const std::string id = net.vpc("10.0.3.0/16");
  const auto vpcs = *net.bench.ok<aws::DescribeVpcs>({}).vpcs;
  ASSERT_EQ(vpcs.size(), 1u);
  EXPECT_EQ(vpcs[0].cidr_block, "10.0.0.0/16");
  EXPECT_EQ(vpcs[0].state, "available");
  EXPECT_EQ(vpcs[0].is_default, false);
  const auto tables = *net.bench.ok<aws::DescribeRouteTables>({}).route_tables;
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].associations->at(0).main, true);
  EXPECT_EQ(tables[0].routes->at(0).gateway_id, "local");
  const auto groups = *net.bench.ok<aws::DescribeSecurityGroups>({}).security_groups;
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].group_name, "default");
  EXPECT_EQ(groups[0].ip_permissions->at(0).user_id_group_pairs->at(0).group_id, groups[0].group_id);
  EXPECT_EQ(groups[0].ip_permissions_egress->at(0).ip_ranges->at(0).cidr_ip, "0.0.0.0/0");
  EXPECT_EQ(net.bench.ok<aws::DescribeNetworkAcls>({}).network_acls->at(0).vpc_id, id);
  net.bench.ok<aws::DeleteVpc>({.vpc_id = id});
  EXPECT_TRUE(net.bench.ok<aws::DescribeSecurityGroups>({}).security_groups->empty());
  EXPECT_TRUE(net.bench.ok<aws::DescribeRouteTables>({}).route_tables->empty());
}

TEST(Vpc, RefusesBadNetworks) {
  NetworkForTest net;
  EXPECT_EQ(net.bench.fault<aws::CreateVpc>({.cidr_block = "10.0.0.0/8"}),
            "InvalidVpc.Range: The CIDR '10.0.0.0/8' is invalid.");
  EXPECT_EQ(
      net.bench.fault<aws::CreateVpc>({.cidr_block = "nonsense"}),
      "InvalidParameterValue: Value (nonsense) for parameter cidrBlock is invalid. This is not a valid CIDR block.");
  EXPECT_EQ(net.bench.fault<aws::CreateVpc>({}), "MissingParameter: The request must contain the parameter cidrBlock");
  EXPECT_EQ(net.bench.fault<aws::DescribeVpcs>({.vpc_ids = std::vector<std::string>{"vpc-00000000000000000"}}),
            "InvalidVpcID.NotFound: The vpc ID 'vpc-00000000000000000' does not exist");
  EXPECT_EQ(net.bench.fault<aws::DeleteVpc>({.vpc_id = "nonsense"}),
            "InvalidVpcID.Malformed: Invalid id: \"nonsense\" (expecting \"vpc-...\")");
}

TEST(Vpc, StaysWhileSomethingIsInIt) {
  NetworkForTest net;
  const std::string vpc = net.vpc();
  const std::string text = "DependencyViolation: The vpc '" + vpc + "' has dependencies and cannot be deleted.";
  const std::string subnet = net.subnet(vpc, "10.0.1.0/24");
  EXPECT_EQ(net.bench.fault<aws::DeleteVpc>({.vpc_id = vpc}), text);
  net.bench.ok<aws::DeleteSubnet>({.subnet_id = subnet});
  const std::string group = net.group(vpc);
  EXPECT_EQ(net.bench.fault<aws::DeleteVpc>({.vpc_id = vpc}), text);
  net.bench.ok<aws::DeleteSecurityGroup>({.group_id = group});
  const std::string gateway = net.internet_gateway(vpc);
  EXPECT_EQ(net.bench.fault<aws::DeleteVpc>({.vpc_id = vpc}), text);
  EXPECT_EQ(net.bench.fault<aws::DeleteInternetGateway>({.internet_gateway_id = gateway}),
            "DependencyViolation: The internetGateway '" + gateway + "' has dependencies and cannot be deleted.");
  net.bench.ok<aws::DetachInternetGateway>({.internet_gateway_id = gateway, .vpc_id = vpc});
  net.bench.ok<aws::DeleteVpc>({.vpc_id = vpc});
}

TEST(Vpc, Attributes) {
  NetworkForTest net;
  const std::string vpc = net.vpc();
  const auto read = [&](std::string name) {
    return net.bench.ok<aws::DescribeVpcAttribute>({.attribute = std::move(name), .vpc_id = vpc});
  };
  EXPECT_EQ(read("enableDnsSupport").enable_dns_support->value, true);
  EXPECT_EQ(read("enableDnsHostnames").enable_dns_hostnames->value, false);
  net.attribute(vpc, true);
  EXPECT_EQ(read("enableDnsHostnames").enable_dns_hostnames->value, true);
  net.bench.restart();
  EXPECT_EQ(read("enableDnsHostnames").enable_dns_hostnames->value, true);
}

TEST(Vpc, ADryRunChangesNothing) {
  NetworkForTest net;
  EXPECT_EQ(net.bench.fault<aws::CreateVpc>({.cidr_block = "10.0.0.0/16", .dry_run = true}),
            "DryRunOperation: Request would have succeeded, but DryRun flag is set.");
  EXPECT_TRUE(net.bench.ok<aws::DescribeVpcs>({}).vpcs->empty());
}

TEST(Vpc, PagesAndFilters) {
  NetworkForTest net;
  for (int i = 0; i < 7; ++i) {
    aws::CreateVpcRequest input;
    input.cidr_block = "10." + std::to_string(i) + ".0.0/16";
    input.tag_specifications = std::vector{aws::TagSpecification{
        "vpc", std::vector{aws::Tag{"Name", "vpc-" + std::to_string(i)}, aws::Tag{"odd", i % 2 ? "yes" : "no"}}}};
    net.bench.ok<aws::CreateVpc>(std::move(input));
  }
  std::size_t seen = 0;
  std::optional<std::string> token;
  do {
    auto page = net.bench.ok<aws::DescribeVpcs>({.max_results = 5, .next_token = token});
    seen += page.vpcs->size();
    token = page.next_token;
  } while (token);
  EXPECT_EQ(seen, 7u);
  const auto count = [&](std::vector<std::pair<std::string, std::string>> filters) {
    return net.bench.ok<aws::DescribeVpcs>({.filters = NetworkForTest::filters(std::move(filters))}).vpcs->size();
  };
  EXPECT_EQ(count({{"tag:odd", "yes"}}), 3u);
  EXPECT_EQ(count({{"tag:Name", "vpc-*"}, {"tag:odd", "no"}}), 4u);
  EXPECT_EQ(count({{"cidr", "10.3.0.0/16"}}), 1u);
  EXPECT_EQ(count({{"tag-key", "absent"}}), 0u);
  EXPECT_EQ(net.bench.fault<aws::DescribeVpcs>({.filters = NetworkForTest::filters({{"colour", "red"}})}),
            "InvalidParameterValue: The filter 'colour' is invalid");
  EXPECT_EQ(
      net.bench.fault<aws::DescribeVpcs>({.max_results = 3}),
      "InvalidParameterValue: Value ( 3 ) for parameter maxResults is invalid. Expecting a value greater than 5.");
}

TEST(Vpc, RegionsAndAccountsAreApart) {
  NetworkForTest net;
  net.vpc();
  net.bench.call.region = "us-east-1";
  EXPECT_TRUE(net.bench.ok<aws::DescribeVpcs>({}).vpcs->empty());
  net.bench.call.region = "ap-northeast-1";
  net.bench.call.account = "111111111111";
  EXPECT_TRUE(net.bench.ok<aws::DescribeVpcs>({}).vpcs->empty());
}

TEST(Tags, CreateDeleteDescribe) {
  NetworkForTest net;
  const std::string vpc = net.vpc();
  net.bench.ok<aws::CreateTags>({.resources = {vpc}, .tags = {{"a", "1"}, {"b", "2"}}});
  net.bench.ok<aws::CreateTags>({.resources = {vpc}, .tags = {{"a", "3"}}});
  auto tags = *net.bench.ok<aws::DescribeTags>({}).tags;
  ASSERT_EQ(tags.size(), 2u);
  EXPECT_EQ(tags[0].value, "3");
  EXPECT_EQ(tags[0].resource_type, "vpc");
  net.bench.ok<aws::DeleteTags>({.resources = {vpc}, .tags = std::vector{aws::Tag{"a", "other"}, aws::Tag{"b", {}}}});
  tags = *net.bench.ok<aws::DescribeTags>({}).tags;
  ASSERT_EQ(tags.size(), 1u);
  EXPECT_EQ(tags[0].key, "a");
  EXPECT_EQ(net.bench.fault<aws::CreateTags>({.resources = {"i-0123"}, .tags = {{"a", "1"}}}),
            "InvalidID: The ID 'i-0123' is not valid");
}

TEST(Zones, OfTheRegion) {
  NetworkForTest net;
  const auto zones = *net.bench.ok<aws::DescribeAvailabilityZones>({}).availability_zones;
  ASSERT_EQ(zones.size(), 3u);
  EXPECT_EQ(zones[1].zone_name, "ap-northeast-1c");
  EXPECT_EQ(zones[1].zone_id, "apne1-az1");
  EXPECT_EQ(net.bench.ok<aws::DescribeRegions>({}).regions->size(), 17u);
}

}  // namespace
}  // namespace ec2
