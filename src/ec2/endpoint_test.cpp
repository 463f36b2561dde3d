#include <gtest/gtest.h>

#include "ec2/lifecycle.h"
#include "ec2/network_for_test.h"

namespace ec2 {
namespace {

struct EndpointForTest : NetworkForTest {
  std::string vpc_id = vpc();
  std::string subnet_a = subnet(vpc_id, "10.0.1.0/24");
  std::string subnet_c = subnet(vpc_id, "10.0.2.0/24", "ap-northeast-1c");

  aws::CreateVpcEndpointRequest interface(std::string service) {
    aws::CreateVpcEndpointRequest input;
    input.service_name = "com.amazonaws.ap-northeast-1." + service;
    input.subnet_ids = std::vector{subnet_a, subnet_c};
    input.vpc_endpoint_type = "Interface";
    input.vpc_id = vpc_id;
    return input;
  }
  aws::VpcEndpoint only() { return bench.ok<aws::DescribeVpcEndpoints>({}).vpc_endpoints->at(0); }
};

TEST(InterfaceEndpoint, LivesAndDies) {
  EndpointForTest net;
  EXPECT_EQ(
      net.bench.fault<aws::CreateVpcEndpoint>(net.interface("sqs")),
      "InvalidParameter: Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes "
      "set to true for " +
          net.vpc_id);
  EXPECT_TRUE(net.bench.ok<aws::DescribeNetworkInterfaces>({}).network_interfaces->empty());
  net.attribute(net.vpc_id, true);
  const std::string id = *net.bench.ok<aws::CreateVpcEndpoint>(net.interface("sqs")).vpc_endpoint->vpc_endpoint_id;
  EXPECT_EQ(net.only().state, "pending");
  net.bench.restart();
  net.bench.advance(kEndpointDelay);
  const aws::VpcEndpoint endpoint = net.only();
  EXPECT_EQ(endpoint.state, "available");
  EXPECT_EQ(endpoint.network_interface_ids->size(), 2u);
  EXPECT_EQ(endpoint.groups->at(0).group_name, "default");
  ASSERT_EQ(endpoint.dns_entries->size(), 4u);
  EXPECT_TRUE(endpoint.dns_entries->at(0).dns_name->starts_with(id + "-"));
  EXPECT_TRUE(endpoint.dns_entries->at(0).dns_name->ends_with(".sqs.ap-northeast-1.vpce.amazonaws.com"));
  EXPECT_EQ(endpoint.dns_entries->back().dns_name, "sqs.ap-northeast-1.amazonaws.com");
  EXPECT_EQ(net.bench.fault<aws::CreateVpcEndpoint>(net.interface("sqs")),
            "InvalidParameter: private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
            "sqs.ap-northeast-1.amazonaws.com in the VPC " +
                net.vpc_id);
  const auto interfaces = *net.bench.ok<aws::DescribeNetworkInterfaces>({}).network_interfaces;
  ASSERT_EQ(interfaces.size(), 2u);
  EXPECT_EQ(interfaces[0].interface_type, "vpc_endpoint");
  EXPECT_TRUE(net.bench.fault<aws::DeleteSubnet>({.subnet_id = net.subnet_a}).starts_with("DependencyViolation"));

  const std::string ghost = "vpce-00000000000000000";
  const auto deleted = net.bench.ok<aws::DeleteVpcEndpoints>({.vpc_endpoint_ids = {id, ghost}});
  ASSERT_EQ(deleted.unsuccessful->size(), 1u);
  EXPECT_EQ(deleted.unsuccessful->at(0).error->code, "InvalidVpcEndpointId.NotFound");
  EXPECT_EQ(net.only().state, "deleting");
  net.bench.advance(kEndpointDelay);
  EXPECT_TRUE(net.bench.ok<aws::DescribeVpcEndpoints>({}).vpc_endpoints->empty());
  net.bench.ok<aws::DeleteSubnet>({.subnet_id = net.subnet_a});
}

TEST(InterfaceEndpoint, IsChecked) {
  EndpointForTest net;
  net.attribute(net.vpc_id, true);
  auto input = net.interface("nonsense");
  EXPECT_EQ(net.bench.fault<aws::CreateVpcEndpoint>(input),
            "InvalidServiceName: The Vpc Endpoint Service 'com.amazonaws.ap-northeast-1.nonsense' does not exist");
  input = net.interface("sqs");
  input.vpc_endpoint_type = "Gateway";
  EXPECT_EQ(net.bench.fault<aws::CreateVpcEndpoint>(input),
            "InvalidParameter: Endpoint type (Gateway) does not match available service types ([Interface]).");
  input = net.interface("sqs");
  input.subnet_ids->push_back(net.subnet(net.vpc_id, "10.0.3.0/24"));
  EXPECT_TRUE(net.bench.fault<aws::CreateVpcEndpoint>(input).starts_with("DuplicateSubnetsInSameZone: "));
  input = net.interface("sqs");
  input.policy_document = "nonsense";
  EXPECT_TRUE(net.bench.fault<aws::CreateVpcEndpoint>(input).starts_with("InvalidPolicyDocument: "));
}

TEST(InterfaceEndpoint, IsModified) {
  EndpointForTest net;
  net.attribute(net.vpc_id, true);
  const std::string group = net.group(net.vpc_id);
  const std::string id = *net.bench.ok<aws::CreateVpcEndpoint>(net.interface("logs")).vpc_endpoint->vpc_endpoint_id;
  const std::string main = *net.only().groups->at(0).group_id;
  aws::ModifyVpcEndpointRequest modify;
  modify.add_security_group_ids = std::vector{group};
  modify.remove_security_group_ids = std::vector{main};
  modify.remove_subnet_ids = std::vector{net.subnet_a};
  modify.vpc_endpoint_id = id;
  net.bench.ok<aws::ModifyVpcEndpoint>(modify);
  EXPECT_EQ(net.only().groups->at(0).group_id, group);
  EXPECT_EQ(*net.only().subnet_ids, std::vector{net.subnet_c});
  const auto interfaces = *net.bench.ok<aws::DescribeNetworkInterfaces>({}).network_interfaces;
  ASSERT_EQ(interfaces.size(), 1u);
  EXPECT_EQ(interfaces[0].groups->at(0).group_id, group);
  EXPECT_TRUE(net.bench.fault<aws::DeleteSecurityGroup>({.group_id = group}).starts_with("DependencyViolation"));
}

TEST(GatewayEndpoint, PutsARouteIntoItsTables) {
  EndpointForTest net;
  const std::string table = net.main_route_table(net.vpc_id);
  aws::CreateVpcEndpointRequest input;
  input.route_table_ids = std::vector{table};
  input.service_name = "com.amazonaws.ap-northeast-1.s3";
  input.vpc_id = net.vpc_id;
  const std::string id = *net.bench.ok<aws::CreateVpcEndpoint>(input).vpc_endpoint->vpc_endpoint_id;
  EXPECT_EQ(net.only().state, "available");
  const auto routes = *net.bench.ok<aws::DescribeRouteTables>({}).route_tables->at(0).routes;
  ASSERT_EQ(routes.size(), 2u);
  EXPECT_EQ(routes[1].gateway_id, id);
  EXPECT_TRUE(routes[1].destination_prefix_list_id->starts_with("pl-"));
  EXPECT_TRUE(net.bench.fault<aws::CreateVpcEndpoint>(input).starts_with("RouteAlreadyExists: route table " + table));
  net.bench.ok<aws::DeleteVpcEndpoints>({.vpc_endpoint_ids = {id}});
  EXPECT_EQ(net.bench.ok<aws::DescribeRouteTables>({}).route_tables->at(0).routes->size(), 1u);
}

TEST(EndpointServices, AreListed) {
  EndpointForTest net;
  const auto all = net.bench.ok<aws::DescribeVpcEndpointServices>({});
  EXPECT_EQ(all.service_details->size(), all.service_names->size() + 2);  // s3 and dynamodb have both types
  aws::DescribeVpcEndpointServicesRequest input;
  input.filters = NetworkForTest::filters({{"service-type", "Gateway"}});
  EXPECT_EQ(net.bench.ok<aws::DescribeVpcEndpointServices>(std::move(input)).service_names->size(), 2u);
}

}  // namespace
}  // namespace ec2
