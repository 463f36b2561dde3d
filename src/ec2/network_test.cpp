#include <gtest/gtest.h>

#include "ec2/lifecycle.h"
#include "ec2/network_for_test.h"

namespace ec2 {
namespace {

TEST(Subnet, IsCheckedAgainstItsVpc) {
  NetworkForTest net;
  const std::string vpc = net.vpc();
  net.subnet(vpc, "10.0.1.0/24");
  const auto fault = [&](std::string cidr, std::string zone) {
    aws::CreateSubnetRequest input;
    input.availability_zone = std::move(zone);
    input.cidr_block = std::move(cidr);
    input.vpc_id = vpc;
    return net.bench.fault<aws::CreateSubnet>(std::move(input));
  };
  EXPECT_EQ(fault("10.0.1.128/25", "ap-northeast-1a"),
            "InvalidSubnet.Conflict: The CIDR '10.0.1.128/25' conflicts with another subnet");
  EXPECT_EQ(fault("10.1.0.0/24", "ap-northeast-1a"), "InvalidSubnet.Range: The CIDR '10.1.0.0/24' is invalid.");
  EXPECT_EQ(fault("10.0.2.0/29", "ap-northeast-1a"), "InvalidSubnet.Range: The CIDR '10.0.2.0/29' is invalid.");
  EXPECT_EQ(fault("10.0.2.0/24", "ap-northeast-1b"),
            "InvalidParameterValue: Value (ap-northeast-1b) for parameter availabilityZone is invalid. Subnets can "
            "currently only be created in the following availability zones: ap-northeast-1a, ap-northeast-1c, "
            "ap-northeast-1d.");
  const auto subnets = *net.bench.ok<aws::DescribeSubnets>({}).subnets;
  ASSERT_EQ(subnets.size(), 1u);
  EXPECT_EQ(subnets[0].available_ip_address_count, 251);
  EXPECT_EQ(subnets[0].availability_zone_id, "apne1-az4");
}

TEST(RouteTable, AssociationsAndMain) {
  NetworkForTest net;
  const std::string vpc = net.vpc();
  const std::string subnet = net.subnet(vpc, "10.0.1.0/24");
  const std::string table = *net.bench.ok<aws::CreateRouteTable>({.vpc_id = vpc}).route_table->route_table_id;
  const std::string other = *net.bench.ok<aws::CreateRouteTable>({.vpc_id = vpc}).route_table->route_table_id;
  const auto associate = [&](const std::string& to) {
    aws::AssociateRouteTableRequest input;
    input.route_table_id = to;
    input.subnet_id = subnet;
    return input;
  };
  const std::string association = *net.bench.ok<aws::AssociateRouteTable>(associate(table)).association_id;
  EXPECT_EQ(net.bench.ok<aws::AssociateRouteTable>(associate(table)).association_id, association);
  EXPECT_TRUE(net.bench.fault<aws::AssociateRouteTable>(associate(other)).starts_with("Resource.AlreadyAssociated: "));
  EXPECT_EQ(net.bench.fault<aws::DeleteRouteTable>({.route_table_id = table}),
            "DependencyViolation: The routeTable '" + table + "' has dependencies and cannot be deleted.");
  const auto replaced =
      net.bench.ok<aws::ReplaceRouteTableAssociation>({.association_id = association, .route_table_id = other});
  net.bench.ok<aws::DeleteRouteTable>({.route_table_id = table});
  net.bench.ok<aws::DisassociateRouteTable>({.association_id = *replaced.new_association_id});
  EXPECT_EQ(net.bench.fault<aws::DisassociateRouteTable>({.association_id = association}),
            "InvalidAssociationID.NotFound: The association ID '" + association + "' does not exist");
}

TEST(Route, LeadsToWhatIsThere) {
  NetworkForTest net;
  const std::string vpc = net.vpc();
  const std::string table = net.main_route_table(vpc);
  const std::string gateway = *net.bench.ok<aws::CreateInternetGateway>({}).internet_gateway->internet_gateway_id;
  aws::CreateRouteRequest input;
  input.destination_cidr_block = "0.0.0.0/0";
  input.gateway_id = gateway;
  input.route_table_id = table;
  EXPECT_EQ(net.bench.fault<aws::CreateRoute>(input), "InvalidParameterValue: route table " + table +
                                                          " and network gateway " + gateway +
                                                          " belong to different networks");
  net.bench.ok<aws::AttachInternetGateway>({.internet_gateway_id = gateway, .vpc_id = vpc});
  net.bench.ok<aws::CreateRoute>(input);
  const std::string second = *net.bench.ok<aws::CreateInternetGateway>({}).internet_gateway->internet_gateway_id;
  EXPECT_EQ(net.bench.fault<aws::AttachInternetGateway>({.internet_gateway_id = second, .vpc_id = vpc}),
            "InvalidParameterValue: Network " + vpc + " already has an internet gateway attached");
  const auto state = [&] {
    return *net.bench.ok<aws::DescribeRouteTables>({}).route_tables->at(0).routes->at(1).state;
  };
  EXPECT_EQ(state(), "active");
  net.bench.ok<aws::DetachInternetGateway>({.internet_gateway_id = gateway, .vpc_id = vpc});
  EXPECT_EQ(state(), "blackhole");
  net.bench.ok<aws::DeleteRoute>({.destination_cidr_block = "0.0.0.0/0", .route_table_id = table});
  EXPECT_EQ(net.bench.fault<aws::DeleteRoute>({.destination_cidr_block = "0.0.0.0/0", .route_table_id = table}),
            "InvalidRoute.NotFound: no route with destination-cidr-block 0.0.0.0/0 in route table " + table);
  input.destination_cidr_block = "10.0.0.0/16";
  EXPECT_NE(net.bench.fault<aws::CreateRoute>(input), "");
}

struct NatForTest : NetworkForTest {
  std::string vpc_id = vpc();
  std::string subnet_id = subnet(vpc_id, "10.0.0.0/24");
  std::string allocation = *bench.ok<aws::AllocateAddress>({}).allocation_id;

  std::string create() {
    aws::CreateNatGatewayRequest input;
    input.allocation_id = allocation;
    input.subnet_id = subnet_id;
    return *bench.ok<aws::CreateNatGateway>(std::move(input)).nat_gateway->nat_gateway_id;
  }
  aws::NatGateway only() { return bench.ok<aws::DescribeNatGateways>({}).nat_gateways->at(0); }
};

TEST(NatGateway, LivesAndDies) {
  NatForTest net;
  const std::string gateway = net.internet_gateway(net.vpc_id);
  const std::string nat = net.create();
  EXPECT_EQ(net.only().state, "pending");
  net.bench.restart();
  net.bench.advance(kNatGatewayDelay);
  EXPECT_EQ(net.only().state, "available");
  EXPECT_EQ(net.only().nat_gateway_addresses->at(0).private_ip, "10.0.0.4");
  EXPECT_TRUE(
      net.bench.fault<aws::ReleaseAddress>({.allocation_id = net.allocation}).starts_with("InvalidIPAddress.InUse"));
  EXPECT_TRUE(net.bench.fault<aws::DeleteSubnet>({.subnet_id = net.subnet_id}).starts_with("DependencyViolation"));
  EXPECT_TRUE(net.bench.fault<aws::DetachInternetGateway>({.internet_gateway_id = gateway, .vpc_id = net.vpc_id})
                  .starts_with("DependencyViolation: Network " + net.vpc_id + " has some mapped public address(es)."));
  const auto interfaces = *net.bench.ok<aws::DescribeNetworkInterfaces>({}).network_interfaces;
  ASSERT_EQ(interfaces.size(), 1u);
  EXPECT_EQ(interfaces[0].interface_type, "nat_gateway");
  EXPECT_EQ(interfaces[0].private_dns_name, "ip-10-0-0-4.ap-northeast-1.compute.internal");
  net.bench.ok<aws::DeleteNatGateway>({.nat_gateway_id = nat});
  EXPECT_EQ(net.only().state, "deleting");
  net.bench.advance(kNatGatewayDelay);
  EXPECT_EQ(net.only().state, "deleted");
  net.bench.ok<aws::ReleaseAddress>({.allocation_id = net.allocation});
  net.bench.ok<aws::DeleteSubnet>({.subnet_id = net.subnet_id});
  net.bench.advance(kNatGatewayAfterlife);
  EXPECT_TRUE(net.bench.ok<aws::DescribeNatGateways>({}).nat_gateways->empty());
}

TEST(NatGateway, FailsWithoutAnInternetGateway) {
  NatForTest net;
  net.create();
  net.bench.advance(kNatGatewayDelay);
  EXPECT_EQ(net.only().state, "failed");
  EXPECT_EQ(net.only().failure_code, "Gateway.NotAttached");
  EXPECT_EQ(net.only().failure_message, "Network " + net.vpc_id + " has no Internet gateway attached");
  net.bench.ok<aws::ReleaseAddress>({.allocation_id = net.allocation});
}

}  // namespace
}  // namespace ec2
